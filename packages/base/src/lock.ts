import { randomUUID } from 'node:crypto';
import { link, open, readFile, rename, stat, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { type Clock, systemClock } from './clock.js';
import { parseRecord } from './json.js';
import { processBirth, processExists } from './process-identity.js';
import { systemCode } from './system-code.js';

/** A lock older than this belongs to nobody any more, in milliseconds. */
const staleAfterMs = 60_000;
/** Longest wait for a lock, in milliseconds. */
const longestWaitMs = 30_000;

/** How to wait for a lock. */
export interface LockOptions {
  /** Ends the wait. */
  signal?: AbortSignal | undefined;
  clock?: Clock | undefined;
}

/** Who holds a lock. */
export interface LockOwner {
  pid: number;
  host: string;
}

/** Why a lock is not ours. */
export class LockError extends Error {
  /** `held`: by another for too long, or for good; `lost`: another took it over. */
  readonly reason: 'held' | 'lost';
  readonly path: string;
  /** Undefined where it does not matter. */
  readonly owner: LockOwner | undefined;

  constructor(reason: 'held' | 'lost', path: string, owner?: LockOwner) {
    super(
      `The lock ${path} ${reason === 'held' ? 'is held' : 'was taken over'} by another program.`,
    );
    this.name = 'LockError';
    this.reason = reason;
    this.path = path;
    this.owner = owner;
  }
}

/** What is done under a lock can ask whether the lock still holds. */
export interface HeldLock {
  /** @throws {LockError} when another process took the lock over */
  confirm(): Promise<void>;
}

interface Owner extends LockOwner {
  id: string;
  /** Of a lock for a moment: when it was taken. */
  time?: number | undefined;
  /** Of a long-lived lock: distinguishes a process from a later one with the same number, where known. */
  birth?: string | undefined;
}

/** Creates a file that is complete from the moment it exists; false when there is one already. */
async function createWhole(path: string, content: string): Promise<boolean> {
  const draft = `${path}.${randomUUID()}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(content);
    await file.close();
    await link(draft, path);
    return true;
  } catch (error) {
    await file.close();
    if (systemCode(error) === 'EEXIST') return false;
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(String(systemCode(error))))
      throw error;
  } finally {
    await unlink(draft).catch(() => undefined);
  }
  return createPlain(path, content);
}

/** For file systems without hard links. */
async function createPlain(path: string, content: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600);
    await file.writeFile(content).finally(() => file.close());
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

function parseOwner(text: string): Owner | undefined {
  // Incomplete where its writer died.
  const { pid, host, id, time, birth } = parseRecord(text) ?? {};
  if (typeof pid !== 'number' || typeof host !== 'string' || typeof id !== 'string')
    return undefined;
  return {
    pid,
    host,
    id,
    time: typeof time === 'number' ? time : undefined,
    birth: typeof birth === 'string' ? birth : undefined,
  };
}

/** Text of a lock file whose owner is gone; undefined when it is held, or not there. */
async function staleContent(path: string, now: number): Promise<string | undefined> {
  try {
    const text = await readFile(path, 'utf8');
    const owner = parseOwner(text);
    // The time of an unfinished lock is that of its file.
    const time = owner?.time ?? (await stat(path)).mtimeMs;
    const dead = owner !== undefined && owner.host === hostname() && !processExists(owner.pid);
    return dead || Math.abs(now - time) > staleAfterMs ? text : undefined;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Removes a lock that nobody holds. Only the holder of a second lock may do so: otherwise two
 * processes that find the same stale lock could remove the fresh one that the first of them made.
 */
async function breakStale(path: string, content: string, now: number): Promise<void> {
  const guard = `${path}.break`;
  if (!(await createWhole(guard, content))) {
    if ((await staleContent(guard, now)) !== undefined) {
      const aside = `${guard}.${randomUUID()}`;
      await rename(guard, aside).then(
        () => unlink(aside),
        () => undefined,
      );
    }
    return;
  }
  try {
    if ((await staleContent(path, now)) !== undefined) await unlink(path);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  } finally {
    await unlink(guard).catch(() => undefined);
  }
}

async function acquire(path: string, owner: Owner, options: LockOptions) {
  const clock = options.clock ?? systemClock;
  const deadline = clock.now() + longestWaitMs;
  for (let pauseMs = 5; ; pauseMs = Math.min(pauseMs * 1.5, 100)) {
    options.signal?.throwIfAborted();
    const content = JSON.stringify({ ...owner, time: clock.now() });
    if (await createWhole(path, content)) return;
    if ((await staleContent(path, clock.now())) !== undefined) {
      await breakStale(path, content, clock.now());
    }
    if (clock.now() >= deadline) throw new LockError('held', path);
    await clock.sleep(pauseMs * (0.5 + Math.random()), options.signal);
  }
}

const ownerOf = async (path: string): Promise<Owner | undefined> =>
  parseOwner(await readFile(path, 'utf8').catch(() => ''));

/** Lets go of a lock, unless another has it by now. */
async function release(path: string, id: string): Promise<void> {
  if ((await ownerOf(path))?.id === id) await unlink(path).catch(() => undefined);
}

/**
 * Does work while holding a lock file that all processes respect. A lock whose owner is dead, or
 * that is older than 60 s, is broken; the wait is at most 30 s.
 *
 * @param path - of the lock file
 * @param work - what to do; must take less than 60 s
 * @param options - signal and clock
 * @throws {LockError} `held` when the lock stays held
 */
export async function withLock<Result>(
  path: string,
  work: (lock: HeldLock) => Promise<Result>,
  options: LockOptions = {},
): Promise<Result> {
  const id = randomUUID();
  await acquire(path, { pid: process.pid, host: hostname(), id }, options);
  const confirm = async () => {
    if ((await ownerOf(path))?.id !== id) throw new LockError('lost', path);
  };
  try {
    return await work({ confirm });
  } finally {
    await release(path, id);
  }
}

async function isAlive({ pid, host, birth = '' }: Owner): Promise<boolean> {
  // Whether a process of another machine is alive cannot be known here.
  if (host !== hostname()) return true;
  if (!processExists(pid)) return false;
  return birth === '' || birth === (await processBirth(pid));
}

/** The process that holds a lock of {@link takeLock} now; undefined when none does. */
export async function lockOwner(path: string): Promise<LockOwner | undefined> {
  const owner = await ownerOf(path);
  return owner !== undefined && (await isAlive(owner)) ? owner : undefined;
}

/**
 * Takes a lock that may be held for days. The lock of a dead process is taken over.
 *
 * @param path - of the lock file
 * @param options - for the wait for the short lock that guards this one
 * @returns lets go of it
 * @throws {LockError} `held`, with its owner, when another process holds it
 */
export async function takeLock(
  path: string,
  options: LockOptions = {},
): Promise<() => Promise<void>> {
  const { pid } = process;
  const own: Owner = { pid, host: hostname(), birth: await processBirth(pid), id: randomUUID() };
  const take = async () => {
    const owner = await lockOwner(path);
    if (owner !== undefined) throw new LockError('held', path, owner);
    const file = await open(path, 'w', 0o600);
    await file.writeFile(JSON.stringify(own)).finally(() => file.close());
  };
  await withLock(`${path}.guard`, take, options);
  return () => release(path, own.id);
}
