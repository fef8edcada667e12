import { chmodSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where the folder for temporary files is that stays, for the processes that run tests. */
const variable = 'TEST_DISK';

/** A folder in memory that most systems with Linux have. */
const memory = '/dev/shm';

/** So much must be free there. */
const leastBytes = 4 * 2 ** 30;

/** The folder for temporary files of the system, for what is kept for later runs. */
export const disk = (): string => process.env[variable] ?? tmpdir();

function isRoomy(): boolean {
  try {
    const { bavail, bsize } = statfsSync(memory);
    return bavail * bsize >= leastBytes;
  } catch {
    return false;
  }
}

/**
 * Has all temporary files of a run in memory where there is room, because platforms write to the disk
 * and wait for it with each step of a session: that is half of what starting one takes.
 */
export function setup(): (() => void) | undefined {
  if (process.env[variable] !== undefined) return undefined;
  process.env[variable] = tmpdir();
  if (!isRoomy()) return undefined;
  const folder = mkdtempSync(join(memory, 'skaha-'));
  // As the usual one: other users of the system may enter it.
  chmodSync(folder, 0o1777);
  process.env['TMPDIR'] = folder;
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
