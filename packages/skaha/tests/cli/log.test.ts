import { describe, expect, test } from 'vitest';
import type { Io, OutputFormat } from '../../src/cli/io.js';
import { createLogger } from '../../src/cli/log.js';
import { plainStyle } from '../../src/cli/output/style.js';
import type { LogLevel } from '../../src/cli/parse/globals.js';
import { captureTerminal } from './harness.js';

function logAll(
  logLevel: LogLevel | undefined,
  env: Record<string, string> = {},
  format: OutputFormat = 'table',
): string {
  const captured = captureTerminal({ terminal: { env } });
  const io: Io = {
    ...captured.terminal,
    format,
    style: plainStyle,
    errStyle: plainStyle,
    assumeYes: false,
    mayAsk: false,
  };
  const logger = createLogger(io, { logLevel });
  logger.debug('sent', { status: 200, url: 'https://h/\u001B[2J' });
  logger.info('found');
  logger.warn('odd');
  logger.error('broken');
  return captured.errors();
}

describe('the log', () => {
  test('people are told warnings, programs nothing', () => {
    expect(logAll(undefined)).toBe('Warning: odd\nWarning: broken\n');
    expect(logAll(undefined, {}, 'json')).toBe('');
  });

  test.each<[LogLevel, number]>([
    ['critical', 0],
    ['error', 1],
    ['warning', 2],
    ['info', 3],
    ['debug', 4],
  ])('%s shows %d of the lines, for programs too', (level, lines) => {
    expect(logAll(level, {}, 'json').split('\n').filter(Boolean)).toHaveLength(lines);
  });

  test('lines carry their level and facts, without control characters', () => {
    expect(logAll('debug').split('\n')[0]).toBe('debug: sent status=200 url=https://h/[2J');
  });

  test.each<[Record<string, string>, number]>([
    [{ SKAHA_LOGLEVEL: 'info' }, 3],
    [{ SKAHA_LOGLEVEL: 'WARN' }, 2],
    [{ SKAHA_LOGLEVEL: 'silent' }, 0],
    [{ CANFAR_LOGLEVEL: 'error' }, 1],
    [{ SKAHA_LOGLEVEL: 'error', CANFAR_LOGLEVEL: 'debug' }, 1],
  ])('%j decides when no flag does', (env, lines) => {
    expect(logAll(undefined, env, 'json').split('\n').filter(Boolean)).toHaveLength(lines);
  });

  test('a bad level in the environment is wrong usage unless a flag decides', () => {
    const env = { SKAHA_LOGLEVEL: 'loud' };
    expect(() => logAll(undefined, env)).toThrow('SKAHA_LOGLEVEL is not a log level.');
    expect(logAll('error', env)).toBe('error: broken\n');
  });
});
