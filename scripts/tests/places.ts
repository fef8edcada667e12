import { chmodSync, mkdtempSync, readdirSync, rmSync, statfsSync } from 'node:fs';
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

const removal = { recursive: true, force: true, maxRetries: 5 } as const;

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Removes what runs that were killed have left. */
function clearLeftovers(): void {
  for (const name of readdirSync(memory)) {
    const [, pid] = /^skaha-(\d+)-/.exec(name) ?? [];
    if (pid === undefined || isAlive(Number(pid))) continue;
    try {
      rmSync(join(memory, name), removal);
    } catch {
      // It is another user's.
    }
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
  clearLeftovers();
  const folder = mkdtempSync(join(memory, `skaha-${process.pid}-`));
  // As the usual one: other users of the system may enter it.
  chmodSync(folder, 0o1777);
  process.env['TMPDIR'] = folder;
  return () => {
    try {
      rmSync(folder, removal);
    } catch {
      // Something still ends there: the next run clears it.
    }
  };
}
