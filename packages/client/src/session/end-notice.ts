import { linkSignals } from '@skaha/base/signals.js';
import { isFinished } from '@skaha/wire/status.js';
import { preferWait } from '@skaha/wire/waiting.js';
import type { ClientCore } from '../client/core.js';
import { isSkahaError } from '../errors/index.js';
import { readInfo } from './read.js';

/** Clients with a request under way that waits for an end: each has at most one. */
const waitingCores = new WeakSet<ClientCore>();

/** Shortens the pauses between polls: a platform that can reply when a session ends is asked to. */
export class EndNotice {
  readonly #core: ClientCore;
  /** Whether a session has ended, as soon as the platform has replied. */
  #answer: Promise<boolean> | undefined;
  /** Once it could not be asked. */
  #isOver = false;

  constructor(core: ClientCore) {
    this.#core = core;
  }

  /**
   * Waits until the next poll is due, or a session has ended.
   *
   * @param id - of the session; what was asked before of another one is waited for first
   * @param wait - until the next poll is due
   * @param signal - ends it all
   * @returns whether the platform reported an end
   */
  async pause(
    id: string,
    wait: (signal: AbortSignal) => Promise<void>,
    signal: AbortSignal,
  ): Promise<boolean> {
    this.#answer ??= this.#ask(id, signal);
    const answer = this.#answer;
    if (answer === undefined) {
      await wait(signal);
      return false;
    }
    const enough = new AbortController();
    const link = linkSignals(signal, enough.signal);
    const due = wait(link.signal).then(() => false);
    due.catch(() => undefined);
    try {
      return await Promise.race([due, answer.then((hasEnded) => hasEnded || due)]);
    } finally {
      enough.abort();
      link.release();
    }
  }

  #ask(id: string, signal: AbortSignal): Promise<boolean> | undefined {
    const { offersWait } = this.#core;
    if (offersWait === undefined || this.#isOver || waitingCores.has(this.#core)) return undefined;
    waitingCores.add(this.#core);
    return this.#waitForEnd(id, offersWait, signal).finally(() => {
      waitingCores.delete(this.#core);
      this.#answer = undefined;
    });
  }

  async #waitForEnd(id: string, seconds: number, signal: AbortSignal): Promise<boolean> {
    try {
      const { status } = await readInfo(this.#core, id, { signal }, preferWait(seconds));
      return isFinished(status);
    } catch (error) {
      if (isSkahaError(error, 'session.not_found')) return true;
      // Polling goes on, and finds out by itself what is wrong.
      this.#isOver = true;
      return false;
    }
  }
}
