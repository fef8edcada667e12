import { systemClock } from '@skaha/base/clock.js';
import type { Directory } from '../disk/directory.js';
import type { Path } from './paths.js';
import { type Spaces, tops } from './spaces.js';

/** How many folders are cached. */
const most = 8;

/** A folder that was changed so recently may change again without a new modification time. */
const settledMs = 1_000;

interface Remembered {
  readonly stamp: string;
  readonly names: readonly string[];
}

/**
 * The sorted names in folders. Those of the last few folders are cached until the folder changes,
 * because large folders are listed page by page.
 */
export class FolderNames {
  readonly #spaces: Spaces;
  readonly #remembered = new Map<string, Remembered>();

  constructor(spaces: Spaces) {
    this.#spaces = spaces;
  }

  /** The names in an open folder. Names that are not UTF-8 cannot be listed and are left out. */
  async of(path: Path, folder: Directory): Promise<readonly string[]> {
    const [top] = path;
    if (top === undefined) return tops;
    if (path.length === 1) return this.#spaces.names(top).sort();
    const { dev, ino, mtimeNs, mtimeMs } = folder.stats;
    const key = `${dev}.${ino}`;
    const found = this.#remembered.get(key);
    if (found?.stamp === String(mtimeNs)) return found.names;
    const names = await read(folder);
    // File times come from the clock of the machine.
    if (systemClock.now() - Number(mtimeMs) > settledMs)
      this.#remember(key, String(mtimeNs), names);
    return names;
  }

  #remember(key: string, stamp: string, names: readonly string[]): void {
    this.#remembered.delete(key);
    this.#remembered.set(key, { stamp, names });
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size > most && oldest !== undefined) this.#remembered.delete(oldest);
  }
}

async function read(folder: Directory): Promise<string[]> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const names = (await folder.names()).flatMap((name) => {
    try {
      return [decoder.decode(name)];
    } catch {
      return [];
    }
  });
  return names.sort();
}
