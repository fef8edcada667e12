import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jsonLogger, lineLogger, rotating } from '@skaha/service/logger.js';
import { expect, test } from 'vitest';
import { temporaryDirectory } from './fixtures.js';

test('entries are lines of JSON, from a level on', () => {
  const lines: string[] = [];
  const logger = jsonLogger((line) => lines.push(line), 'warn');
  logger.debug('one');
  logger.info('two', { kind: 'x' });
  logger.warn('three\n"four"', { status: 500, kind: undefined });
  logger.error('five');
  expect(lines.map((line) => line.endsWith('\n'))).toEqual([true, true]);
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    {
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      level: 'warn',
      message: 'three\n"four"',
      status: 500,
    },
    { time: expect.any(String), level: 'error', message: 'five' },
  ]);
});

test('entries are lines for people', () => {
  const lines: string[] = [];
  const logger = lineLogger((line) => lines.push(line));
  logger.debug('no');
  logger.info('yes', { kind: 'x' });
  expect(lines.join('')).toMatch(/^\S+Z info {2}yes\n$/);
});

test('a log begins anew when it is large, and the latest old ones are kept', () => {
  const path = join(temporaryDirectory(), 'platform.log');
  const write = (line: string) => appendFileSync(path, line);
  writeFileSync(path, 'from before\n');
  const log = rotating(write, { path, maxBytes: 30, keep: 2 });
  for (const number of [1, 2, 3, 4, 5, 6, 7]) log(`entry number ${number}\n`);
  const text = (name: string) => readFileSync(`${path}${name}`, 'utf8');
  expect(text('')).toBe('entry number 6\nentry number 7\n');
  expect(text('.1')).toBe('entry number 4\nentry number 5\n');
  expect(text('.2')).toBe('entry number 2\nentry number 3\n');
  expect(existsSync(`${path}.3`)).toBe(false);
  log('a line that is longer than the whole file may be\n');
  expect(text('')).toBe('a line that is longer than the whole file may be\n');
});

test('a log without old ones just begins anew', () => {
  const path = join(temporaryDirectory(), 'platform.log');
  const log = rotating((line) => appendFileSync(path, line), { path, maxBytes: 10, keep: 0 });
  for (const word of ['first\n', 'second\n']) log(word);
  expect(readFileSync(path, 'utf8')).toBe('second\n');
  expect(existsSync(`${path}.1`)).toBe(false);
});
