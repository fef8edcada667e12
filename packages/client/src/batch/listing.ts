import type { ClientCore } from '../client/core.js';
import { abortError } from '../client/failures.js';
import { SkahaError } from '../errors/index.js';
import type { SessionInfo } from '../models/session.js';
import { listSessions } from '../session/list.js';

/** Longest pause between two tries to reach a platform, in milliseconds. */
const longestPause = 5_000;
const firstPause = 250;
/** After this many failures in a row there is a warning: most outages are shorter. */
const warnAfter = 3;

/** A time in which the platform is out of reach: when to try again, and when to give up. */
export class Outage {
  readonly #core: ClientCore;
  readonly #patienceMs: number;
  #failingSince: number | undefined;
  #failures = 0;

  /**
   * @param core - sets the clock
   * @param patienceMs - how long it may stay out of reach
   */
  constructor(core: ClientCore, patienceMs: number) {
    this.#core = core;
    this.#patienceMs = patienceMs;
  }

  /** The platform answered. */
  reset(): void {
    this.#failingSince = undefined;
    this.#failures = 0;
  }

  /**
   * Notes a passing failure.
   *
   * @param error - thrown again when it has been out of reach for too long
   * @returns how long to wait before the next try, in milliseconds: what the platform asks for,
   *   else longer each time
   */
  pauseAfter(error: SkahaError): number {
    const { clock, logger, random } = this.#core.settings;
    const now = clock.now();
    this.#failingSince ??= now;
    this.#failures += 1;
    const leftMs = this.#patienceMs - (now - this.#failingSince);
    // A server that asks for more time than is left is not asked in between.
    if (leftMs <= 0 || (error.retryAfterMs ?? 0) > leftMs) throw error;
    if (error.retryAfterMs !== undefined) {
      const pauseMs = error.retryAfterMs + firstPause * random();
      this.#core.announce({ error, pauseMs, attempt: this.#failures });
      return pauseMs;
    }
    if (this.#failures === warnAfter) logger.warn(`${error.message} Trying again.`);
    const pause = firstPause * 2 ** Math.min(this.#failures - 1, 10);
    return Math.min(longestPause, pause) * (0.5 + random() / 2);
  }
}

/** A list of all sessions, and when it was asked for. */
export interface SessionList {
  /** In milliseconds since the epoch; what happened later may not be in the list. */
  at: number;
  sessions: readonly SessionInfo[];
}

/** Lists the user's sessions, again and again while the platform is out of reach. */
export async function listAllSessions(
  core: ClientCore,
  outage: Outage,
  signal: AbortSignal,
): Promise<SessionList> {
  for (;;) {
    const at = core.settings.clock.now();
    try {
      const sessions = await listSessions(core, { signal });
      outage.reset();
      // A desktop app carries the id of its desktop and is no session of its own.
      return { at, sessions: sessions.filter(({ kind }) => kind !== 'desktop-app') };
    } catch (error) {
      if (!(error instanceof SkahaError) || !error.retryable) throw error;
      const pause = core.settings.clock.sleep(outage.pauseAfter(error), signal);
      await pause.catch((reason: unknown) => {
        throw abortError(reason);
      });
    }
  }
}
