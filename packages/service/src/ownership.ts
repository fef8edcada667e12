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

/** How deep it goes: each level is held open, and a session may have made very many. */
const mostLevels = 200;

/** How long it goes on without letting others come in between, in milliseconds. */
const atOnceMs = 5;

const directoryReading = constants.O_RDONLY | constants.O_DIRECTORY;

/**
 * Gives what root has put into a directory to the user who works there. Only root's own files and
 * directories change hands. Every directory is entered through its descriptor and never through a
 * link, and every file is given by its descriptor, because sessions that run may exchange either.
 *
 * It is done before each session, so most often there is nothing to give and little to look at: the
 * plain calls take a fraction of those that leave the waiting to others.
 *
 * @param path - the directory; it must be one that only root can replace
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

  /** What is given is what was looked at, and no other file that was put there meanwhile. */
  #giveFile(path: string): void {
    const isRoots = lstatSync(path, { throwIfNoEntry: false })?.uid === 0;
    const file = isRoots ? opened(path, plainReading) : undefined;
    if (file === undefined) return;
    try {
      const stats = fstatSync(file);
      // A file with a second name may be somebody else's by that one.
      if (stats.isFile() && stats.uid === 0 && stats.nlink === 1)
        fchownSync(file, this.#uid, this.#uid);
    } finally {
      closeSync(file);
    }
  }
}

/** @returns undefined when it is gone, or something else by now */
function opened(path: string, flags: number): number | undefined {
  try {
    return openSync(path, flags);
  } catch {
    return undefined;
  }
}
