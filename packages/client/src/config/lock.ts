import * as base from '@skaha/base/lock.js';
import { SkahaError } from '../errors/index.js';

export type { LockOptions } from '@skaha/base/lock.js';

/**
 * Does work under a lock, as {@link base.withLock} does it.
 *
 * @throws {SkahaError} `config.unwritable` when the lock stays held, or another took it over
 */
export async function withLock<Result>(
  path: string,
  work: (lock: base.HeldLock) => Promise<Result>,
  options: base.LockOptions = {},
): Promise<Result> {
  return base.withLock(path, work, options).catch((error: unknown) => {
    if (!(error instanceof base.LockError) || error.owner !== undefined) throw error;
    const [message, hint] =
      error.reason === 'held'
        ? [
            `Another program has held the lock ${error.path} for 30 seconds.`,
            'Try again; if no other skaha is running, remove that file.',
          ]
        : [
            `The lock ${error.path} was taken over by another program.`,
            'Nothing was changed; try again.',
          ];
    throw new SkahaError('config.unwritable', message, { hint, retryable: true, cause: error });
  });
}
