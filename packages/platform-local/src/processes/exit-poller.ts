import type { Clock } from '@skaha/base/clock.js';
import { isAlive, type ProcessIdentity } from './processes.js';

/** How often all of them are looked at together. */
const lookMs = 500;

/** In which of these looks each is told from a later process of its number. */
const thoroughEvery = 4;

interface Waiting {
  readonly identity: ProcessIdentity;
  readonly tell: () => void;
}

/**
 * Waits for supervisors that are not our children. The system tells nobody else of their end, so they
 * are looked at: all in one go, each by one cheap question.
 */
export class AdoptedRuns {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #waiting = new Set<Waiting>();
  #isLooking = false;

  /** @param signal - ends all waiting, with no answer */
  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
  }

  /** Resolves when a supervisor has gone. */
  async gone(identity: ProcessIdentity): Promise<void> {
    if (!(await isAlive(identity))) return;
    await new Promise<void>((resolve) => {
      this.#waiting.add({ identity, tell: resolve });
      if (!this.#isLooking) void this.#look();
    });
  }

  async #look(): Promise<void> {
    this.#isLooking = true;
    try {
      for (let look = 1; this.#waiting.size > 0; look += 1) {
        await this.#clock.sleep(lookMs, this.#signal);
        for (const one of this.#waiting) {
          const isThere =
            look % thoroughEvery === 0 ? await isAlive(one.identity) : exists(one.identity.pid);
          if (isThere) continue;
          this.#waiting.delete(one);
          one.tell();
        }
      }
    } catch {
      // The platform closes.
    } finally {
      this.#isLooking = false;
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
