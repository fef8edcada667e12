import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { SkahaError } from 'skaha/internal/errors/index.js';
import { describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../../client/tests/config/fixtures.js';
import { checkLogPath, LogFile } from '../src/log-file.js';

const record = (message: string) => ({ timestamp: 't', level: 'INFO', logger: 'skaha', message });
const lineLength = `${JSON.stringify(record('00'))}\n`.length;

const unwanted = (error: SkahaError) => {
  throw error;
};

/** The messages of a log, oldest first, over all of its files. */
function messages(folder: string, backups: number): string[] {
  const names = Array.from({ length: backups }, (_, index) => `log.${backups - index}`);
  return [...names, 'log'].flatMap((name) => {
    if (!readdirSync(folder).includes(name)) return [];
    const lines = readFileSync(join(folder, name), 'utf8').trimEnd().split('\n');
    return lines.map((line) => JSON.parse(line).message);
  });
}

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => String(from + index).padStart(2, '0'));

describe('a log file', () => {
  test('makes way when it is full, and keeps so many older ones', async () => {
    const folder = await temporaryDirectory();
    const limits = { maximumBytes: 3 * lineLength, backups: 2 };
    const log = new LogFile(join(folder, 'log'), unwanted, limits);
    for (const number of numbers(0, 20)) log.write(record(number));
    log.close();
    expect(readdirSync(folder).sort()).toEqual(['log', 'log.1', 'log.2']);
    expect(messages(folder, 2)).toEqual(numbers(12, 20));
    expect(statSync(join(folder, 'log')).mode & 0o077).toBe(0);
  });

  test('by default at 10 MiB, with 10 older ones', async () => {
    const folder = await temporaryDirectory();
    const log = new LogFile(join(folder, 'log'), unwanted);
    const long = 'x'.repeat(2 ** 20);
    for (let count = 0; count < 12 * 10; count += 1) log.write(record(long));
    log.close();
    const names = readdirSync(folder);
    expect(names).toHaveLength(11);
    expect(names).toContain('log.10');
    for (const name of names)
      expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(10 * 2 ** 20);
  });

  test('of two processes is moved away once, and nothing of either is lost', async () => {
    const folder = await temporaryDirectory();
    const limits = { maximumBytes: 4 * lineLength, backups: 9 };
    const first = new LogFile(join(folder, 'log'), unwanted, limits);
    const second = new LogFile(join(folder, 'log'), unwanted, limits);
    for (const number of numbers(0, 10)) {
      first.write(record(`a${number.slice(1)}`));
      second.write(record(`b${number.slice(1)}`));
    }
    first.close();
    second.close();
    const all = messages(folder, 9).sort();
    expect(all).toHaveLength(20);
    expect(new Set(all).size).toBe(20);
  });

  test('that vanishes is written on; one failure is told once', async () => {
    const folder = await temporaryDirectory();
    const told: SkahaError[] = [];
    const log = new LogFile(join(folder, 'log'), (error) => told.push(error), {
      maximumBytes: 2 * lineLength,
      backups: 1,
    });
    log.write(record('00'));
    rmSync(folder, { recursive: true });
    for (const number of numbers(0, 9)) log.write(record(number));
    log.close();
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ code: 'logging.file_sink_unavailable' });
  });

  test.each(['-', '', '/tmp', '/tmp/'])('%j is refused', (given) => {
    expect(() => checkLogPath(given, given === '-' ? '/nonexistent/-' : given)).toThrow(
      expect.objectContaining({ code: 'logging.invalid_file_path' }),
    );
  });
});
