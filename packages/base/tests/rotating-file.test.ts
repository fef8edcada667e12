import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { RotatingFile } from '../src/rotation.js';

const record = (message: string) => `${JSON.stringify({ level: 'INFO', message })}\n`;
const lineLength = record('00').length;

const unwanted = (cause: unknown) => {
  throw cause;
};

function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'skaha-rotation-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

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

describe('a log file of several processes', () => {
  test('makes way when it is full, and keeps so many older ones', () => {
    const folder = temporaryDirectory();
    const rotation = { path: join(folder, 'log'), maxBytes: 3 * lineLength, keep: 2 };
    const log = new RotatingFile(rotation, unwanted);
    for (const number of numbers(0, 20)) log.write(record(number));
    log.close();
    expect(readdirSync(folder).sort()).toEqual(['log', 'log.1', 'log.2']);
    expect(messages(folder, 2)).toEqual(numbers(12, 20));
    expect(statSync(join(folder, 'log')).mode & 0o077).toBe(0);
  });

  test('of two processes is moved away once, and nothing of either is lost', () => {
    const folder = temporaryDirectory();
    const rotation = { path: join(folder, 'log'), maxBytes: 4 * lineLength, keep: 9 };
    const first = new RotatingFile(rotation, unwanted);
    const second = new RotatingFile(rotation, unwanted);
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

  test('that vanishes is written on; one failure is told once', () => {
    const folder = temporaryDirectory();
    const failures: unknown[] = [];
    const rotation = { path: join(folder, 'log'), maxBytes: 2 * lineLength, keep: 1 };
    const log = new RotatingFile(rotation, (cause) => failures.push(cause));
    log.write(record('00'));
    rmSync(folder, { recursive: true });
    for (const number of numbers(0, 9)) log.write(record(number));
    log.close();
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatchObject({ code: 'ENOENT' });
  });
});
