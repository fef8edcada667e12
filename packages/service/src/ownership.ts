import {
  closeSync,
  constants,
  fchownSync,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
} from 'node:fs';
import { setImmediate as others } from 'node:timers/promises';
import { plainReading } from './held.js';

/** The largest depth: each level is held open, and a session may have created very many. */
const mostLevels = 200;

/** How long to work without giving other work a turn, in milliseconds. */
const atOnceMs = 5;

const directoryReading = constants.O_RDONLY | constants.O_DIRECTORY;

/**
 * Changes the owner of what root has created in a directory to the user who works there. Only
 * root's own files and directories are changed. Directories and files are accessed by descriptors
 * and never through links, because running sessions may replace either.
 *
 * This runs before each session, and usually there is little to check and nothing to change:
 * synchronous calls then take a fraction of the time.
 *
 * @param path - the directory, which only root must be able to replace
 * @param uid - its new owner, and group
 */
export async function giveAway(path: string, uid: number): Promise<void> {
  await new Gift(uid).give(openSync(path, directoryReading), mostLevels);
}

class Gift {
  readonly #uid: number;
  #since = performance.now();

  constructor(uid: number) {
    this.#uid = uid;
  }

  /** @param directory - its descriptor, which is closed at the end */
  async give(directory: number, levels: number): Promise<void> {
    try {
      if (fstatSync(directory).uid === 0) fchownSync(directory, this.#uid, this.#uid);
      if (levels === 0) return;
      const here = `/proc/self/fd/${directory}`;
      for (const entry of readdirSync(here, { withFileTypes: true })) {
        if (performance.now() - this.#since > atOnceMs) await this.#pause();
        const path = `${here}/${entry.name}`;
        if (entry.isFile()) this.#giveFile(path);
        if (!entry.isDirectory()) continue;
        const inner = opened(path, directoryReading | constants.O_NOFOLLOW);
        if (inner !== undefined) await this.give(inner, levels - 1);
      }
    } finally {
      closeSync(directory);
    }
  }

  async #pause(): Promise<void> {
    await others();
    this.#since = performance.now();
  }

  /** Changes the file that was checked, not another one that was put in its place meanwhile. */
  #giveFile(path: string): void {
    const isRoots = lstatSync(path, { throwIfNoEntry: false })?.uid === 0;
    const file = isRoots ? opened(path, plainReading) : undefined;
    if (file === undefined) return;
    try {
      const stats = fstatSync(file);
      // A file with several names may belong to somebody else under another name.
      if (stats.isFile() && stats.uid === 0 && stats.nlink === 1)
        fchownSync(file, this.#uid, this.#uid);
    } finally {
      closeSync(file);
    }
  }
}

/** @returns undefined if it no longer exists, or is something else by now */
function opened(path: string, flags: number): number | undefined {
  try {
    return openSync(path, flags);
  } catch {
    return undefined;
  }
}
