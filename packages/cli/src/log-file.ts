import { closeSync, fstatSync, mkdirSync, openSync, statSync, writeSync } from 'node:fs';
import { dirname, sep } from 'node:path';
import type { LogRecord } from '@skaha/base/logger.js';
import { shiftLogs } from '@skaha/base/rotation.js';
import { systemCode } from '@skaha/base/system-code.js';
import { SkahaError } from 'skaha';

/** How large a log file gets, and how many older ones are kept beside it. */
export interface RotationLimits {
  /** In bytes. */
  maximumBytes: number;
  backups: number;
}

const usualLimits: RotationLimits = { maximumBytes: 10 * 2 ** 20, backups: 10 };

/**
 * Refuses what can never be a log file.
 *
 * @throws {SkahaError} logging.invalid_file_path
 */
export function checkLogPath(given: string, path: string): void {
  const isDirectory = () => {
    try {
      return statSync(path).isDirectory();
    } catch {
      return false;
    }
  };
  if (given !== '-' && given !== '' && !given.endsWith(sep) && !isDirectory()) return;
  throw new SkahaError('logging.invalid_file_path', `'${given}' cannot be the log file.`, {
    hint: 'Give the path of a file; logs go to standard error in any case.',
  });
}

/**
 * Appends records to a file, one JSON document a line. A full file becomes `FILE.1`, the former
 * `FILE.1` becomes `FILE.2`, and so on. Written at once and in order, so that nothing is lost when
 * the process is killed. The first failure is told, and ends the writing.
 */
export class LogFile {
  readonly #path: string;
  readonly #limits: RotationLimits;
  readonly #onFailure: (error: SkahaError) => void;
  #handle: number | undefined;
  #size = 0;
  #failed = false;

  /**
   * @param path - absolute; missing folders are made
   * @param onFailure - told once when the file cannot be used
   */
  constructor(path: string, onFailure: (error: SkahaError) => void, limits = usualLimits) {
    this.#path = path;
    this.#limits = limits;
    this.#onFailure = onFailure;
    this.#attempt(() => {
      mkdirSync(dirname(path), { recursive: true });
      this.#open();
    });
  }

  write(record: LogRecord): void {
    const line = Buffer.from(`${JSON.stringify(record)}\n`);
    this.#attempt(() => {
      if (this.#size > 0 && this.#size + line.length > this.#limits.maximumBytes) this.#rotate();
      if (this.#handle === undefined) return;
      writeSync(this.#handle, line);
      this.#size += line.length;
    });
  }

  close(): void {
    const handle = this.#handle;
    this.#handle = undefined;
    if (handle !== undefined) closeSync(handle);
  }

  #open(): void {
    // Addresses and names are personal: nobody else reads them.
    this.#handle = openSync(this.#path, 'a', 0o600);
    this.#size = fstatSync(this.#handle).size;
  }

  #rotate(): void {
    const isOurs =
      this.#handle !== undefined && fstatSync(this.#handle).ino === this.#currentInode();
    this.close();
    // Another process may have moved the full file away already.
    if (isOurs) shiftLogs(this.#path, this.#limits.backups, 'move');
    this.#open();
  }

  #currentInode(): number | undefined {
    return statSync(this.#path, { throwIfNoEntry: false })?.ino;
  }

  #attempt(work: () => void): void {
    if (this.#failed) return;
    try {
      work();
    } catch (cause) {
      this.#failed = true;
      this.#onFailure(
        new SkahaError(
          'logging.file_sink_unavailable',
          `The log file ${this.#path} cannot be written (${systemCode(cause) ?? 'unknown reason'}); the command continues without it.`,
          { cause, hint: 'Choose another file with --log-file.' },
        ),
      );
    }
  }
}
