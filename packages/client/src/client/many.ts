import { linkSignals } from '@skaha/base/signals.js';
import { type FailedItem, PartialError, SkahaError } from '../errors/index.js';
import type { ClientCore } from './core.js';
import { abortError } from './failures.js';
import type { CallOptions } from './options.js';
import { checkIds } from './url.js';

/** How one item of a call on many ended. */
export type Outcome<Done> =
  | { done: Done; error?: undefined }
  | { done?: undefined; error: SkahaError };

/** How to run a call on many items. */
export interface ManyOptions {
  signal?: AbortSignal | undefined;
  /**
   * What ends the whole call at its first occurrence; the items not yet begun fail with it.
   * @defaultValue authentication errors, which every other item would meet as well
   */
  isFatal?: ((error: SkahaError) => boolean) | undefined;
}

/** Whether an error concerns the user, not the item. */
export const isAuthenticationError = (error: SkahaError) =>
  error.code.startsWith('authentication.');

/**
 * Runs something for each item, a bounded number at a time.
 *
 * @param core - sets the bound
 * @param items - in any number
 * @param options - signal, and what ends everything
 * @param run - its signal aborts when the call is cancelled or has met a fatal error
 * @returns exactly one outcome for each item, in order; an error that is none of this library's
 *   is thrown
 */
export async function settleMany<Item, Done>(
  core: ClientCore,
  items: readonly Item[],
  options: ManyOptions,
  run: (item: Item, index: number, signal: AbortSignal) => Promise<Done>,
): Promise<Outcome<Done>[]> {
  const outcomes: Outcome<Done>[] = new Array(items.length);
  const fatal = new AbortController();
  const linked = linkSignals(options.signal, fatal.signal);
  const isFatal = options.isFatal ?? isAuthenticationError;
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < items.length; index = next++) {
      try {
        if (linked.signal.aborted) throw abortError(linked.signal.reason);
        outcomes[index] = { done: await run(items[index] as Item, index, linked.signal) };
      } catch (error) {
        if (!(error instanceof SkahaError)) {
          fatal.abort(error);
          throw error;
        }
        outcomes[index] = { error };
        if (isFatal(error)) fatal.abort(error);
      }
    }
  };
  try {
    const workers = Math.min(items.length, core.settings.concurrency);
    await Promise.all(Array.from({ length: workers }, worker));
    return outcomes;
  } finally {
    linked.release();
  }
}

/** How to put a failure of some items into words. */
export interface CollectOptions<Item> {
  /** What was tried, for example `read` or `delete`. */
  verb: string;
  /** How one item is called in the error. */
  name: (item: Item, index: number) => string;
  /** True when what was done cannot be undone and must be reported whatever happened. */
  isWrite?: boolean | undefined;
}

/**
 * Gives the results when all items succeeded, and otherwise an error that accounts for every one.
 *
 * @param items - as given to {@link settleMany}
 * @param outcomes - as returned by it
 * @param options - words
 * @throws {SkahaError} the item's own error when there is only one item, or the authentication
 *   error that ended the call
 * @throws {PartialError} `partial.failure` when some of several items failed
 */
export function collect<Item, Done>(
  items: readonly Item[],
  outcomes: readonly Outcome<Done>[],
  options: CollectOptions<Item>,
): Done[] {
  const done: Done[] = [];
  const failed: FailedItem[] = [];
  outcomes.forEach((outcome, index) => {
    if (outcome.error === undefined) done.push(outcome.done);
    else {
      const item = options.name(items[index] as Item, index);
      failed.push({ index, item, error: outcome.error });
    }
  });
  if (failed.length === 0) return done;
  const authentication = failed.find(({ error }) => isAuthenticationError(error))?.error;
  const isUnclear = failed.some(({ error }) => error.code === 'session.outcome_unknown');
  const isLossless = (done.length === 0 && !isUnclear) || options.isWrite !== true;
  if (authentication !== undefined && isLossless) throw authentication;
  const aborted = failed.find(({ error }) => error.code === 'request.aborted')?.error;
  if (aborted !== undefined && isLossless) throw aborted;
  if (items.length === 1 && failed[0] !== undefined) throw failed[0].error;
  throw new PartialError(
    `Could not ${options.verb} ${failed.length} of ${items.length} sessions.`,
    done,
    failed,
    { cause: aborted?.cause ?? authentication, hint: failed[0]?.error.hint },
  );
}

/**
 * Runs a call for each of some sessions, and gives the results or one error for all.
 *
 * @param core - shared by the client's parts
 * @param ids - checked before anything is sent
 * @param options - signal and timeout
 * @param verb - for the error
 * @param run - the call on one session
 * @param isWrite - true when what was done must be reported whatever happened
 */
export async function eachSession<Done>(
  core: ClientCore,
  ids: readonly string[],
  options: CallOptions,
  verb: string,
  run: (core: ClientCore, id: string, call: CallOptions) => Promise<Done>,
  isWrite = false,
): Promise<Done[]> {
  checkIds(ids);
  const outcomes = await settleMany(core, ids, options, (id, _index, signal) =>
    run(core, id, { ...options, signal }),
  );
  return collect(ids, outcomes, { verb, name: (id) => id, isWrite });
}
