import type { Clock } from '@skaha/base/clock.js';
import { isAlive, type ProcessIdentity } from './processes.js';

/** How often all of them are checked together. */
const checkMs = 500;

/** In which of these checks each is distinguished from a later process with its number. */
const thoroughEvery = 4;

interface Waiting {
  readonly identity: ProcessIdentity;
  readonly resolve: () => void;
}

/**
 * Waits for supervisors that are not our children. The system reports their end to nobody else, so
 * they are checked: all in one go, each by one cheap call.
 */
export class ExitPoller {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #waiting = new Set<Waiting>();
  #isPolling = false;

  /** @param signal - ends all waiting, with no answer */
  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
  }

  /** Resolves when a process has ended. */
  async exited(identity: ProcessIdentity): Promise<void> {
    if (!(await isAlive(identity))) return;
    await new Promise<void>((resolve) => {
      this.#waiting.add({ identity, resolve });
      if (!this.#isPolling) void this.#poll();
    });
  }

  async #poll(): Promise<void> {
    this.#isPolling = true;
    try {
      for (let check = 1; this.#waiting.size > 0; check += 1) {
        await this.#clock.sleep(checkMs, this.#signal);
        for (const one of this.#waiting) {
          const isThere =
            check % thoroughEvery === 0 ? await isAlive(one.identity) : exists(one.identity.pid);
          if (isThere) continue;
          this.#waiting.delete(one);
          one.resolve();
        }
      }
    } catch {
      // The platform closes.
    } finally {
      this.#isPolling = false;
    }
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
