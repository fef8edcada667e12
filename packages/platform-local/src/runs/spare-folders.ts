import {
  chmodSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  type Stats,
} from 'node:fs';
import { join } from 'node:path';
import { removeTree } from '@skaha/service/held.js';
import { isRoot } from '../processes/programs.js';

/** How many are kept. */
const most = 64;

/**
 * Empty directories that sessions had and did not touch, for those to come. A file system takes its
 * time to make a directory, and more where another was removed a moment ago; to move one takes none.
 */
export class SpareFolders {
  readonly #place: string;
  #count: number | undefined;

  /** @param place - a private directory, on the same disk as those it keeps */
  constructor(place: string) {
    this.#place = place;
  }

  /** Puts a directory at a path; one that is there already stays. */
  take(path: string): void {
    // An empty one would be replaced; a session that runs already may have it.
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) return;
    if (this.#count !== undefined && this.#count > 0) {
      this.#count -= 1;
      try {
        renameSync(this.#at(this.#count), path);
        return;
      } catch {
        // The spare one is gone.
      }
    }
    mkdirSync(path, { recursive: true, mode: 0o700 });
  }

  /**
   * Keeps a directory that is as it was handed out: nothing was ever put into it, nor its rights
   * changed.
   *
   * @param touched - when it was last changed, as {@link lastChange} gave it then
   * @returns false when it is not as it was, or there are enough
   */
  keep(path: string, touched: number): boolean {
    try {
      const found = lstatSync(path);
      if ((this.#count ?? 0) >= most || changeOf(found) !== touched) return false;
      if (readdirSync(path).length > 0) return false;
      if (this.#count === undefined) {
        mkdirSync(this.#place, { recursive: true, mode: 0o700 });
        this.#count = 0;
      }
      // One of a session that root gave to its user becomes root's before it is among what is root's.
      const group = process.getgid?.() ?? 0;
      const isRoots = found.uid === 0 && found.gid === group;
      if (isRoot() && !isRoots) lchownSync(path, 0, group);
      renameSync(path, this.#at(this.#count));
      if ((found.mode & 0o7777) !== 0o700) chmodSync(this.#at(this.#count), 0o700);
      this.#count += 1;
      return true;
    } catch {
      return false;
    }
  }

  /** Removes them. */
  async clear(): Promise<void> {
    this.#count = undefined;
    await removeTree(this.#place);
  }

  #at(number: number): string {
    return join(this.#place, String(number));
  }
}

/** When a directory, or its rights, were last changed; NaN if it is not a directory. */
export function lastChange(path: string): number {
  return changeOf(lstatSync(path, { throwIfNoEntry: false }));
}

const changeOf = (found: Stats | undefined): number =>
  found?.isDirectory() === true ? found.ctimeMs : Number.NaN;
