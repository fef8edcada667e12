import { lstat, opendir, statfs } from 'node:fs/promises';
import { join } from 'node:path';

/** Disk usage of a directory, in bytes. */
export interface DiskUsage {
  /** Size of its files. */
  readonly used: number;
  /** False if there was no time to count all of them. */
  readonly complete: boolean;
  /** Free space on its disk for its owner. */
  readonly free: number;
}

const patienceMs = 1_000;

/** Measures a directory, for at most a second. */
export async function diskUsage(root: string): Promise<DiskUsage | undefined> {
  const free = await statfs(root).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => undefined,
  );
  if (free === undefined) return undefined;
  const giveUpAt = performance.now() + patienceMs;
  const left = [root];
  let used = 0;
  for (let path = left.pop(); path !== undefined; path = left.pop()) {
    if (performance.now() > giveUpAt) return { used, complete: false, free };
    used += await filesIn(path, left);
  }
  return { used, complete: true, free };
}

/** The size of the files in a directory; adds its subdirectories to the list. */
async function filesIn(path: string, left: string[]): Promise<number> {
  let bytes = 0;
  try {
    for await (const entry of await opendir(path)) {
      const inner = join(path, entry.name);
      if (entry.isDirectory()) left.push(inner);
      // A file that disappears meanwhile counts as empty.
      else
        bytes += await lstat(inner).then(
          ({ blocks }) => blocks * 512,
          () => 0,
        );
    }
  } catch {
    // It no longer exists, or cannot be read.
  }
  return bytes;
}
