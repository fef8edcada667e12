/// <reference lib="esnext.disposable" preserve="true" />
import { type FileHandle, mkdir, open, readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { systemCode } from '@skaha/base/system-code.js';
import { SkahaError } from '../errors/index.js';
import type { BatchJournal } from './journal.js';
import { completeLength, type JournalRecord, readRecords, writeRecord } from './records.js';

/** A journal in a file. Close it when you are done, or declare it with `await using`. */
export interface FileJournal extends BatchJournal, AsyncDisposable {
  /** Name of the batch. */
  readonly job: string;
  readonly path: string;
  /** Closes the journal, so that other programs can write to it. */
  close(): Promise<void>;
}

const unwritable = (path: string, cause: unknown) =>
  new SkahaError('batch.journal_unwritable', `The journal ${path} cannot be written.`, {
    cause,
    hint: 'Check the free space and the permissions of its directory; then resume the batch.',
  });

/** What is written in one go, and those who wait for it. */
interface Writing {
  lines: string[];
  done: Promise<void>;
}

/** Appends lines to a file; each waits until the disk has it, and many share one wait. */
class Appender {
  readonly #file: FileHandle;
  readonly #path: string;
  #next: Writing | undefined;
  #last: Promise<void> = Promise.resolve();
  #broken: SkahaError | undefined;

  constructor(file: FileHandle, path: string) {
    this.#file = file;
    this.#path = path;
  }

  append(line: string): Promise<void> {
    if (this.#next === undefined) {
      const lines: string[] = [];
      const done = this.#last.catch(() => {}).then(() => this.#write(lines));
      this.#next = { lines, done };
      this.#last = done;
    }
    this.#next.lines.push(line);
    return this.#next.done;
  }

  async #write(lines: readonly string[]): Promise<void> {
    this.#next = undefined;
    // After a failure nobody knows what the last line looks like: nothing may follow it.
    if (this.#broken !== undefined) throw this.#broken;
    try {
      await this.#file.appendFile(lines.map((line) => `${line}\n`).join(''));
      await this.#file.datasync();
    } catch (error) {
      this.#broken = unwritable(this.#path, error);
      throw this.#broken;
    }
  }

  async close(): Promise<void> {
    await this.#last.catch(() => {});
    await this.#file.close();
  }
}

/** Makes sure that a new file survives a crash of the machine: its directory must name it. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r').catch(() => undefined);
  await directory?.sync().catch(() => {});
  await directory?.close();
}

/**
 * Opens a journal for writing, and makes it when there is none. The caller makes sure that nobody
 * else writes to it.
 *
 * @param path - of the file
 * @param release - called when it is closed
 * @throws {SkahaError} `batch.journal_invalid`, `batch.journal_unwritable`
 */
export async function openJournalFile(
  path: string,
  release: () => Promise<void> = async () => {},
): Promise<FileJournal> {
  const { file, records } = await prepare(path);
  const appender = new Appender(file, path);
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= appender.close().finally(release);
    return closing;
  };
  return {
    job: basename(dirname(path)),
    path,
    read: async () => [...records],
    append: async (record) => {
      await appender.append(writeRecord(record));
      records.push(record);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function prepare(path: string): Promise<{ file: FileHandle; records: JournalRecord[] }> {
  let file: FileHandle | undefined;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    file = await open(path, 'a+', 0o600);
    const text = await file.readFile('utf8');
    const records = readRecords(text, path);
    const length = Buffer.byteLength(text.slice(0, completeLength(text)));
    // A line torn by a crash must go before another is written behind it.
    if (length < Buffer.byteLength(text)) await file.truncate(length);
    await file.sync();
    await syncDirectory(dirname(path));
    return { file, records };
  } catch (error) {
    await file?.close();
    throw error instanceof SkahaError ? error : unwritable(path, error);
  }
}

/**
 * Reads a journal without keeping others from writing to it.
 *
 * @param path - of the file
 * @returns its records; none when there is no such file
 * @throws {SkahaError} `batch.journal_invalid`
 */
export async function readJournalFile(path: string): Promise<JournalRecord[]> {
  try {
    return readRecords(await readFile(path, 'utf8'), path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    if (error instanceof SkahaError) throw error;
    throw new SkahaError('batch.journal_invalid', `The journal ${path} cannot be read.`, {
      cause: error,
      hint: 'Check the permissions of the file.',
    });
  }
}
