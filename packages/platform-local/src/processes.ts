import { execFile } from 'node:child_process';
import { readdir, readFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { bootId, processStat } from '@skaha/base/process-identity.js';
import { fixedEnvironment } from './programs.js';

const run = promisify(execFile);
const hasProc = process.platform === 'linux';

/** What tells a process from a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Start time in the form this system gives it. */
  readonly start: string;
  /** The boot it belongs to, where the system names it. */
  readonly boot: string;
}

/** Reads what a supervisor wrote about itself; undefined when it is incomplete. */
export function parseIdentity(text: string): ProcessIdentity | undefined {
  const [pid, start, boot] = text.split('\n').map((line) => line.trim());
  const isWhole = text.endsWith('\n') && start !== undefined && start !== '';
  if (!/^[1-9]\d*$/.test(pid ?? '') || pid === '1' || !isWhole) return undefined;
  return { pid: Number(pid), start, boot: boot ?? '' };
}

/** True while exactly this process lives; a zombie does not. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  if (!hasProc) {
    try {
      const words = ['-o', 'lstart=', '-p', String(identity.pid)];
      const { stdout } = await run('/bin/ps', words, { env: fixedEnvironment });
      return stdout.trim() === identity.start;
    } catch {
      return false;
    }
  }
  if (identity.boot !== '' && (await bootId()) !== identity.boot) return false;
  const found = await processStat(identity.pid);
  return found !== undefined && found.start === identity.start && found.state !== 'Z';
}

/**
 * Finds the living processes of a session, wherever they hide: those of the supervisor's process
 * session, and (on Linux) those that carry the session's id in their environment.
 *
 * @param id - value of `skaha_sessionid`
 * @param leader - the supervisor's process number, when it is known
 */
export async function processesOf(id: string, leader: number | undefined): Promise<number[]> {
  return hasProc ? await fromProc(id, leader) : await fromPs(leader);
}

async function fromProc(id: string, leader: number | undefined): Promise<number[]> {
  const own = process.getuid?.();
  const numbers = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    numbers.map(async (name) => {
      const pid = Number(name);
      if (pid === process.pid) return undefined;
      const info = await processStat(name);
      if (info === undefined || info.state === 'Z') return undefined;
      if (leader !== undefined && info.session === leader) return pid;
      return (await carries(name, id, own)) ? pid : undefined;
    }),
  );
  return found.filter((pid) => pid !== undefined);
}

async function carries(pid: string, id: string, uid: number | undefined): Promise<boolean> {
  try {
    // The sessions of a platform that root runs belong to another user.
    if (uid !== 0 && (await stat(`/proc/${pid}`)).uid !== uid) return false;
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8');
    return environment.split('\0').includes(`skaha_sessionid=${id}`);
  } catch {
    return false;
  }
}

/**
 * Finds the processes of a session that are in a sandbox, all but the first one there, which stands
 * over the others and is the sandbox's own.
 */
export async function innerProcessesOf(id: string): Promise<number[]> {
  const all = await processesOf(id, undefined);
  const inner = await Promise.all(
    all.map(async (pid) => {
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
      const numbers = /^NSpid:\s*(.*)$/m.exec(status)?.[1]?.split(/\s+/) ?? [];
      return numbers.length > 1 && numbers.at(-1) !== '1';
    }),
  );
  return all.filter((_, index) => inner[index]);
}

async function fromPs(leader: number | undefined): Promise<number[]> {
  if (leader === undefined) return [];
  const { stdout } = await run('/bin/ps', ['-A', '-o', 'pid=,pgid=,sess='], {
    env: fixedEnvironment,
    maxBuffer: 16 * 1024 * 1024,
  });
  return stdout
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([, group, session]) => group === leader || session === leader)
    .map(([pid]) => pid ?? 0)
    .filter((pid) => pid > 1 && pid !== process.pid);
}

/**
 * Sends a signal to a process, or with a negative number to a process group; a target that is gone
 * already is no error.
 */
export function signal(target: number, name: 'SIGTERM' | 'SIGKILL'): void {
  // 0 is our own group, -1 everything there is: no damaged record may ever come to that.
  if (!Number.isInteger(target) || Math.abs(target) <= 1 || target === process.pid) return;
  try {
    process.kill(target, name);
  } catch {
    // It ended by itself.
  }
}
