import { hostname } from 'node:os';
import { LockError, type LockOwner, takeLock } from '@skaha/base/lock.js';
import { SkahaError } from '../errors/index.js';

/**
 * Takes the lock of a batch, which may be held for days.
 *
 * @param what - what is locked, for the error
 * @throws {SkahaError} `batch.locked` when another process holds it
 */
export const lockBatch = (
  path: string,
  what: string,
  signal?: AbortSignal,
): Promise<() => Promise<void>> =>
  takeLock(path, { signal }).catch((error: unknown) => {
    throw error instanceof LockError ? locked(what, path, error) : error;
  });

function locked(what: string, path: string, error: LockError): SkahaError {
  const { pid, host } = error.owner ?? ({} as Partial<LockOwner>);
  const isHere = host === undefined || host === hostname();
  const who = pid === undefined ? '' : `: process ${pid}${isHere ? '' : ` on ${host}`}`;
  return new SkahaError('batch.locked', `Another program is working on ${what}${who}.`, {
    hint: isHere
      ? 'Wait until it has finished, or stop it.'
      : `Wait until it has finished. If it is no longer running, remove ${path}.`,
    cause: error,
  });
}
