import { confirm } from '@skaha/terminal/confirm.js';
import { type Io, note } from '@skaha/terminal/io.js';
import { nearest } from '@skaha/terminal/nearest.js';
import { renderList } from '@skaha/terminal/output/list.js';
import { progressMode } from '@skaha/terminal/output/progress-option.js';
import { render, renderPaged } from '@skaha/terminal/output/render.js';
import { createSteps } from '@skaha/terminal/output/steps.js';
import { fields, table } from '@skaha/terminal/output/table.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import { utc } from '@skaha/terminal/output/time.js';
import { readChoice } from '@skaha/terminal/parse/values.js';
import { usageError } from '@skaha/terminal/usage.js';
import {
  type FailedItem,
  isFailed,
  isFinished,
  isSkahaError,
  PartialError,
  SkahaError,
  ValidationError,
} from 'skaha';
import type { BatchState } from 'skaha/batch';
import type { StoredBatch } from 'skaha/batch/journal';
import type { Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import { parseRetryOn } from '../session/create-batch.js';
import { readRegistry } from '../session/create-registry.js';
import { runLogs } from '../session/logs.run.js';
import { type ItemRow, itemColumns, itemRows, jobColumns, summaryOf } from './jobs-view.js';
import { complaint, follow, sessionsOf } from './launch.js';

export type JobsLsOptions = Record<never, never>;

/** Lists batches. */
export const runJobsLs: Run<JobsLsOptions> = async (io, deps) => {
  const store = await deps.jobs();
  const stored = await store.list();
  for (const { error } of stored) if (error !== undefined) note(io, plain(error.message));
  const jobs = stored.flatMap(({ job, state, owner }) =>
    state === undefined ? [] : [summaryOf(job, state, owner !== undefined)],
  );
  await renderList(
    io,
    {
      rows: jobs,
      document: (job) => ({ ...job }),
      columns: jobColumns(deps.now()),
      name: ({ job }) => job,
    },
    "No batches. 'skaha create ... --replicas', '--array' or '--params' launches one.",
  );
  return undefined;
};

export interface JobsShowOptions {
  job: string;
  offline: boolean;
  outcome: readonly string[];
}

const outcomes = [
  ...['launched', 'completed', 'failed', 'gone', 'pending', 'rejected'],
  ...['unanswered', 'unknown', 'removed'],
];

/**
 * Reads the journal of a batch.
 *
 * @throws {SkahaError} batch.not_found, with the name that was probably meant
 */
export async function readKnownJob(
  deps: Deps,
  job: string,
): Promise<StoredBatch & { state: BatchState }> {
  const store = await deps.jobs();
  try {
    const stored = await store.read(job);
    if (stored.state !== undefined) return { ...stored, state: stored.state };
  } catch (error) {
    if (!isSkahaError(error, 'batch.not_found') && !isSkahaError(error, 'request.invalid'))
      throw error;
  }
  const known = await store.list();
  const guess = nearest(
    job,
    known.map((one) => one.job),
  );
  throw new SkahaError('batch.not_found', `There is no job '${plain(job)}'.`, {
    id: job,
    hint: `${guess === undefined ? '' : `Did you mean '${guess}'? `}See them with 'skaha jobs ls'.`,
  });
}

/** What the platform says about the sessions now; nothing when it cannot be asked. */
export async function currentStatuses(
  io: Io,
  deps: Deps,
  server: string,
): Promise<ReadonlyMap<string, string>> {
  try {
    const client = await deps.client();
    const { root } = await client.connection();
    if (root !== server) {
      note(io, `The batch runs on ${server}; the platform at ${root} was not asked.`);
      return new Map();
    }
    const sessions = await client.sessions.fetch({ signal: io.signal });
    return new Map(sessions.map(({ id, status }) => [id, status]));
  } catch (error) {
    if (io.signal.aborted || !isSkahaError(error)) throw error;
    note(io, `The platform was not asked: ${plain(error.message)}`);
    return new Map();
  }
}

/** A journal does not know how sessions ended that nobody waited for. */
export const withStatus = (row: ItemRow): ItemRow =>
  row.outcome !== 'launched' || row.status === null || !isFinished(row.status)
    ? row
    : { ...row, outcome: isFailed(row.status) ? 'failed' : 'completed' };

/** Shows a batch. */
export const runJobsShow: Run<JobsShowOptions> = async (io, deps, options) => {
  const wanted = new Set(options.outcome.map((word) => readChoice('--outcome', word, outcomes)));
  const { job, state, owner } = await readKnownJob(deps, options.job);
  const statuses = options.offline
    ? new Map<string, string>()
    : await currentStatuses(io, deps, state.server);
  const all = itemRows(state, statuses).map(withStatus);
  const rows = all.filter(({ outcome }) => wanted.size === 0 || wanted.has(outcome));
  const failed = all.filter(({ outcome }) => outcome === 'failed').length;
  const summary = { ...summaryOf(job, state, owner !== undefined), failed };
  const head: [string, string | undefined][] = [
    ['Job', job],
    ['State', owner === undefined ? summary.state : `running, process ${owner.pid}`],
    ['Image', plain(state.image)],
    ['Server', plain(state.server)],
    ['Started', utc(new Date(state.startedAt))],
    ['Sessions', `${summary.launched} of ${summary.sessions} launched, ${failed} failed`],
  ];
  await renderPaged(io, {
    data: { ...summary, items: rows },
    items: () => rows,
    table: () => `${fields(io, head)}\n${table(io, itemColumns, rows)}`,
    names: () => rows.flatMap(({ id }) => id ?? []),
  });
  return undefined;
};

export interface JobsLogsOptions {
  job: string;
  number: readonly string[];
  failed: boolean;
  follow: boolean;
  tail?: number | undefined;
  timestamps: boolean;
}

const interval = 2_000;

async function numbersOf(given: readonly string[], total: number): Promise<Set<number>> {
  const { parseArray } = await import('skaha/internal/batch/items.js');
  try {
    const numbers = given.flatMap(parseArray);
    const surplus = numbers.find((number) => number < 1 || number > total);
    if (surplus === undefined) return new Set(numbers);
    throw usageError(`There is no session ${surplus} in this batch.`, `Numbers go to ${total}.`);
  } catch (error) {
    if (error instanceof ValidationError) throw usageError(error.message, 'Write 7, or 1-5,9.');
    throw error;
  }
}

/** Prints the logs of a batch. */
export const runJobsLogs: Run<JobsLogsOptions> = async (io, deps, options) => {
  const { state } = await readKnownJob(deps, options.job);
  const numbers = await numbersOf(options.number, state.items.length);
  const statuses = options.failed ? await currentStatuses(io, deps, state.server) : new Map();
  const sessions = itemRows(state, statuses)
    .map(withStatus)
    .filter(({ index }) => numbers.size === 0 || numbers.has(index))
    .filter(({ outcome }) => !options.failed || outcome === 'failed')
    .flatMap(({ id }) => id ?? []);
  if (sessions.length === 0) {
    note(io, options.failed ? 'No session of it failed.' : 'None of its sessions was launched.');
    return undefined;
  }
  const { follow, tail, timestamps } = options;
  const usual = { new: false, sinceStart: false, prefix: false };
  return runLogs(io, deps, { ...usual, sessions, follow, tail, timestamps, interval });
};

export interface JobsCancelOptions {
  job: string;
  finished: boolean;
  progress: string;
}

/** Says how many sessions are gone; which they are is told at the end. */
function createTeller(io: Io, deps: Deps, progress: string) {
  const mode = progressMode(progress);
  const steps = createSteps(io, { mode, now: deps.now, fewItems: 8, tellsAll: false });
  let done = 0;
  return {
    onRemoved: ({ id, name }: { id: string; name: string }, total: number) => {
      done += 1;
      const text = `deleted ${id} (${plain(name)})`;
      const summary = `${done} of ${count(total, 'session')} deleted`;
      steps.step({ event: 'delete', id, phase: 'deleted', done, total, text, summary });
    },
    end: () => steps.end(),
  };
}

/** Cancels a batch. */
export const runJobsCancel: Run<JobsCancelOptions> = async (io, deps, options) => {
  const { job } = await readKnownJob(deps, options.job);
  const what = options.finished ? 'all its sessions' : 'its sessions that have not finished';
  if (!(await confirm(io, `Cancel the batch ${plain(job)} and delete ${what}?`))) {
    note(io, 'Nothing was cancelled.');
    return undefined;
  }
  const [store, client, { cancelBatch }] = await Promise.all([
    deps.jobs(),
    deps.client(),
    import('skaha/internal/batch/cancel.js'),
  ]);
  const journal = await store.open(job, io.signal);
  try {
    const { state: before } = await readKnownJob(deps, job);
    const gone = new Set(
      before.items.filter(({ phase }) => phase === 'removed').map(({ index }) => index),
    );
    const { finished } = options;
    const { onRemoved, end } = createTeller(io, deps, options.progress);
    const request = { journal, finished, signal: io.signal, onRemoved };
    const state = await cancelBatch(client, request).finally(end);
    const removed = state.items.filter(
      ({ phase, index }) => phase === 'removed' && !gone.has(index),
    );
    await render(io, {
      data: removed.map(({ id = '', name }) => ({
        ...{ id, name, ok: true, action: 'delete', error: null },
      })),
      table: () => removed.map(({ id, name }) => `deleted ${id} (${plain(name)})\n`).join(''),
      names: () => removed.map(({ id = '' }) => id),
    });
    note(io, `The batch ${plain(job)} is cancelled.`);
    return undefined;
  } finally {
    await journal.close();
  }
};

export interface JobsResumeOptions {
  job: string;
  retries?: number | undefined;
  retryOn?: string | undefined;
  backoff?: number | undefined;
  maxActive?: number | undefined;
  settle?: number | undefined;
  resubmitUnknown: boolean;
  registryUser?: string | undefined;
  registrySecretStdin: boolean;
  progress: string;
}

/** Goes on with a batch. */
export const runJobsResume: Run<JobsResumeOptions> = async (io, deps, options) => {
  const { retries, backoff: backoffMs, maxActive, settle: settleMs } = options;
  const { resubmitUnknown } = options;
  const retryOn = parseRetryOn(options.retryOn);
  const registryCredential = await readRegistry(io, deps, options);
  const { job } = await readKnownJob(deps, options.job);
  const [store, client, { resumeBatch }] = await Promise.all([
    deps.jobs(),
    deps.client(),
    import('skaha/internal/batch/run.js'),
  ]);
  const journal = await store.open(job, io.signal);
  try {
    const { state: before } = await readKnownJob(deps, job);
    const had = new Set(sessionsOf(before).map(({ id }) => id));
    const chosen = { retries, retryOn, backoffMs, maxActive, settleMs, resubmitUnknown };
    const given = { ...chosen, registryCredential, journal, signal: io.signal };
    const outcomes = resumeBatch(client, given);
    const how = { total: before.items.length, progress: options.progress };
    const result = await follow(io, deps, { job, journal }, how, outcomes);
    if (result.state === undefined) throw result.thrown;
    const fresh = sessionsOf(result.state).filter(({ id }) => !had.has(id));
    await render(io, {
      data: itemRows(result.state, new Map()),
      table: () => fresh.map(({ id, name }) => `created ${id} (${plain(name)})\n`).join(''),
      names: () => fresh.map(({ id }) => id),
    });
    const error = complaint(result, job, io.signal.aborted);
    if (error !== undefined) throw error;
    const total = count(result.state.items.length, 'session');
    note(io, `All ${total} of the batch are launched, ${fresh.length} of them now.`);
    return undefined;
  } finally {
    await journal.close();
  }
};

export interface JobsRmOptions {
  jobs: readonly string[];
  complete: boolean;
}

async function completeJobs(deps: Deps): Promise<string[]> {
  const stored = await (await deps.jobs()).list();
  return stored.flatMap(({ job, state, owner }) => {
    const isOver =
      state !== undefined &&
      ['complete', 'cancelled'].includes(summaryOf(job, state, owner !== undefined).state);
    return isOver ? [job] : [];
  });
}

/** The batches among some of which something is missing. */
async function incomplete(deps: Deps, jobs: readonly string[]): Promise<string[]> {
  const states = await Promise.all(
    jobs.map(async (job) => {
      try {
        const { state, owner } = await readKnownJob(deps, job);
        return summaryOf(job, state, owner !== undefined).state;
      } catch (error) {
        // What cannot be read cannot be resumed either; what is not there fails below.
        if (isSkahaError(error)) return 'complete';
        throw error;
      }
    }),
  );
  return jobs.filter((_, index) => states[index] === 'incomplete');
}

/** Forgets batches. */
export const runJobsRm: Run<JobsRmOptions> = async (io, deps, { jobs, complete }) => {
  if (jobs.length === 0 && !complete)
    throw usageError('JOB is missing.', "Name a job, or use --complete; see 'skaha jobs ls'.");
  const store = await deps.jobs();
  const wanted = [...new Set([...jobs, ...(complete ? await completeJobs(deps) : [])])];
  const open = await incomplete(deps, wanted);
  const question = `Forget ${open.map(plain).join(', ')}, of which something is missing?`;
  if (open.length > 0 && !(await confirm(io, question))) {
    note(io, 'Nothing was removed.');
    return undefined;
  }
  const done: string[] = [];
  const failed: FailedItem[] = [];
  for (const [index, job] of wanted.entries()) {
    try {
      const known = await store.list();
      if (!known.some((one) => one.job === job)) await readKnownJob(deps, job);
      await store.remove(job);
      done.push(job);
    } catch (error) {
      if (!isSkahaError(error)) throw error;
      failed.push({ index, item: job, error });
    }
  }
  if (done.length > 0 || failed.length === 0)
    await render(io, {
      data: done.map((job) => ({ job, ok: true, action: 'remove', error: null })),
      table: () => done.map((job) => `removed ${plain(job)}\n`).join(''),
      names: () => done,
    });
  const [first] = failed;
  if (first === undefined) return undefined;
  if (wanted.length === 1) throw first.error;
  const message = `Could not remove ${failed.length} of ${count(wanted.length, 'journal')}.`;
  throw new PartialError(message, done, failed);
};
