import { Semaphore } from '@skaha/base/semaphore.js';
import { reasonOf } from '@skaha/service/errors.js';
import type { JobFacts, PodFacts } from './facts.js';
import type { KeptLogs } from './kept-logs.js';
import type { Surroundings } from './surroundings.js';

/** How long the log of what has ended is waited for. */
const logPatienceMs = 20_000;

/** How long the cluster may take to begin with the log of what is to be ended. */
const openPatienceMs = 5_000;

/** As many logs are fetched at a time. */
const logPlaces = new Semaphore(16);

/** Keeps the log of one session, which would go with its pod. */
export class SessionLog {
  readonly #key: string;
  readonly #logs: KeptLogs;
  readonly #surroundings: Surroundings;
  /** The copying of what it says while it ends. */
  #followed: { readonly done: Promise<void> } | undefined;
  /** How often the command had been started again when its log was saved. */
  #savedAt: string | undefined;

  constructor(key: string, logs: KeptLogs, surroundings: Surroundings) {
    this.#key = key;
    this.#logs = logs;
    this.#surroundings = surroundings;
  }

  /** Copies what a pod has said so far, which is removed once it was started again too often. */
  async save({ name, uid, restarts }: PodFacts): Promise<void> {
    const { closing, logger } = this.#surroundings;
    const at = `${uid} ${restarts}`;
    if (this.#savedAt === at) return;
    this.#savedAt = at;
    try {
      await logPlaces.run(closing, async () => await this.#logs.save(this.#key, name, closing));
    } catch (error) {
      logger.debug(`a log cannot be saved: ${reasonOf(error)}`);
    }
  }

  /** Begins to copy what a pod says while it ends. */
  async follow(pod: PodFacts | undefined): Promise<void> {
    // That it runs shows some time after it does.
    if (pod?.isScheduled !== true) return;
    const { closing, logger } = this.#surroundings;
    const { signal, clear } = patienceFor(openPatienceMs, closing);
    try {
      this.#followed = await this.#logs.follow(this.#key, pod.name, signal, closing);
    } catch (error) {
      logger.debug(`a log cannot be followed: ${reasonOf(error)}`);
    } finally {
      clear();
    }
  }

  /**
   * Keeps what there is once the command has ended; what cannot be had any more is left out.
   *
   * @param isOurs - whether the platform ended it
   */
  async keep(job: JobFacts | undefined, pod: PodFacts | undefined, isOurs: boolean): Promise<void> {
    const { clock, closing, logger } = this.#surroundings;
    const { signal, clear } = patienceFor(logPatienceMs, closing);
    try {
      if (this.#followed !== undefined) {
        await Promise.race([this.#followed.done, clock.sleep(logPatienceMs, signal)]);
        await this.#logs.settle(this.#key);
      } else if (job?.end?.reason === 'BackoffLimitExceeded' && this.#savedAt !== undefined) {
        await this.#logs.settle(this.#key);
      } else if (pod?.startedAt !== undefined && !(job === undefined && isOurs)) {
        const { name } = pod;
        await logPlaces.run(signal, async () => await this.#logs.keep(this.#key, name, signal));
      }
    } catch (error) {
      // Its node may be gone.
      logger.debug(`a log cannot be kept: ${reasonOf(error)}`);
      await this.#logs.settle(this.#key);
    } finally {
      clear();
    }
  }
}

/** A signal for this long, or until another. */
function patienceFor(milliseconds: number, other: AbortSignal) {
  const timer = new AbortController();
  const handle = setTimeout(() => timer.abort(new Error('it took too long')), milliseconds);
  return {
    signal: AbortSignal.any([timer.signal, other]),
    clear: () => clearTimeout(handle),
  };
}
