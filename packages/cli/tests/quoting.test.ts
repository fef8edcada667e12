import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseSync, Visitor } from 'oxc-parser';
import { describe, expect, test } from 'vitest';
import { commands } from '../src/commands/index.js';

const packages = fileURLToPath(new URL('../../', import.meta.url));

/** Every text in the sources of the packages, with a sign for what is put into it. */
function texts(path: string): string[] {
  const found: string[] = [];
  const { program } = parseSync(path, readFileSync(path, 'utf8'));
  new Visitor({
    Literal: ({ value }) => void (typeof value === 'string' && found.push(value)),
    TemplateLiteral: ({ quasis }) =>
      void found.push(quasis.map(({ value }) => value.cooked ?? '').join('…')),
  }).visit(program);
  return found;
}

const nouns = [...new Set(commands.map(({ name }) => name.split(' ')[0]))].join('|');
const command = new RegExp(`..?\\bskaha (?:--[a-z]|(?:${nouns})\\b(?! cannot))[^'\\n]*('?)`, 'g');

/** Commands in a sentence that are not in single quotes, though they have none of their own. */
function unquoted(text: string): string[] {
  // A command line by itself (an example), a script, and SQL are no sentences.
  if (/^\S*skaha\b|\n.*\n|\$\(|\| skaha|<\(|^[A-Z]+=/.test(text)) return [];
  return [...text.matchAll(command)]
    .filter(([all, own]) => own === '' && !/^.?['-/]skaha/.test(all))
    .map(([all]) => all);
}

describe('commands that messages and help name', () => {
  test('the reading of a text', () => {
    expect(unquoted("See your logins with 'skaha auth ls'.")).toEqual([]);
    expect(unquoted('skaha auth ls --json')).toEqual([]);
    expect(unquoted("Set one: skaha alias set NAME 'TEXT'")).toEqual([]);
    expect(unquoted('See your logins with  skaha auth ls')).toHaveLength(1);
    expect(unquoted('Log in: skaha login --force')).toHaveLength(1);
  });

  const files = readdirSync(packages, { recursive: true, encoding: 'utf8' }).filter(
    (path) => /^[^/]+\/src\/.*\.ts$/.test(path) && !path.endsWith('.d.ts'),
  );

  test('are in single quotes everywhere', () => {
    expect(files.length).toBeGreaterThan(200);
    const wrong = files.flatMap((path) =>
      texts(packages + path)
        .flatMap(unquoted)
        .map((text) => `${path}: ${text}`),
    );
    expect(wrong).toEqual([]);
  });
});
