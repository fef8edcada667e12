import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { bootId, type ProcessStat, processStat } from '@skaha/base/process-identity.js';
import { fixedEnvironment } from './programs.js';

const run = promisify(execFile);
const hasProc = process.platform === 'linux';

/** What distinguishes a process from a later one with the same number. */
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

/** The identity of a process; undefined if it has ended, or cannot be distinguished from a later one. */
export async function identityOf(pid: number): Promise<ProcessIdentity | undefined> {
  if (!hasProc) {
    const words = ['-o', 'lstart=', '-p', String(pid)];
    const found = await run('/bin/ps', words, { env: fixedEnvironment }).catch(() => undefined);
    return found === undefined ? undefined : { pid, start: found.stdout.trim(), boot: '' };
  }
  const [found, boot] = await Promise.all([processStat(pid), bootId()]);
  return found === undefined ? undefined : { pid, start: found.start, boot };
}

/** True while exactly this process lives; a zombie does not. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  if (!hasProc) return (await identityOf(identity.pid))?.start === identity.start;
  if (identity.boot !== '' && (await bootId()) !== identity.boot) return false;
  const found = await processStat(identity.pid);
  return found !== undefined && found.start === identity.start && found.state !== 'Z';
}

/**
 * The process that is in the network of the user: the supervisor, or, where that is a standby and in
 * the network of its session, what is above it.
 */
export const leaderOf = async (supervisor: number): Promise<number> =>
  (await processStat(supervisor))?.session ?? supervisor;

/** The numbers of all processes of this machine; Linux only, none elsewhere. */
async function numbers(): Promise<string[]> {
  return (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
}

/** The processes of this machine that live; Linux only, none elsewhere. */
async function living(): Promise<(ProcessStat & { readonly pid: number })[]> {
  const found = await Promise.all(
    (await numbers()).map(async (name) => ({ pid: Number(name), stat: await processStat(name) })),
  );
  return found.flatMap(({ pid, stat: one }) =>
    one === undefined || one.state === 'Z' ? [] : [{ pid, ...one }],
  );
}

/**
 * Finds the living processes of a session, wherever they hide: those of the supervisor's process
 * session, and (on Linux) those that carry the session's id in their environment.
 *
 * @param id - value of `skaha_sessionid`
 * @param leader - the supervisor's process number, when it is known
 */
export async function processesOf(id: string, leader: number | undefined): Promise<number[]> {
  if (!hasProc) return await fromPs(leader);
  return (await nextScan())
    .filter(({ session, ids }) => (leader !== undefined && session === leader) || ids.includes(id))
    .map(({ pid }) => pid);
}

/** A process and its traces. */
interface Traced {
  readonly pid: number;
  readonly session: number;
  /** Values of `skaha_sessionid` in its environment. */
  readonly ids: readonly string[];
}

let running: Promise<Traced[]> | undefined;
let next: Promise<Traced[]> | undefined;

/** A scan that begins from now on; all who ask while another one is under way share the next. */
function nextScan(): Promise<Traced[]> {
  next ??= (async () => {
    await running?.catch(() => undefined);
    running = next;
    next = undefined;
    return await scan();
  })();
  return next;
}

async function scan(): Promise<Traced[]> {
  const own = process.getuid?.();
  const others = (await living()).filter(({ pid }) => pid !== process.pid);
  return await Promise.all(
    others.map(async ({ pid, session }) => ({ pid, session, ids: await idsOf(pid, own) })),
  );
}

const idVariable = 'skaha_sessionid=';

async function idsOf(pid: number, uid: number | undefined): Promise<string[]> {
  try {
    // The sessions of a platform that root runs belong to another user.
    if (uid !== 0 && (await stat(`/proc/${pid}`)).uid !== uid) return [];
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8');
    return environment
      .split('\0')
      .filter((pair) => pair.startsWith(idVariable))
      .map((pair) => pair.slice(idVariable.length));
  } catch {
    return [];
  }
}

/**
 * Finds the processes of a session that are in a sandbox, all but the first one there, which is the
 * sandbox's own and the parent of the others.
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

/**
 * Finds the first process in a sandbox by its parents, which no session can choose: it was started
 * by what makes the sandbox, and that by the supervisor. Before it has a child, the sandbox is not
 * complete.
 */
export async function firstInside(supervisor: number): Promise<number | undefined> {
  const all = await living();
  const makers = all.filter(({ parent }) => parent === supervisor).map(({ pid }) => pid);
  const isParent = new Set(all.map(({ parent }) => parent));
  return all.find(({ parent, pid }) => makers.includes(parent) && isParent.has(pid))?.pid;
}

/** The processes that a process has started and that are not over; Linux only, none elsewhere. */
export async function childrenOf(pid: number): Promise<number[]> {
  try {
    const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return text.split(' ').filter(Boolean).map(Number);
  } catch {
    // Not every kernel has it.
    return (await living()).filter(({ parent }) => parent === pid).map((one) => one.pid);
  }
}

/** The processes of a group, all but its leader. */
export async function followersOf(leader: number): Promise<number[]> {
  const all = await living();
  return all.filter(({ group, pid }) => group === leader && pid !== leader).map(({ pid }) => pid);
}

/**
 * Finds the processes that have one of these open; Linux only, none elsewhere.
 *
 * @param targets - what their descriptors lead to: paths without links, or `socket:[INODE]`
 */
export const holdersOf = (targets: ReadonlySet<string>): Promise<number[]> =>
  processesWith(async (pid, descriptor) => targets.has(await leadsTo(pid, descriptor)));

/**
 * Finds the processes that can write to a file that they have open; Linux only, none elsewhere.
 *
 * @param path - without links
 */
export const writersOf = (path: string): Promise<number[]> =>
  processesWith(
    async (pid, descriptor) =>
      (await leadsTo(pid, descriptor)) === path && (await isForWriting(pid, descriptor)),
  );

type AskDescriptor = (pid: string, descriptor: string) => Promise<boolean>;

async function processesWith(isMeant: AskDescriptor): Promise<number[]> {
  const found = (await numbers()).map(async (pid) => {
    const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
    const answers = await Promise.all(descriptors.map((one) => isMeant(pid, one)));
    return answers.includes(true) ? [Number(pid)] : [];
  });
  return (await Promise.all(found)).flat();
}

const leadsTo = (pid: string, descriptor: string): Promise<string> =>
  readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '');

async function isForWriting(pid: string, descriptor: string): Promise<boolean> {
  const text = await readFile(`/proc/${pid}/fdinfo/${descriptor}`, 'utf8').catch(() => '');
  const flags = /^flags:\s*([0-7]+)/m.exec(text)?.[1] ?? '0';
  return (Number.parseInt(flags, 8) & (constants.O_WRONLY | constants.O_RDWR)) !== 0;
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
export function signal(target: number, name: NodeJS.Signals): void {
  // 0 is our own group, -1 every process: no damaged record may ever lead to that.
  if (!Number.isInteger(target) || Math.abs(target) <= 1 || target === process.pid) return;
  try {
    process.kill(target, name);
  } catch {
    // It ended by itself.
  }
}
