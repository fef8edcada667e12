import { randomUUID } from 'node:crypto';
import { open, readFile, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { processBirth, processExists } from '@skaha/base/process-identity.js';
import { withLock } from '../config/lock.js';
import { SkahaError } from '../errors/index.js';

interface Owner {
  pid: number;
  host: string;
  /** Tells a process from a later one with the same number; empty where that is not known. */
  birth: string;
  id: string;
}

async function isAlive({ pid, host, birth }: Owner): Promise<boolean> {
  // Nobody here can tell whether a process of another machine lives.
  if (host !== hostname()) return true;
  if (!processExists(pid)) return false;
  return birth === '' || birth === (await processBirth(pid));
}

async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    const { pid, host, birth, id } = JSON.parse(await readFile(path, 'utf8')) as Partial<Owner>;
    if (typeof pid !== 'number' || typeof host !== 'string' || typeof id !== 'string') return;
    return { pid, host, birth: birth ?? '', id };
  } catch {
    // Not there, or torn by the death of the one who wrote it under the guard.
    return undefined;
  }
}

/** The process that works on a batch now; undefined when none does. */
export async function lockOwner(path: string): Promise<{ pid: number; host: string } | undefined> {
  const owner = await readOwner(path);
  return owner !== undefined && (await isAlive(owner)) ? owner : undefined;
}

/**
 * Takes a lock that may be held for days. The lock of a dead process is taken over.
 *
 * @param path - of the lock file
 * @param what - what is locked, for the error
 * @param signal - ends the wait for the short lock that guards this one
 * @returns lets go of it
 * @throws {SkahaError} `batch.locked` when another process holds it
 */
export async function takeLock(
  path: string,
  what: string,
  signal?: AbortSignal,
): Promise<() => Promise<void>> {
  const id = randomUUID();
  const own: Owner = {
    pid: process.pid,
    host: hostname(),
    birth: await processBirth(process.pid),
    id,
  };
  await withLock(
    `${path}.guard`,
    async () => {
      const owner = await readOwner(path);
      if (owner !== undefined && (await isAlive(owner))) throw locked(what, owner, path);
      const file = await open(path, 'w', 0o600);
      await file.writeFile(JSON.stringify(own)).finally(() => file.close());
    },
    { signal },
  );
  return async () => {
    if ((await readOwner(path))?.id === id) await unlink(path).catch(() => undefined);
  };
}

function locked(what: string, { pid, host }: Owner, path: string): SkahaError {
  const isHere = host === hostname();
  return new SkahaError(
    'batch.locked',
    `Another program is working on ${what}: process ${pid}${isHere ? '' : ` on ${host}`}.`,
    {
      hint: isHere
        ? 'Wait until it has finished, or stop it.'
        : `Wait until it has finished. If it is no longer running, remove ${path}.`,
    },
  );
}
