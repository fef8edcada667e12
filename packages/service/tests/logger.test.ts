import { expect, test } from 'vitest';
import { jsonLogger, lineLogger } from '../src/logger.js';

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
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      level: 'WARNING',
      logger: 'skaha.platform',
      message: 'three\n"four"',
      status: 500,
    },
    { timestamp: expect.any(String), level: 'ERROR', logger: 'skaha.platform', message: 'five' },
  ]);
});

test('entries are lines for people', () => {
  const lines: string[] = [];
  const logger = lineLogger((line) => lines.push(line));
  logger.debug('no');
  logger.info('yes', { kind: 'x' });
  expect(lines.join('')).toMatch(/^\S+Z info {2}yes\n$/);
});
