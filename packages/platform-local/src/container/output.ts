import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '@skaha/base/logger.js';
import { reasonOf } from '@skaha/service/errors.js';
import type { Engine } from './engine.js';
import { appendOutput } from './log-frames.js';
import { engineStepMs, retried } from './retrying.js';

/** The output of a container, on its way into the log of its session. */
export class Output {
  readonly #engine: Engine;
  readonly #container: string;
  readonly #log: string;
  readonly #logger: Logger;

  constructor(engine: Engine, container: string, log: string, logger: Logger) {
    this.#engine = engine;
    this.#container = container;
    this.#log = log;
    this.#logger = logger;
  }

  /** Copies what is said, as it is said, until a signal ends it. Never rejects. */
  async follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#copy(signal);
        return;
      } catch (error) {
        if (signal.aborted) return;
        this.#logger.warn(`cannot follow the output of a session: ${reasonOf(error)}`);
        await pause(engineStepMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** Copies what was said while nobody listened, and the last words of a container that ended. */
  async complete(closing: AbortSignal): Promise<void> {
    try {
      await retried(async () => await this.#copy(closing), closing);
    } catch (error) {
      closing.throwIfAborted();
      this.#logger.warn(`the output of a session is not complete: ${reasonOf(error)}`);
    }
  }

  async #copy(signal: AbortSignal): Promise<void> {
    await appendOutput(await this.#engine.logs(this.#container, signal), this.#log);
  }
}
