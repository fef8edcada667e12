import type { Io } from '@skaha/terminal/io.js';
import { progressMode } from '@skaha/terminal/output/progress-option.js';
import { createSteps } from '@skaha/terminal/output/steps.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import { usageError } from '@skaha/terminal/usage.js';
import {
  type CreatedSession,
  type FailedItem,
  isSkahaError,
  PartialError,
  SkahaError,
} from 'skaha';
import type { BatchOptions, BatchOutcome, BatchSpec, BatchState } from 'skaha/batch';
import type { FileJournal, JobStore } from 'skaha/batch/journal';
import type { Deps } from '../../deps.js';
import { WaitingTeller } from '../session/waiting.js';

/** How the user wants a batch to be launched. */
export type LaunchOptions = Omit<BatchOptions, 'journal' | 'signal'>;

/** A batch to launch. */
export interface BatchRequest {
  spec: BatchSpec & { image: string };
  /** Name of the job; made from the name of the sessions when it was not given. */
  job?: string | undefined;
  options: LaunchOptions;
  /** How to tell how it goes. @defaultValue `auto` */
  progress?: string | undefined;
}

/** A journal, and the name it is kept under. */
export interface OpenJob {
  job: string;
  journal: FileJournal;
}

/**
 * Opens a journal that nothing was written to yet. A name of the user's own must be free; a name
 * made from that of the sessions gets a number when there was such a batch before.
 *
 * @throws {SkahaError} command.usage when the name is taken
 */
export async function openNewJob(
  store: JobStore,
  { job, spec }: Pick<BatchRequest, 'job' | 'spec'>,
  signal: AbortSignal,
): Promise<OpenJob> {
  for (let number = 1; ; number += 1) {
    const name = job ?? (number === 1 ? spec.name : `${spec.name}.${number}`);
    const journal = await store.open(name, signal).catch((error: unknown) => {
      const isTaken =
        isSkahaError(error, 'batch.locked') || isSkahaError(error, 'batch.journal_invalid');
      if (job === undefined && isTaken) return undefined;
      throw error;
    });
    if (journal === undefined) continue;
    if ((await journal.read()).length === 0) return { job: name, journal };
    await journal.close();
    if (job !== undefined)
      throw usageError(
        `There is a job '${job}' already.`,
        `Go on with it: 'skaha jobs resume ${job}. Or take another name'.`,
      );
  }
}

/** What happened to the items of a batch while this program worked on it. */
export interface BatchResult {
  state: BatchState;
  /** What the last thing said about each item that has no session. */
  errors: ReadonlyMap<number, SkahaError>;
  /** What ended the work early. */
  thrown?: unknown;
}

/** One line on the items of a batch. */
export function countLine(outcomes: ReadonlyMap<number, BatchOutcome>, total: number): string {
  const results = new Map<string, number>();
  for (const { result } of outcomes.values()) {
    const word = result === 'gone' ? 'completed' : result;
    results.set(word, (results.get(word) ?? 0) + 1);
  }
  const order = ['launched', 'completed', 'failed', 'rejected', 'unknown', 'retrying', 'removed'];
  const words = order.flatMap((word) =>
    results.has(word) ? [`${results.get(word)} ${word}`] : [],
  );
  return `${words.join(', ') || '0 launched'} of ${total}`;
}

const troubles = new Set(['failed', 'gone', 'rejected', 'unknown']);

function outcomeText({ name, id, result, error, attempt }: BatchOutcome): string {
  if (result === 'retrying')
    return `${plain(name)}: ${plain(error?.message ?? '')} Trying again (${attempt}).`;
  return `${plain(name)}${id === undefined ? '' : ` (${id})`}: ${result}`;
}

/** Says on standard error how a batch goes: a line that changes on a terminal, else only troubles. */
function createTeller(io: Io, deps: Deps, total: number, progress: string | undefined) {
  const mode = progressMode(progress ?? 'auto');
  const now = () => deps.now();
  const steps = createSteps(io, { mode, now, fewItems: 1, tellsAll: false });
  const latest = new Map<number, BatchOutcome>();
  const waiting = new WaitingTeller(deps, {
    ids: () =>
      [...latest.values()].flatMap(({ id, result }) => (result === 'launched' && id ? [id] : [])),
    tell: (what) =>
      steps.step({
        ...{ event: 'launch', ...what, summary: countLine(latest, total), isTrouble: true },
        ...{ done: doneOf(latest), total },
      }),
    signal: io.signal,
  });
  return {
    tell: (outcome: BatchOutcome): void => {
      latest.set(outcome.index, outcome);
      const { id, result, error } = outcome;
      const done = doneOf(latest);
      // What an item is refused for is told at the end, with all others.
      const isTrouble = result === 'retrying' || (troubles.has(result) && error === undefined);
      const words = { text: outcomeText(outcome), summary: countLine(latest, total) };
      steps.step({ event: 'launch', id, phase: result, done, total, isTrouble, ...words });
      if (result === 'launched') waiting.begin();
    },
    end: async () => {
      await waiting.end();
      steps.end();
    },
  };
}

const doneOf = (latest: ReadonlyMap<number, BatchOutcome>): number =>
  [...latest.values()].filter((one) => one.result !== 'retrying').length;

