import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { shellWord } from '../src/shell-word.js';

const words = ['', 'plain', "it's", "''", '$HOME `id` $(id)', 'a\nb\t"c" \\', '*', '~', ';&|#'];

test('a shell reads each word as it is', () => {
  const script = `printf '%s\\0' ${words.map(shellWord).join(' ')}`;
  const read = execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' });
  expect(read).toBe(words.map((word) => `${word}\0`).join(''));
});
