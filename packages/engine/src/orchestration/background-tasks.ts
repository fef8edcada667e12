import type { Logger } from '@skaha/base/logger.js';
import { reasonOf } from '@skaha/service/errors.js';
import { isAway } from '../ports/backing.js';

/** Work that nobody waits for; its failures are logged. */
export class BackgroundTasks {
  readonly #logger: Logger;
  readonly #work = new Set<Promise<unknown>>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  send(work: Promise<unknown>): void {
    const watched = work.catch((error: unknown) => {
      // The loss of the backing has been logged once for all sessions.
      if (isAway(error)) return;
      this.#logger.error(`could not finish work on a session: ${reasonOf(error)}`);
    });
    this.#work.add(watched);
    void watched.finally(() => this.#work.delete(watched));
  }

  /** Waits until all work is done, including work added meanwhile. */
  async done(): Promise<void> {
    while (this.#work.size > 0) await Promise.allSettled(this.#work);
  }
}
