import { describe, expect, test } from 'vitest';
import { commands } from '../../packages/cli/src/commands/index.js';
import { exitMeanings, exitStatuses } from '../../packages/cli/src/exit.js';
import { environmentVariables } from '../../packages/client/src/config/environment.js';
import type { ErrorCode } from '../../packages/client/src/errors/codes.js';
import { root } from '../lib/root.mjs';
import { findFiles, readText } from '../lib/sources.mjs';

/** Rows of the tables of a page, cell by cell, without the marks of code. */
const rows = (page: string) =>
  readText(root, page)
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim().replaceAll('`', '')),
    );

describe('the documentation', () => {
  test('lists every error code with the exit code it leads to', () => {
    const documented = rows('docs/errors.md').filter(([code]) => /^[a-z_.]+$/.test(code ?? ''));
    const table = documented.filter(([code]) => code !== 'code');

    expect(Object.fromEntries(table.map(([code, exit]) => [code, Number(exit)]))).toEqual(
      exitStatuses,
    );
    expect(table.every(([, , meaning]) => (meaning ?? '').length > 0)).toBe(true);
  });

  test('lists every exit code', () => {
    const documented = rows('docs/command-line.md')
      .map(([code]) => Number(code))
      .filter((code) => !Number.isNaN(code));

    expect(documented).toEqual(Object.keys(exitMeanings).map(Number));
  });

  test('names only variables that are read', () => {
    const documented = rows('docs/configuration.md')
      .flatMap(([names]) => (names ?? '').split(', '))
      .filter((name) => name.startsWith('SKAHA_'));
    const read = environmentVariables.map(({ name }) => name);

    expect(documented.length).toBeGreaterThan(8);
    expect(documented.filter((name) => !read.includes(name))).toEqual([]);
  });

  test('tells what to do about every code, with the exit code it leads to', () => {
    const table = rows('docs/troubleshooting.md').filter(([code]) =>
      /^[a-z]+[._a-z]*$/.test(code ?? ''),
    );
    const documented = table.filter(([code]) => code !== 'code');
    const warnings = documented.filter(([, exit]) => exit === '').map(([code]) => code);

    expect(documented.map(([code]) => code).sort()).toEqual(Object.keys(exitStatuses).sort());
    expect(warnings).toEqual(['logging.file_sink_unavailable']);
    for (const [code = '', exit] of documented) {
      if (exit !== '')
        expect([code, Number(exit)]).toEqual([code, exitStatuses[code as ErrorCode]]);
    }
  });

  test('sets beside the commands of the Python clients only what works, old names included', () => {
    const names = new Set(commands.flatMap(({ name, aliases = [] }) => [name, ...aliases]));
    const groups = new Set([...names].map((name) => name.split(' ')[0] ?? ''));
    const table =
      readText(root, 'docs/migration.md').split('## Commands')[1]?.split('\n\n')[2] ?? '';
    const body = table.split('|---|---|---|')[1] ?? '';
    const typed = [...body.matchAll(/`([^`]+)`/g)].map(([, line = '']) => line);
    // Words in lower case before the first option or argument are the name of a command.
    const called = typed.map(
      (line) => /^(?:[a-z]+(?: (?=[a-z])|$|(?= )))*/.exec(line)?.[0].trim() ?? '',
    );
    const unknown = called
      .filter((name) => name !== '' && !names.has(name) && !groups.has(name))
      .filter((name) => !/^completion (bash|zsh|fish)$/.test(name));

    expect(called.length).toBeGreaterThan(60);
    expect(unknown).toEqual([]);
  });

  test('quotes messages as the sources have them', () => {
    const quoted = rows('docs/troubleshooting.md').flatMap(([, , seen = '']) =>
      [...seen.matchAll(/"([^"]+)"/g)].flatMap(([, words = '']) => words.split(/…|\d+/)),
    );
    const fragments = quoted.map((words) => words.trim()).filter((words) => /[a-z]/i.test(words));
    const sources = findFiles(
      root,
      (path) => /^packages\/[^/]+\/src\/.*\.ts$/.test(path),
      'packages',
    )
      .map((path) => readText(root, path))
      .join('\n')
      // Texts that go over the end of a line.
      .replace(/['`]\s*\+\s*['`]/g, '');

    expect(fragments.length).toBeGreaterThan(50);
    expect(fragments.filter((words) => !sources.includes(words))).toEqual([]);
  });
});
