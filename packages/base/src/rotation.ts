import {
  closeSync,
  copyFileSync,
  fstatSync,
  mkdirSync,
  openSync,
  renameSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { systemCode } from './system-code.js';

const existing = (work: () => void): void => {
  try {
    work();
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
};

/**
 * Makes room for a new log: `PATH.1` becomes `PATH.2` and so on, what is more than `keep` goes, and
 * the content of the file becomes `PATH.1`.
 *
 * @param keep - how many older logs there are at most
 * @param how - `move` takes the file away; `empty` leaves it there, for a process that has it open as
 *   its output
 */
export function shiftLogs(path: string, keep: number, how: 'empty' | 'move'): void {
  for (let number = keep - 1; number >= 1; number -= 1) {
    existing(() => renameSync(`${path}.${number}`, `${path}.${number + 1}`));
  }
  if (how === 'move') {
    existing(() => (keep > 0 ? renameSync(path, `${path}.1`) : unlinkSync(path)));
    return;
  }
  if (keep > 0) copyFileSync(path, `${path}.1`);
  truncateSync(path);
}

/** How a log file is kept from growing for ever. */
export interface Rotation {
  readonly path: string;
  /** Size at which it begins again. */
  readonly maxBytes: number;
  /** How many old files are kept, as `PATH.1` (the latest), `PATH.2` and so on. */
  readonly keep: number;
}

/**
 * Wraps what appends to a file, and moves the file's content away when it is large. The file itself
 * stays the same, because a process has it open as its output.
 *
 * @param write - appends to the file
 */
export function rotating(
  write: (line: string) => void,
  { path, maxBytes, keep }: Rotation,
): (line: string) => void {
  const sizeNow = () => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  let size = sizeNow();
  return (line) => {
    const bytes = Buffer.byteLength(line);
    if (size > 0 && size + bytes > maxBytes) {
      try {
        shiftLogs(path, keep, 'empty');
      } catch {
        // A full disk: the log goes on growing, and the next line tries again.
      }
      size = sizeNow();
    }
    write(line);
    size += bytes;
  };
}

/**
 * Appends lines to a file that several processes may write. A full file becomes `PATH.1`, the former
 * `PATH.1` becomes `PATH.2`, and so on. Written at once and in order, so that nothing is lost when the
 * process is killed. The first failure ends the writing.
 */
export class RotatingFile {
  readonly #rotation: Rotation;
  readonly #onFailure: (cause: unknown) => void;
  #handle: number | undefined;
  #size = 0;
  #failed = false;

  /**
   * @param rotation - with an absolute path; missing folders are made
   * @param onFailure - called once when the file cannot be used
   */
  constructor(rotation: Rotation, onFailure: (cause: unknown) => void) {
    this.#rotation = rotation;
    this.#onFailure = onFailure;
    this.#attempt(() => {
      mkdirSync(dirname(rotation.path), { recursive: true });
      this.#open();
    });
  }

  write(line: string): void {
    const bytes = Buffer.from(line);
    this.#attempt(() => {
      if (this.#size > 0 && this.#size + bytes.length > this.#rotation.maxBytes) this.#rotate();
      if (this.#handle === undefined) return;
      writeSync(this.#handle, bytes);
      this.#size += bytes.length;
    });
  }

  close(): void {
    const handle = this.#handle;
    this.#handle = undefined;
    if (handle !== undefined) closeSync(handle);
  }

  #open(): void {
    // Addresses and names are personal: nobody else reads them.
    this.#handle = openSync(this.#rotation.path, 'a', 0o600);
    this.#size = fstatSync(this.#handle).size;
  }

  #rotate(): void {
    const { path, keep } = this.#rotation;
    const current = statSync(path, { throwIfNoEntry: false })?.ino;
    const isOurs = this.#handle !== undefined && fstatSync(this.#handle).ino === current;
    this.close();
    // Another process may have moved the full file away already.
    if (isOurs) shiftLogs(path, keep, 'move');
    this.#open();
  }

  #attempt(work: () => void): void {
    if (this.#failed) return;
    try {
      work();
    } catch (cause) {
      this.#failed = true;
      this.#onFailure(cause);
    }
  }
}
