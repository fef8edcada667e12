import { type Io, note } from '@skaha/terminal/io.js';
import { progressMode } from '@skaha/terminal/output/progress-option.js';
import { createSteps } from '@skaha/terminal/output/steps.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import { usageError } from '@skaha/terminal/usage.js';
import {
  type CreatedSession,
  type FailedItem,
  isSkahaError,
  PartialError,
  type SkahaClient,
  SkahaError,
} from 'skaha';
import type { BatchOutcome, BatchPlan, BatchStaging, BatchState, ResumeOptions } from 'skaha/batch';
import type { FileJournal, JobStore } from 'skaha/batch/journal';
import type { Deps } from '../../deps.js';
import { WaitingTeller } from '../session/waiting.js';
import type { BatchRequest } from './plan.js';
import type { StagedFiles } from './staging.js';

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
        `There is already a batch '${job}'.`,
        `Resume it with 'skaha jobs resume ${job}', or use another name.`,
      );
  }
}

/** What happened to the items of a batch while this program worked on it. */
interface BatchResult {
  /** Undefined when nothing was begun. */
  state: BatchState | undefined;
  plan: BatchPlan | undefined;
  /** What the last thing said about each item that has no session. */
  errors: ReadonlyMap<number, SkahaError>;
  /** What ended the work early. */
  thrown: unknown;
}

const resultsInOrder = [
  'launched',
  'completed',
  'failed',
  'rejected',
  'unknown',
  'retrying',
  'removed',
];

/** The items of a batch, and how many there are of each result. */
class Tally {
  readonly latest = new Map<number, BatchOutcome>();
  readonly #sums = new Map<string, number>();

  set(outcome: BatchOutcome): void {
    const before = this.latest.get(outcome.index);
    if (before !== undefined) this.#add(before, -1);
    this.latest.set(outcome.index, outcome);
    this.#add(outcome, 1);
  }

  #add({ result }: BatchOutcome, sum: 1 | -1): void {
    const word = result === 'gone' ? 'completed' : result;
    this.#sums.set(word, (this.#sums.get(word) ?? 0) + sum);
  }

  /** How many need no more work. */
  get done(): number {
    return this.latest.size - (this.#sums.get('retrying') ?? 0);
  }

  /** One line on all of them. */
  line(total: number): string {
    const words = resultsInOrder.flatMap((word) => {
      const sum = this.#sums.get(word) ?? 0;
      return sum === 0 ? [] : [`${sum} ${word}`];
    });
    return `${words.join(', ') || '0 launched'} of ${total}`;
  }
}

const troubles = new Set(['failed', 'gone', 'rejected', 'unknown']);

function outcomeText({ name, id, result, error, attempt }: BatchOutcome): string {
  if (result === 'retrying')
    return `${plain(name)}: ${plain(error?.message ?? '')} Trying again (${attempt}).`;
  return `${plain(name)}${id === undefined ? '' : ` (${id})`}: ${result}`;
}

/** Says on standard error how a batch goes: a line that changes on a terminal, else only troubles. */
function createTeller(io: Io, deps: Deps, progress: string, totalOf: () => number) {
  const mode = progressMode(progress);
  const now = () => deps.now();
  const steps = createSteps(io, { mode, now, fewItems: 1, tellsAll: false });
  const tally = new Tally();
  const waiting = new WaitingTeller(deps, {
    ids: () =>
      [...tally.latest.values()].flatMap(({ id, result }) =>
        result === 'launched' && id ? [id] : [],
      ),
    tell: (what) =>
      steps.step({
        ...{ event: 'launch', ...what, summary: tally.line(totalOf()), isTrouble: true },
        ...{ done: tally.done, total: totalOf() },
      }),
    signal: io.signal,
  });
  return {
    tell: (outcome: BatchOutcome): void => {
      tally.set(outcome);
      const { id, result, error } = outcome;
      const { done } = tally;
      const total = totalOf();
      // What an item is refused for is told at the end, with all others.
      const isTrouble = result === 'retrying' || (troubles.has(result) && error === undefined);
      const words = { text: outcomeText(outcome), summary: tally.line(total) };
      steps.step({ event: 'launch', id, phase: result, done, total, isTrouble, ...words });
      if (result === 'launched') waiting.begin();
    },
    end: async () => {
      await waiting.end();
      steps.end();
    },
  };
}

/** Lets a batch run to its end, and tells how it goes. */
async function follow(
  io: Io,
  deps: Deps,
  { journal }: OpenJob,
  progress: string,
  begin: (
    how: Pick<ResumeOptions, 'journal' | 'onPlanned' | 'signal'>,
  ) => AsyncGenerator<BatchOutcome, BatchState>,
): Promise<BatchResult> {
  let plan: BatchPlan | undefined;
  let state: BatchState | undefined;
  let thrown: unknown;
  let spareNoMore: (() => void) | undefined;
  const errors = new Map<number, SkahaError>();
  const teller = createTeller(io, deps, progress, () => plan?.requests.length ?? 0);
  const onPlanned = (sent: BatchPlan) => {
    plan = sent;
  };
  async function* work() {
    state = yield* begin({ journal, signal: io.signal, onPlanned });
  }
  try {
    for await (const outcome of work()) {
      spareNoMore ??= await deps.spareMemory?.();
      const { index, error, result } = outcome;
      if (error !== undefined && result !== 'retrying') errors.set(index, error);
      else errors.delete(index);
      teller.tell(outcome);
    }
  } catch (error) {
    thrown = error;
  } finally {
    spareNoMore?.();
    await teller.end();
  }
  if (state === undefined) {
    const { batchState } = await import('skaha/batch');
    state = batchState(await journal.read());
  }
  return { state, plan, errors, thrown };
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
    hint: `Continue with 'skaha jobs resume ${job}'.`,
  });
}