/**
 * Lets a batch run to its end, and tells how it goes.
 *
 * @param total - number of items
 * @param progress - how to tell
 * @returns what became of it, whatever happened
 */
export async function follow(
  io: Io,
  deps: Deps,
  { journal }: OpenJob,
  { total, progress }: { total: number; progress?: string | undefined },
  outcomes: AsyncGenerator<BatchOutcome, BatchState>,
): Promise<BatchResult | { thrown: unknown; state: undefined }> {
  const teller = createTeller(io, deps, total, progress);
  const errors = new Map<number, SkahaError>();
  let thrown: unknown;
  try {
    for await (const outcome of outcomes) {
      const { index, error, result } = outcome;
      if (error !== undefined && result !== 'retrying') errors.set(index, error);
      else errors.delete(index);
      teller.tell(outcome);
    }
  } catch (error) {
    thrown = error;
  } finally {
    await teller.end();
  }
  const { batchState } = await import('skaha/internal/batch/state.js');
  const state = batchState(await journal.read());
  if (state === undefined) return { thrown, state: undefined };
  return { state, errors, thrown };
}

/** The sessions that a batch has, in the order of its items. */
export const sessionsOf = (state: BatchState): CreatedSession[] =>
  state.items.flatMap(({ index, name, id, phase }) =>
    id === undefined || phase === 'removed' ? [] : [{ index, name, id }],
  );

function missingError(result: BatchResult, job: string, index: number): SkahaError {
  const { thrown, errors } = result;
  const known = errors.get(index);
  if (known !== undefined) return known;
  if (isSkahaError(thrown)) return thrown;
  return new SkahaError('request.aborted', 'It was not launched.', {
    hint: `Go on with 'skaha jobs resume ${job}'.`,
  });
}

/**
 * The error that accounts for every item without a session, and for every session that failed.
 *
 * @returns undefined when there is nothing to complain about
 */
export function complaint(result: BatchResult, job: string, isCancelled: boolean): unknown {
  const { state, thrown } = result;
  const done = sessionsOf(state);
  if (isSkahaError(thrown, 'batch.rolled_back')) return thrown;
  const failed = state.items
    .filter(({ id, phase }) => id === undefined && phase !== 'removed')
    .map(({ index, name }): FailedItem => {
      return { index: index - 1, item: name, error: missingError(result, job, index) };
    });
  const total = state.items.length;
  const resume = `Go on with 'skaha jobs resume ${job}'`;
  if (isCancelled) {
    const hint = `${resume}, or undo it with 'skaha jobs cancel ${job}'.`;
    const message = `Cancelled after ${done.length} of ${count(total, 'session')} were launched.`;
    return new PartialError(message, done, failed, { cause: thrown, hint });
  }
  if (thrown !== undefined && (done.length === 0 || !isSkahaError(thrown))) return thrown;
  if (failed.length > 0) {
    const message = `Could not launch ${failed.length} of ${count(total, 'session')}.`;
    const first = failed.find(({ error }) => error.hint !== undefined)?.error.hint;
    const hint = done.length > 0 ? `${resume}.` : first;
    return new PartialError(message, done, failed, { cause: thrown, hint });
  }
  return (
    thrown ??
    failedItems(
      state.items.filter(({ phase }) => phase === 'failed'),
      total,
      job,
    )
  );
}

/**
 * The error for sessions of a batch that failed.
 *
 * @returns undefined when none did
 */
export function failedItems(
  failed: readonly { name: string; id?: string | null | undefined }[],
  total: number,
  job: string,
): SkahaError | undefined {
  const [first] = failed;
  if (first === undefined) return undefined;
  const names = failed.slice(0, 5).map(({ name, id }) => `${plain(name)} (${id})`);
  const list = failed.length > 5 ? [...names, `${failed.length - 5} more`] : names;
  return new SkahaError(
    'session.failed',
    `${failed.length} of ${count(total, 'session')} failed: ${list.join(', ')}.`,
    { id: first.id ?? undefined, hint: `See why with 'skaha jobs logs ${job} --failed'.` },
  );
}

/** What a launched batch has, and what is to be complained about. */
export interface Launched {
  job: string;
  sessions: readonly CreatedSession[];
  error?: unknown;
}

/** Launches a batch with a journal, and tells how it goes. */
export async function launchBatch(io: Io, deps: Deps, request: BatchRequest): Promise<Launched> {
  const [store, { runBatch }, { itemsOf }] = await Promise.all([
    deps.jobs(),
    import('skaha/internal/batch/run.js'),
    import('skaha/internal/batch/items.js'),
  ]);
  const client = await deps.client();
  const total = itemsOf(request.spec).length;
  const open = await openNewJob(store, request, io.signal);
  const { job, journal } = open;
  try {
    const options = { ...request.options, journal, signal: io.signal };
    const outcomes = runBatch(client, request.spec, options);
    const { progress } = request;
    const result = await follow(io, deps, open, { total, progress }, outcomes);
    if (result.state === undefined) {
      // Nothing was begun: nothing can be resumed.
      await journal.close();
      await store.remove(job);
      return { job, sessions: [], error: result.thrown };
    }
    const error = complaint(result, job, io.signal.aborted);
    return { job, sessions: sessionsOf(result.state), error };
  } finally {
    await journal.close();
  }
}
