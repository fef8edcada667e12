import { linkSignals } from '@skaha/base/signals.js';
import { isFinished } from '@skaha/wire/status.js';
import { preferWait } from '@skaha/wire/waiting.js';
import type { ClientCore } from '../client/core.js';
import { isSkahaError } from '../errors/index.js';
import { readInfo } from './read.js';

/** Clients that have a request under way which waits for an end: one is enough to take a turn. */
const patientCores = new WeakSet<ClientCore>();

/** Shortens the pauses between looks: where the platform tells the end of a session, none is missed. */
export class EndNotice {
  readonly #core: ClientCore;
  /** Resolves when the platform has said whether a session has ended, after it waited for that. */
  #told: Promise<boolean> | undefined;
  /** Once it could not be asked. */
  #isOver = false;

  constructor(core: ClientCore) {
    this.#core = core;
  }

  /**
   * Waits until the next look is due, or a session has ended.
   *
   * @param id - of the session; what was asked before of another one is waited for first
   * @param wait - until the next look is due
   * @param signal - ends it all
   * @returns whether it was told of an end
   */
  async pause(
    id: string,
    wait: (signal: AbortSignal) => Promise<void>,
    signal: AbortSignal,
  ): Promise<boolean> {
    this.#told ??= this.#ask(id, signal);
    const told = this.#told;
    if (told === undefined) {
      await wait(signal);
      return false;
    }
    const enough = new AbortController();
    const link = linkSignals(signal, enough.signal);
    const due = wait(link.signal).then(() => false);
    due.catch(() => undefined);
    try {
      return await Promise.race([due, told.then((hasEnded) => hasEnded || due)]);
    } finally {
      enough.abort();
      link.release();
    }
  }

  #ask(id: string, signal: AbortSignal): Promise<boolean> | undefined {
    const { offersWait } = this.#core;
    if (offersWait === undefined || this.#isOver || patientCores.has(this.#core)) return undefined;
    patientCores.add(this.#core);
    return this.#waitForEnd(id, offersWait, signal).finally(() => {
      patientCores.delete(this.#core);
      this.#told = undefined;
    });
  }

  async #waitForEnd(id: string, seconds: number, signal: AbortSignal): Promise<boolean> {
    try {
      const { status } = await readInfo(this.#core, id, { signal }, preferWait(seconds));
      return isFinished(status);
    } catch (error) {
      if (isSkahaError(error, 'session.not_found')) return true;
      // The looks go on, and find out by themselves what is wrong.
      this.#isOver = true;
      return false;
    }
  }
}
