import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Io } from '@skaha/terminal/io.js';
import type { OutputFormat } from '@skaha/terminal/output/formats.js';
import { plainStyle } from '@skaha/terminal/output/style.js';
import { SkahaError } from 'skaha/internal/errors/index.js';
import { describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../../../client/tests/config/fixtures.js';
import { checkLogPath, createLogger } from '../../src/environment/log.js';
import type { LogLevel } from '../../src/parse/globals.js';
import { captureTerminal } from '../harness.js';

const tools = { clock: { now: () => Date.UTC(2026, 6, 11, 12, 34, 56, 789) }, random: () => 0.5 };

interface Asked {
  level?: LogLevel | undefined;
  env?: Record<string, string>;
  format?: OutputFormat;
  file?: string;
}

async function logAll({ level, env = {}, format = 'table', file }: Asked): Promise<string> {
  const captured = captureTerminal({ terminal: { env } });
  const io: Io = {
    ...captured.terminal,
    format,
    style: plainStyle,
    errStyle: plainStyle,
    assumeYes: false,
    mayAsk: false,
  };
  const logger = await createLogger(io, { logLevel: level, logFile: file }, tools);
  logger.debug('sent', { status: 200, url: 'https://h/\u001B[2J' });
  logger.info('found');
  logger.warn('odd', { request_id: 'k-1' });
  logger.error('broken');
  logger.failed(new SkahaError('server.error', 'It failed.', { cause: new Error('deep') }));
  await logger.close();
  return captured.errors();
}

const linesOf = (text: string) => text.split('\n').filter(Boolean);

describe('the log on standard error', () => {
  test('people are told warnings, programs nothing', async () => {
    expect(await logAll({})).toBe('Warning: odd\nWarning: broken\n');
    expect(await logAll({ format: 'json' })).toBe('');
  });

  test.each<[LogLevel, number]>([
    ['critical', 0],
    ['error', 1],
    ['warning', 2],
    ['info', 3],
    ['debug', 4],
  ])('%s shows %d of the lines, for programs too', async (level, lines) => {
    expect(linesOf(await logAll({ level, format: 'json' }))).toHaveLength(lines);
  });

  test('lines carry level, id and facts, without control characters', async () => {
    expect(linesOf(await logAll({ level: 'debug' }))).toEqual([
      'debug: sent request_id=i0000 status=200 url=https://h/[2J',
      'info: found request_id=i0000',
      'warning: odd request_id=k-1',
      'error: broken request_id=i0000',
    ]);
  });

  test.each<[Record<string, string>, number]>([
    [{ SKAHA_LOGLEVEL: 'info' }, 3],
    [{ SKAHA_LOGLEVEL: 'WARN' }, 2],
    [{ SKAHA_LOGLEVEL: 'silent' }, 0],
    [{ CANFAR_LOGLEVEL: 'error' }, 1],
    [{ SKAHA_LOGLEVEL: ' ', CANFAR_LOGLEVEL: 'error' }, 1],
    [{ SKAHA_LOGLEVEL: 'error', CANFAR_LOGLEVEL: 'debug' }, 1],
  ])('%j decides when no flag does', async (env, lines) => {
    expect(linesOf(await logAll({ env, format: 'json' }))).toHaveLength(lines);
  });

  test.each(['loud', 'constructor'])('%s in the environment is refused', async (level) => {
    await expect(logAll({ env: { SKAHA_LOGLEVEL: level } })).rejects.toMatchObject({
      code: 'logging.invalid_env_value',
      details: {
        env_var: 'SKAHA_LOGLEVEL',
        provided_value: level,
        expected: ['critical', 'error', 'warning', 'info', 'debug'],
      },
    });
    const decided = await logAll({ level: 'error', env: { SKAHA_LOGLEVEL: level } });
    expect(decided).toBe('error: broken request_id=i0000\n');
  });
});

describe('the log file', () => {
  const read = async (file: string) =>
    linesOf(await readFile(file, 'utf8')).map((line) => JSON.parse(line));

  test('has one document a line, at the level of standard error', async () => {
    const file = join(await temporaryDirectory(), 'a/b/skaha.log');
    await logAll({ level: 'debug', file });
    const records = await read(file);
    expect(records[0]).toEqual({
      timestamp: '2026-07-11T12:34:56.789Z',
      level: 'DEBUG',
      logger: 'skaha',
      message: 'sent',
      request_id: 'i0000',
      status: 200,
      url: 'https://h/\u001B[2J',
    });
    expect(Object.keys(records[0]).slice(0, 4)).toEqual([
      'timestamp',
      'level',
      'logger',
      'message',
    ]);
    expect(records.map(({ level }) => level)).toEqual([
      'DEBUG',
      'INFO',
      'WARNING',
      'ERROR',
      'ERROR',
    ]);
    expect(records.at(-1)).toMatchObject({
      logger: 'skaha.cli',
      message: 'It failed.',
      code: 'server.error',
      exception: expect.stringContaining('Caused by: Error: deep'),
    });
  });

  test('is appended to, and has warnings even when programs are told nothing', async () => {
    const file = join(await temporaryDirectory(), 'log');
    expect(await logAll({ format: 'json', file })).toBe('');
    await logAll({ format: 'json', file, level: 'error' });
    const records = await read(file);
    expect(records.map(({ message }) => message)).toEqual([
      ...['odd', 'broken', 'It failed.'],
      ...['broken', 'It failed.'],
    ]);
    expect(records.every((record) => record.exception === undefined)).toBe(true);
  });

  test.each(['table', 'json'] as const)(
    'one that cannot be made is one warning: %s',
    async (format) => {
      const file = '/dev/null/folder/log';
      const said = linesOf(await logAll({ format, file, level: 'critical' }));
      expect(said).toHaveLength(1);
      const words = 'The log file /dev/null/folder/log cannot be written (ENOTDIR)';
      if (format === 'table') expect(said[0]).toMatch(/^Warning: /);
      else
        expect(JSON.parse(said[0] ?? '')).toMatchObject({ code: 'logging.file_sink_unavailable' });
      expect(said[0]).toContain(words);
    },
  );

  test('makes way at 10 MiB, and keeps 10 older ones', async () => {
    const folder = await temporaryDirectory();
    const captured = captureTerminal();
    const io: Io = {
      ...captured.terminal,
      format: 'json',
      style: plainStyle,
      errStyle: plainStyle,
      assumeYes: false,
      mayAsk: false,
    };
    const logger = await createLogger(io, { logFile: join(folder, 'log') }, tools);
    const long = 'x'.repeat(2 ** 20);
    for (let count = 0; count < 12 * 10; count += 1) logger.warn(long);
    await logger.close();
    const names = await readdir(folder);
    expect(names).toHaveLength(11);
    expect(names).toContain('log.10');
    for (const name of names)
      expect((await stat(join(folder, name))).size).toBeLessThanOrEqual(10 * 2 ** 20);
  });

  test.each(['-', '', '/tmp', '/tmp/'])('%j is refused', (given) => {
    expect(() => checkLogPath(given, given === '-' ? '/nonexistent/-' : given)).toThrow(
      expect.objectContaining({ code: 'logging.invalid_file_path' }),
    );
  });
});
