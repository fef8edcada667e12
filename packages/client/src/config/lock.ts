import { randomUUID } from 'node:crypto';
import { link, open, readFile, rename, stat, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { type Clock, systemClock } from '@skaha/base/clock.js';
import { processExists } from '@skaha/base/process-identity.js';
import { SkahaError } from '../errors/index.js';

/** A lock older than this belongs to nobody any more, in milliseconds. */
const staleAfterMs = 60_000;
/** Longest wait for a lock, in milliseconds. */
const patienceMs = 30_000;

/** How to wait for a lock. */
export interface LockOptions {
  /** Ends the wait. */
  signal?: AbortSignal | undefined;
  clock?: Clock | undefined;
}

/** What is done under a lock can ask whether the lock still holds. */
export interface HeldLock {
  /** @throws {SkahaError} `config.unwritable` when another process took the lock over */
  confirm(): Promise<void>;
}

interface Owner {
  pid: number;
  host: string;
  time: number;
  id: string;
}

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined;

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
    if (codeOf(error) === 'EEXIST') return false;
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(String(codeOf(error)))) throw error;
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
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

function parseOwner(text: string): Owner | undefined {
  try {
    const owner: unknown = JSON.parse(text);
    if (typeof owner !== 'object' || owner === null) return undefined;
    const { pid, host, time, id } = owner as Partial<Record<keyof Owner, unknown>>;
    return typeof pid === 'number' &&
      typeof host === 'string' &&
      typeof time === 'number' &&
      typeof id === 'string'
      ? { pid, host, time, id }
      : undefined;
  } catch {
    return undefined;
  }
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
    if (codeOf(error) === 'ENOENT') return undefined;
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
    if (codeOf(error) !== 'ENOENT') throw error;
  } finally {
    await unlink(guard).catch(() => undefined);
  }
}

async function acquire(path: string, owner: Omit<Owner, 'time'>, options: LockOptions) {
  const clock = options.clock ?? systemClock;
  const deadline = clock.now() + patienceMs;
  for (let pauseMs = 5; ; pauseMs = Math.min(pauseMs * 1.5, 100)) {
    options.signal?.throwIfAborted();
    const content = JSON.stringify({ ...owner, time: clock.now() });
    if (await createWhole(path, content)) return;
    if ((await staleContent(path, clock.now())) !== undefined) {
      await breakStale(path, content, clock.now());
    }
    if (clock.now() >= deadline) {
      throw new SkahaError(
        'config.unwritable',
        `Another program has held the lock ${path} for ${patienceMs / 1000} seconds.`,
        { hint: 'Try again; if no other skaha is running, remove that file.', retryable: true },
      );
    }
    await clock.sleep(pauseMs * (0.5 + Math.random()), options.signal);
  }
}

const ownerOf = async (path: string): Promise<string | undefined> =>
  parseOwner(await readFile(path, 'utf8').catch(() => ''))?.id;

/**
 * Does work while holding a lock file that all processes respect. A lock whose owner is dead, or
 * that is older than 60 s, is broken; the wait is at most 30 s.
 *
 * @param path - of the lock file
 * @param work - what to do; must take less than 60 s
 * @param options - signal and clock
 * @throws {SkahaError} `config.unwritable` when the lock stays held
 */
export async function withLock<Result>(
  path: string,
  work: (lock: HeldLock) => Promise<Result>,
  options: LockOptions = {},
): Promise<Result> {
  const id = randomUUID();
  await acquire(path, { pid: process.pid, host: hostname(), id }, options);
  const confirm = async () => {
    if ((await ownerOf(path)) === id) return;
    throw new SkahaError(
      'config.unwritable',
      `The lock ${path} was taken over by another program.`,
      { hint: 'Nothing was changed; try again.', retryable: true },
    );
  };
  try {
    return await work({ confirm });
  } finally {
    if ((await ownerOf(path)) === id) await unlink(path).catch(() => undefined);
  }
}
