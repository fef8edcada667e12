import { execFileSync, type StdioOptions } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { planCreate, scriptCommand } from '../../src/index.js';

// A file: most scripts end without reading their input, which a pipe would report as an error.
const folder = mkdtempSync(join(tmpdir(), 'skaha-script-'));
const typed = join(folder, 'typed');
beforeAll(() => writeFileSync(typed, 'typed\n'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs what the platform would run: it splits the arguments at each single blank. */
function run(script: string): string {
  const { cmd, args } = scriptCommand(script);
  const { requests } = planCreate({ name: 'a', image: 'a/b', cmd, args });
  const form = new Map(requests[0]?.form);
  const words = form.get('args')?.split(' ') ?? [];
  const input = openSync(typed, 'r');
  try {
    const stdio: StdioOptions = [input, 'pipe', 'ignore'];
    return execFileSync(form.get('cmd') ?? '', words, { encoding: 'utf8', stdio });
  } finally {
    closeSync(input);
  }
}

describe('a script arrives as it was written', () => {
  test.each([
    ['spaces and quotes', `printf '%s|' "a  b" 'c "d"'`, 'a  b|c "d"|'],
    ['dollars and backslashes', `X=1; echo "$X" '$X' "\\$X"`, '1 $X $X\n'],
    ['lines', 'for i in 1 2\ndo\n  echo "n $i"\ndone', 'n 1\nn 2\n'],
    ['letters of all languages', 'echo "Ångström ☉ 星"', 'Ångström ☉ 星\n'],
    ['a comment at its end', 'echo a # b', 'a\n'],
    ['a here document', 'cat <<"END"\n$x\tb\nEND\n', '$x\tb\n'],
    ['a program that reads', 'cat; echo "still here"', 'still here\n'],
    ['an early end', 'echo a; exit 0; echo b', 'a\n'],
    ['another program to run it', '#!/usr/bin/env node\nconsole.log(String(6 * 7) + "")', '42\n'],
    ['its own shell, with options', '#!/bin/sh -e\ntrue\necho "ok"', 'ok\n'],
  ])('%s', (_what, script, output) => {
    expect(run(script)).toBe(output);
  });

  test('and ends as it ends', () => {
    expect(() => run('echo "x"; exit 3')).toThrow(expect.objectContaining({ status: 3 }));
    expect(() => run('echo "unfinished')).toThrow(expect.objectContaining({ status: 2 }));
  });

  test('also when it is as long as can be sent', () => {
    const line = `echo "${'x'.repeat(1000)}" >/dev/null\n`;
    const body = line.repeat(Math.floor((32 * 1024 - 10) / line.length));
    expect(run(`${body}echo end`)).toBe('end\n');
  });

  test('holds nothing that the platform cannot pass on', () => {
    const { cmd, args } = scriptCommand('echo "$HOME"');
    expect(cmd).toBe('sh');
    expect(args.join('')).toMatch(/^-c[\w+/=|\t-]+$/);
  });
});

test.each([
  ['', /empty/],
  ['  \n', /empty/],
  ['a\0b', /null character/],
  ['x'.repeat(32 * 1024 + 1), /at most 32768/],
  ['é'.repeat(16 * 1024 + 1), /32770 bytes/],
  ['#!/bin/sh "$x"\n', /first line/],
])('a script that cannot be sent: %#', (script, message) => {
  expect(() => scriptCommand(script)).toThrow(message);
});
