import { lstat, opendir, statfs } from 'node:fs/promises';
import { join } from 'node:path';

/** Space of a directory and around it, in bytes. */
export interface DiskUsage {
  /** What its files take. */
  readonly used: number;
  /** False when there was no time to count all of them. */
  readonly complete: boolean;
  /** What is left on its disk for its owner. */
  readonly free: number;
}

const patienceMs = 1_000;

/** Counts what a directory takes, for a second at most. */
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

/** Bytes of the files of one directory; its directories are put on the list. */
async function filesIn(path: string, left: string[]): Promise<number> {
  let bytes = 0;
  try {
    for await (const entry of await opendir(path)) {
      const inner = join(path, entry.name);
      if (entry.isDirectory()) left.push(inner);
      // What disappears meanwhile takes nothing.
      else
        bytes += await lstat(inner).then(
          ({ blocks }) => blocks * 512,
          () => 0,
        );
    }
  } catch {
    // Gone, or closed to us.
  }
  return bytes;
}
