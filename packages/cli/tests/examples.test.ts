import { aliasWords } from '@skaha/terminal/aliases.js';
import { readCommandLine } from '@skaha/terminal/parse/command-line.js';
import { route } from '@skaha/terminal/parse/route.js';
import { describe, expect, test } from 'vitest';
import { program } from '../src/program.js';

/** The command lines of skaha in a line of shell: parts of a pipe, and what `$(…)` and `<(…)` run. */
function commandLines(line: string): string[][] {
  const inside = [...line.matchAll(/[$<]\(([^()]*)\)/g)].flatMap((match) => match[1] ?? []);
  const outside = line.replace(/[$<]\([^()]*\)/g, 'x');
  return [outside, ...inside]
    .flatMap((part) => part.split(/\|\||&&|;|\|(?=(?:[^']*'[^']*')*[^']*$)/))
    .map((part) => part.trim().replace(/^(?:[A-Z_]+=\S+ )+/, ''))
    .filter((part) => part.startsWith('skaha '))
    .map((part) => aliasWords(part.replace(/ [0-9]?(?:>>?|<) ?\S+/g, '')).slice(1));
}

/** Reads a command line as it would be read to be run. */
async function read(words: readonly string[]): Promise<string> {
  const target = route(words, program);
  if (target.to !== 'command') return target.to;
  readCommandLine(program, target.entry, await target.entry.load(), target.words);
  return target.entry.name;
}

describe('the examples', () => {
  test.each(program.commands.map((entry) => [entry.name, entry] as const))(
    'of %s are understood, and are about it',
    async (name, entry) => {
      const { examples } = await entry.load();
      const read_ = await Promise.all(
        examples.flatMap(({ command }) => {
          const lines = commandLines(command);
          expect(lines.length, command).toBeGreaterThan(0);
          return lines.map(read);
        }),
      );
      expect(read_).toContain(name);
      expect(read_).not.toContain('unknown');
    },
  );

  test('finds the command lines in a line of shell', () => {
    expect(commandLines("A=b skaha ps -q | skaha info - > file; date && skaha logs 'a|b'")).toEqual(
      [
        ['ps', '-q'],
        ['info', '-'],
        ['logs', 'a|b'],
      ],
    );
    expect(commandLines('source <(skaha completion bash)')).toEqual([['completion', 'bash']]);
  });

  test('a wrong one would be noticed', async () => {
    await expect(read(['ps', '--bogus'])).rejects.toThrow("There is no option '--bogus' here.");
    expect(await read(['crate'])).toBe('unknown');
  });
});

describe('what help mentions', () => {
  test.each(program.topics.map(({ name }) => [name]))(
    'topic %s: commands that exist',
    async (name) => {
      const { topicHelp } = await import('../src/topic-help.js');
      const text = topicHelp(name, { columns: 80, style: (_kind, words) => words });
      for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
      const named = [...text.matchAll(/^ {2}skaha ((?:[a-z]+ ?)+)/gm)].map((match) =>
        (match[1] ?? '').trim().split(' '),
      );
      for (const words of named) expect(route([...words, '-h'], program).to).toBe('help');
    },
  );
});