/**
 * The error that accounts for every item without a session, and for every session that failed.
 *
 * @returns undefined when there is nothing to complain about
 */
function complaint(
  result: BatchResult,
  state: BatchState,
  job: string,
  isCancelled: boolean,
): unknown {
  const { thrown } = result;
  const done = sessionsOf(state);
  if (isSkahaError(thrown, 'batch.rolled_back')) return thrown;
  const failed = state.items
    .filter(({ id, phase }) => id === undefined && phase !== 'removed')
    .map(({ index, name }): FailedItem => {
      return { index: index - 1, item: name, error: missingError(result, job, index) };
    });
  const total = state.items.length;
  const resume = `Continue with 'skaha jobs resume ${job}'`;
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

/** What was launched, what was sent for it, and what is to be complained about. */
export interface Launched {
  sessions: readonly CreatedSession[];
  /** Undefined when it never came to sending. */
  plan?: BatchPlan | undefined;
  error?: unknown;
}

/** Launches a single session, which needs no journal: nothing of it could be resumed. */
async function sendAlone(
  io: Io,
  client: SkahaClient,
  { array: _array, rows: _rows, ...request }: BatchRequest['spec'],
): Promise<Launched> {
  let plan: BatchPlan | undefined;
  const onPlanned = (sent: BatchPlan) => {
    plan = sent;
  };
  try {
    const { sessions } = await client.sessions.create({ ...request, signal: io.signal, onPlanned });
    return { sessions, plan };
  } catch (error) {
    const sessions = error instanceof PartialError ? error.done : [];
    return { sessions, plan, error };
  }
}

async function sendBatch(
  io: Io,
  deps: Deps,
  { spec, job: wanted, options, files }: BatchRequest,
  progress: string,
): Promise<Launched> {
  const [store, client, { runBatch }] = await Promise.all([
    deps.jobs(),
    deps.client(),
    import('skaha/batch'),
  ]);
  const open = await openNewJob(store, { job: wanted, spec }, io.signal);
  const { job, journal } = open;
  try {
    const run = (staging?: BatchStaging) =>
      follow(io, deps, open, progress, (how) =>
        runBatch(client, spec, { ...options, ...how, staging }),
      );
    const result = files === undefined ? await run() : await withFiles(io, deps, files, run);
    if (files !== undefined && options.until === 'launched' && files.downloads.length > 0)
      note(io, `When it has ended, fetch its output with 'skaha jobs resume ${job}'.`);
    if (result.state !== undefined) return launchedOf(result, result.state, job, io);
    // Nothing was begun: nothing can be resumed.
    await journal.close();
    await store.remove(job);
    return { sessions: [], error: result.thrown };
  } finally {
    await journal.close();
  }
}

/** What moves files is loaded for those who have some. */
async function withFiles(
  io: Io,
  deps: Deps,
  files: StagedFiles | undefined,
  work: (staging: BatchStaging) => Promise<BatchResult>,
): Promise<BatchResult> {
  const { staged } = await import('./staging.js');
  return staged(io, deps, files, work);
}

const launchedOf = (result: BatchResult, state: BatchState, job: string, { signal }: Io) => ({
  sessions: sessionsOf(state),
  plan: result.plan,
  error: complaint(result, state, job, signal.aborted),
});

/**
 * Sends a launch: with a journal when it is a batch, and tells how it goes.
 *
 * @returns what became of it, whatever happened
 */
export const send = async (
  io: Io,
  deps: Deps,
  request: BatchRequest,
  progress: string,
): Promise<Launched> =>
  request.isBatch
    ? sendBatch(io, deps, request, progress)
    : sendAlone(io, await deps.client(), request.spec);

/** Sends what is missing of a batch, and tells how it goes. */
export async function sendMissing(
  io: Io,
  deps: Deps,
  open: OpenJob,
  options: Omit<ResumeOptions, 'journal' | 'onPlanned' | 'signal'>,
  progress: string,
): Promise<Launched & { state: BatchState }> {
  const [client, { resumeBatch }] = await Promise.all([deps.client(), import('skaha/batch')]);
  const run = (staging?: BatchStaging) =>
    follow(io, deps, open, progress, (how) => resumeBatch(client, { ...options, ...how, staging }));
  const records = await open.journal.read();
  const hasFiles = records.some(({ type }) => type === 'staging');
  const result = hasFiles ? await withFiles(io, deps, undefined, run) : await run();
  const { state } = result;
  if (state === undefined) throw result.thrown;
  return { state, ...launchedOf(result, state, open.job, io) };
}
