import type { Clock } from '@skaha/base/clock.js';
import { Directory } from '../disk/directory.js';
import { shown, VospaceFault } from './fault.js';
import type { Path } from './paths.js';

/** A measurement is used for this many times as long as it took, but at least two seconds. */
const worth = 20;
const leastWorthMs = 2_000;

/** The depth to which folders are measured; deeper ones are not counted. */
const deepest = 128;

/** How many files are measured in parallel. */
const batch = 64;

interface Usage {
  bytes: number;
  goodUntil: number;
  scan: Promise<number> | undefined;
  /** Bytes that are reserved for running uploads. */
  promised: number;
}

/** What quotas are calculated from. */
export interface QuotaOptions {
  readonly clock: Clock;
  /** Quota of a home, in bytes. */
  readonly home: number;
  /** The directory of a space. */
  place(space: Path): Promise<string>;
}

/** Space that is reserved for one upload. */
export interface SpaceReservation {
  /** Reserves more. @throws {VospaceFault} `QuotaExceeded` */
  grow(bytes: number): void;
  /** Ends the reservation, and adds what was actually stored. */
  settle(bytes: number): void;
}

/**
 * How much of its quota a home uses. Sessions write to the disk directly, so a home is measured,
 * again if the last measurement is too old; uploads are added at once.
 */
export class Quotas {
  readonly #options: QuotaOptions;
  readonly #usage = new Map<string, Usage>();

  constructor(options: QuotaOptions) {
    this.#options = options;
  }

  /** The quota of the space of a path, in bytes; undefined if there is none. */
  limit([top, name]: Path): number | undefined {
    return top === 'home' && name !== undefined ? this.#options.home : undefined;
  }

  /** The size of a space, in bytes. */
  async used(space: Path): Promise<number> {
    const usage = this.#of(space);
    if (usage.goodUntil <= this.#options.clock.now()) {
      usage.scan ??= this.#scan(space, usage).finally(() => {
        usage.scan = undefined;
      });
      await usage.scan;
    }
    return usage.bytes;
  }

  /**
   * Reserves space for an upload to a path.
   *
   * @param bytes - the size that is known already
   * @throws {VospaceFault} `QuotaExceeded`
   */
  async reserve(path: Path, bytes: number): Promise<SpaceReservation> {
    const space = path.slice(0, 2);
    const limit = this.limit(space);
    if (limit === undefined) return { grow: () => undefined, settle: () => undefined };
    await this.used(space);
    const usage = this.#of(space);
    let held = 0;
    const grow = (more: number) => {
      if (more > 0 && usage.bytes + usage.promised + more > limit) {
        throw new VospaceFault(
          'QuotaExceeded',
          `${shown(space)} may use ${limit} bytes and uses ${usage.bytes}`,
        );
      }
      held += more;
      usage.promised += more;
    };
    grow(bytes);
    return {
      grow,
      settle: (stays) => {
        usage.promised -= held;
        held = 0;
        usage.bytes = Math.max(0, usage.bytes + stays);
      },
    };
  }

  /** Adds or subtracts bytes for which nothing was reserved. */
  count(path: Path, bytes: number): void {
    const usage = this.#of(path.slice(0, 2));
    usage.bytes = Math.max(0, usage.bytes + bytes);
  }

  #of(space: Path): Usage {
    const key = space.join('/');
    let usage = this.#usage.get(key);
    if (usage === undefined) {
      usage = { bytes: 0, goodUntil: 0, scan: undefined, promised: 0 };
      this.#usage.set(key, usage);
    }
    return usage;
  }

  async #scan(space: Path, usage: Usage): Promise<number> {
    const { clock } = this.#options;
    const began = performance.now();
    const directory = await Directory.root(await this.#options.place(space));
    try {
      usage.bytes = await sizeOf(directory);
    } finally {
      directory.close();
    }
    const took = performance.now() - began;
    usage.goodUntil = clock.now() + Math.max(leastWorthMs, took * worth);
    return usage.bytes;
  }
}

/** The total size of the files in a directory, in bytes; a file with several names counts once. */
export async function sizeOf(
  directory: Directory,
  seen = new Set<bigint>(),
  depth = 0,
): Promise<number> {
  const names = await directory.names();
  let sum = 0;
  for (let start = 0; start < names.length; start += batch) {
    const part = names.slice(start, start + batch);
    const looks = await Promise.all(part.map((name) => directory.look(name)));
    for (const [index, stats] of looks.entries()) {
      const name = part[index];
      if (stats === undefined || name === undefined) continue;
      if (stats.isDirectory() && depth < deepest) {
        sum += await within(directory, name, (inner) => sizeOf(inner, seen, depth + 1));
      } else if (stats.isFile() && (stats.nlink === 1n || !seen.has(stats.ino))) {
        if (stats.nlink > 1n) seen.add(stats.ino);
        sum += Number(stats.size);
      }
    }
  }
  return sum;
}

/** A folder that no longer exists or cannot be opened counts as empty. */
async function within(
  directory: Directory,
  name: Buffer,
  work: (inner: Directory) => Promise<number>,
): Promise<number> {
  let inner: Directory;
  try {
    inner = await directory.enter(name);
  } catch {
    return 0;
  }
  try {
    return await work(inner);
  } finally {
    inner.close();
  }
}
