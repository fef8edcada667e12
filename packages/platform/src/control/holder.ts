import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { promisify } from 'node:util';
import type { DataLayout } from '@skaha/service/data.js';

/**
 * The process that uses a data directory, by the lock on its database, which ends with the process:
 * unlike a file, it cannot be lost or left behind.
 *
 * @returns its number; undefined if nobody uses it
 */
export async function holderOf(layout: DataLayout): Promise<number | undefined> {
  const { database, workingCopy } = layout;
  return (await holderOfFile(database)) ?? (await holderOfFile(workingCopy));
}

async function holderOfFile(database: string): Promise<number | undefined> {
  let path: string;
  try {
    path = realpathSync(database);
  } catch {
    return undefined;
  }
  return process.platform === 'linux' ? byLockTable(path) : await byOpenFiles(path);
}

/** Linux lists all file locks: `1: POSIX  ADVISORY  WRITE 25621 fe:00:9988371 …`. */
function byLockTable(path: string): number | undefined {
  try {
    const { ino } = statSync(path);
    const holders = readFileSync('/proc/locks', 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([, kind, , , , place]) => kind === 'POSIX' && place?.endsWith(`:${ino}`))
      .map(([, , , , pid]) => Number(pid));
    // Files on different file systems may have the same inode.
    return holders.find((pid) => hasOpen(pid, path));
  } catch {
    return undefined;
  }
}

function hasOpen(pid: number, path: string): boolean {
  try {
    const folder = `/proc/${pid}/fd`;
    return readdirSync(folder).some((name) => linkOf(`${folder}/${name}`) === path);
  } catch {
    return false;
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** On other systems: the programs that have it open, which are only platforms. */
async function byOpenFiles(path: string): Promise<number | undefined> {
  try {
    const { stdout } = await promisify(execFile)('lsof', ['-t', '--', path], { timeout: 5_000 });
    const pid = Number(stdout.split('\n', 1)[0]);
    return pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** Whether `startDetached` started a process, which may then be ended with a signal. */
export async function isDetachedPlatform(pid: number): Promise<boolean> {
  try {
    const words =
      process.platform === 'linux'
        ? readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        : (await promisify(execFile)('ps', ['-o', 'command=', '-p', String(pid)])).stdout;
    return /[/\\]server\.js\b/.test(words);
  } catch {
    return false;
  }
}
