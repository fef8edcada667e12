import type { RunNote } from '@skaha/engine/ports/runner.js';
import type { Workload } from './client/types.js';
import { conditionOf, timeOf } from './facts.js';
import { jobOfWorkload } from './kueue.js';

/** A workload that has no place yet. */
interface Waiter {
  readonly job: string;
  readonly queue: string;
  readonly priority: number;
  readonly since: number;
}

/** Up to here each place is reported by its number; further back, only about how many are ahead. */
const exactTo = 10;
const steps = [5, 2, 1] as const;

/** The largest of 10, 20, 50, 100, … that is no larger. */
function roughly(count: number): number {
  const power = 10 ** Math.floor(Math.log10(count));
  return power * (steps.find((step) => step * power <= count) ?? 1);
}

const wordsOf = (place: number, queue: string): string =>
  place <= exactTo
    ? `place ${place} in the queue ${queue}`
    : `at least ${roughly(place - 1)} wait before it in the queue ${queue}`;

/**
 * Who comes when in the queues of Kueue: by priority, then by age, as Kueue itself takes them up as
 * long as all fit.
 */
export class QueuePlaces {
  readonly #waiters = new Map<string, Waiter>();
  /** The message that was reported last of each Job. */
  readonly #lastMessages = new Map<string, string>();

  /** Takes note of a workload as it is now. */
  put(workload: Workload): void {
    const { metadata, spec } = workload;
    const name = metadata.name ?? '';
    const job = jobOfWorkload(workload);
    const isWaiting =
      spec?.active !== false &&
      conditionOf(workload, 'QuotaReserved')?.status !== 'True' &&
      conditionOf(workload, 'Finished')?.status !== 'True';
    if (!isWaiting || job === undefined) {
      this.remove(name);
      return;
    }
    this.#waiters.set(name, {
      job,
      queue: spec?.queueName ?? '',
      priority: spec?.priority ?? 0,
      since: timeOf(metadata.creationTimestamp) ?? 0,
    });
  }

  remove(name: string): void {
    const waiter = this.#waiters.get(name);
    if (waiter === undefined) return;
    this.#waiters.delete(name);
    this.#lastMessages.delete(waiter.job);
  }

  /**
   * What has to be reported now and was not before, by the names of Jobs.
   *
   * @param isOurs - whether anybody wants to hear of a Job
   */
  news(isOurs: (job: string) => boolean): ReadonlyMap<string, RunNote> {
    const inOrder = [...this.#waiters].toSorted(
      ([oneName, one], [otherName, other]) =>
        other.priority - one.priority || one.since - other.since || (oneName < otherName ? -1 : 1),
    );
    const counts = new Map<string, number>();
    const notes = new Map<string, RunNote>();
    for (const [, { job, queue }] of inOrder) {
      const place = (counts.get(queue) ?? 0) + 1;
      counts.set(queue, place);
      const message = wordsOf(place, queue);
      if (this.#lastMessages.get(job) === message || !isOurs(job)) continue;
      this.#lastMessages.set(job, message);
      notes.set(job, { level: 'Normal', reason: 'Queued', message });
    }
    return notes;
  }
}
