import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { rotating, shiftLogs } from '../src/rotation.js';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'skaha-rotation-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

test('a log begins again when it is large, and the latest old ones are kept', () => {
  const path = join(folder(), 'platform.log');
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

test('a log without old ones just begins again', () => {
  const path = join(folder(), 'platform.log');
  const log = rotating((line) => appendFileSync(path, line), { path, maxBytes: 10, keep: 0 });
  for (const word of ['first\n', 'second\n']) log(word);
  expect(readFileSync(path, 'utf8')).toBe('second\n');
  expect(existsSync(`${path}.1`)).toBe(false);
});

test('a log that is moved away leaves its place; one that is emptied stays the same file', () => {
  for (const how of ['move', 'empty'] as const) {
    const path = join(folder(), 'skaha.log');
    writeFileSync(path, 'now\n');
    writeFileSync(`${path}.2`, 'older\n');
    const { ino } = statSync(path);
    shiftLogs(path, 3, how);
    expect(readFileSync(`${path}.1`, 'utf8')).toBe('now\n');
    expect(readFileSync(`${path}.3`, 'utf8')).toBe('older\n');
    expect(existsSync(`${path}.2`)).toBe(false);
    expect(statSync(path, { throwIfNoEntry: false })?.ino).toBe(how === 'empty' ? ino : undefined);
  }
  const path = join(folder(), 'skaha.log');
  writeFileSync(path, 'now\n');
  shiftLogs(path, 0, 'move');
  expect(existsSync(path)).toBe(false);
});
