import { isSkahaError, PartialError, SkahaError } from '../errors/index.js';
import type { CreatedSession } from '../session/types.js';
import type { BatchJournal } from './journal.js';
import { type BatchState, batchState, missingItems } from './state.js';
import type { BatchItem, BatchOutcome } from './types.js';

/** How to work through a batch. */
export interface SettleOptions {
  /** The journal of the batch. */
  journal: BatchJournal;
  /** The one that stops the batch; it distinguishes a batch that was stopped from one that failed. */
  signal?: AbortSignal | undefined;
  /** Called with each outcome. */
  onOutcome?: ((outcome: BatchOutcome) => Promise<void> | void) | undefined;
  /** The hint of errors about what was not launched. @defaultValue `Resume the batch.` */
  resumeHint?: string | undefined;
}

/** What became of a batch. */
export interface SettledBatch {
  /** As the journal has it; undefined if nothing was begun. */
  state: BatchState | undefined;
  /** The sessions that it has, in the order of its items. */
  sessions: readonly CreatedSession[];
  /**
   * What was not done: a `partial.failure` that gives the reason for every item without a session,
   * `session.failed` for sessions that failed, or whatever ended the work. Undefined if every item
   * has its session and none failed.
   */
  error: unknown;
}

/**
 * Works through a batch until it ends, and accounts for every item. It never throws because of the
 * batch: what exists counts towards your quota, and is returned whatever else happened.
 *
 * @param outcomes - from {@link runBatch} or {@link resumeBatch}
 * @param options - the journal, signal, what to call with each outcome
 * @returns the sessions of the batch, and what was not done
 * @example
 * ```ts
 * import { SkahaClient } from 'skaha';
 * import { runBatch, settleBatch } from 'skaha/batch';
 * import { openJournal } from 'skaha/batch/journal';
 *
 * await using skaha = new SkahaClient();
 * await using journal = await openJournal('fit');
 * const spec = { name: 'fit', image: 'skaha/astroml:latest', cmd: './fit.sh', array: '0-999' };
 * const outcomes = runBatch(skaha, spec, { journal, retries: 2 });
 * const { sessions, error } = await settleBatch(outcomes, { journal });
 * console.log(sessions.length, 'launched', error ?? '');
 * ```
 */
export async function settleBatch(
  outcomes: AsyncGenerator<BatchOutcome, BatchState>,
  { journal, signal, onOutcome, resumeHint = 'Resume the batch.' }: SettleOptions,
): Promise<SettledBatch> {
  const reasons = new Map<number, SkahaError>();
  let state: BatchState | undefined;
  let thrown: unknown;
  async function* untilEnd() {
    state = yield* outcomes;
  }
  try {
    for await (const outcome of untilEnd()) {
      const { index, error, result } = outcome;
      if (error !== undefined && result !== 'retrying') reasons.set(index, error);
      else reasons.delete(index);
      await onOutcome?.(outcome);
    }
  } catch (error) {
    thrown = error;
  }
  state ??= batchState(await journal.read());
  if (state === undefined) return { state, sessions: [], error: thrown };
  const isStopped = signal?.aborted === true;
  const error = errorOf(state, { reasons, thrown, isStopped, resumeHint });
  return { state, sessions: launchedSessions(state), error };
}

/** Returns the sessions that a batch has, in the order of its items. */
export const launchedSessions = (state: Pick<BatchState, 'items'>): CreatedSession[] =>
  state.items.flatMap(({ index, name, id, phase }) =>
    id === undefined || phase === 'removed' ? [] : [{ index, name, id }],
  );

interface Reasons {
  /** Of single items, by their numbers. */
  reasons: ReadonlyMap<number, SkahaError>;
  /** What ended the work early. */
  thrown: unknown;
  isStopped: boolean;
  resumeHint: string;
}

function errorOf(state: BatchState, { reasons, thrown, isStopped, resumeHint }: Reasons): unknown {
  if (isSkahaError(thrown, 'batch.rolled_back')) return thrown;
  const done = launchedSessions(state);
  const notLaunched = isSkahaError(thrown)
    ? thrown
    : new SkahaError('request.aborted', 'It was not launched.', { hint: resumeHint });
  const failed = missingItems(state).map(({ index, name }) => ({
    index: index - 1,
    item: name,
    error: reasons.get(index) ?? notLaunched,
  }));
  const total = sessionCount(state.items.length);
  if (isStopped) {
    const message = `Cancelled after ${done.length} of ${total} were launched.`;
    return new PartialError(message, done, failed, { cause: thrown, hint: resumeHint });
  }
  if (thrown !== undefined && (done.length === 0 || !isSkahaError(thrown))) return thrown;
  if (failed.length === 0) return thrown ?? failedSessions(state.items);
  const firstHint = failed.find(({ error }) => error.hint !== undefined)?.error.hint;
  const hint = done.length > 0 ? resumeHint : firstHint;
  const message = `Could not launch ${failed.length} of ${total}.`;
  return new PartialError(message, done, failed, { cause: thrown, hint });
}

/**
 * Makes the error for the sessions of a batch that failed.
 *
 * @param items - of the batch, all of them
 * @returns a `session.failed` that names them; undefined if none failed
 */
export function failedSessions(
  items: readonly Pick<BatchItem, 'id' | 'name' | 'phase'>[],
): SkahaError | undefined {
  const failed = items.filter(({ phase }) => phase === 'failed');
  const [first] = failed;
  if (first === undefined) return undefined;
  const names = failed.slice(0, 5).map(({ name, id }) => `${name} (${id})`);
  const list = failed.length > 5 ? [...names, `${failed.length - 5} more`] : names;
  const message = `${failed.length} of ${sessionCount(items.length)} failed: ${list.join(', ')}.`;
  return new SkahaError('session.failed', message, {
    id: first.id,
    hint: 'Read their logs and events.',
  });
}

const sessionCount = (total: number): string => (total === 1 ? '1 session' : `${total} sessions`);
