import { confirm } from '@skaha/terminal/confirm.js';
import { type Io, note } from '@skaha/terminal/io.js';
import { renderList } from '@skaha/terminal/output/list.js';
import { render, renderPaged } from '@skaha/terminal/output/render.js';
import { fields, table } from '@skaha/terminal/output/table.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import { utc } from '@skaha/terminal/output/time.js';
import { readChoice } from '@skaha/terminal/parse/values.js';
import { usageError } from '@skaha/terminal/usage.js';
import { isSkahaError } from 'skaha';
import type { OptionsOf, Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import {
  forEach,
  isNothing,
  itemDocument,
  renderDone,
  throwIfFailed,
} from '../../output/outcome.js';
import { readRetries } from '../create/plan.js';
import { sendMissing, sessionsOf } from '../create/send.js';
import { readRegistry } from '../create/template.js';
import { deletionProgress } from '../session/delete.js';
import type * as def from './definitions.js';
import {
  type ItemRow,
  itemColumns,
  itemRows,
  jobColumns,
  type LookedBatch,
  lookAt,
  openKnownJob,
  readKnownJob,
  summaryOf,
  sumsInWords,
  withReason,
} from './look.js';

export type JobsLsOptions = OptionsOf<typeof def.jobsLsCommand>;

/** What the platform is asked for nothing: names alone, and what the user wants to do without. */
const needsNoLook = (io: Io, { offline }: JobsLsOptions): boolean =>
  offline || (io.format === 'name' && (io.output?.filters.length ?? 0) === 0);

export const runJobsLs: Run<typeof def.jobsLsCommand> = async (io, deps, options) => {
  const store = await deps.jobs();
  const stored = await store.list();
  for (const { error } of stored) if (error !== undefined) note(io, plain(error.message));
  const known = stored.flatMap(({ state, ...rest }) =>
    state === undefined ? [] : [{ ...rest, state }],
  );
  const looked: LookedBatch[] = needsNoLook(io, options)
    ? known.map((batch) => ({ ...batch, statuses: undefined }))
    : await lookAt(io, deps, known);
  const now = deps.now();
  await renderList(
    io,
    {
      rows: looked.map((batch) => summaryOf(batch, now)),
      document: (job) => ({ ...job }),
      columns: jobColumns(now),
      name: ({ job }) => job,
    },
    "No batches. Launch one with 'skaha create' and '--replicas', '--array' or '--params'.",
  );
};

const outcomes = [
  ...['launched', 'completed', 'failed', 'gone', 'pending', 'rejected'],
  ...['unanswered', 'unknown', 'removed'],
];

/** Of so many sessions at most it is asked why they failed or wait. */
const askedReasons = 50;

/** The rows with what the events of failed and of waiting sessions tell. */
async function explain(io: Io, deps: Deps, rows: readonly ItemRow[]): Promise<ItemRow[]> {
  const ids = rows
    .filter(({ outcome, status }) => outcome === 'failed' || status === 'Pending')
    .flatMap(({ id, status }) => (id === null || status === null ? [] : [id]))
    .slice(0, askedReasons);
  if (ids.length === 0) return [...rows];
  const client = await deps.client();
  const reasons = await client.sessions.reasons(ids, { signal: io.signal });
  return rows.map((row) => withReason(row, reasons.get(row.id ?? '')));
}

export const runJobsShow: Run<typeof def.jobsShowCommand> = async (io, deps, options) => {
  const wanted = new Set(options.outcome.map((word) => readChoice('--outcome', word, outcomes)));
  const known = await readKnownJob(deps, options.job);
  const [looked = { ...known, statuses: undefined }] = options.offline
    ? []
    : await lookAt(io, deps, [known], () => true);
  const { job, state, owner, statuses } = looked;
  const all = itemRows(state, statuses, deps.now());
  const chosen = all.filter(({ outcome }) => wanted.size === 0 || wanted.has(outcome));
  const rows = statuses === undefined ? chosen : await explain(io, deps, chosen);
  const summary = summaryOf(looked, deps.now());
  const head: [string, string | undefined][] = [
    ['Batch', job],
    ['State', owner === undefined ? summary.state : `launching, process ${owner.pid}`],
    ['Image', plain(state.image)],
    ['Server', plain(state.server)],
    ['Started', utc(new Date(state.startedAt))],
    ['Launched', `${summary.launched} of ${count(summary.sessions, 'session')}`],
    ['Sessions', sumsInWords(summary)],
  ];
  await renderPaged(io, {
    data: { ...summary, items: rows },
    items: () => rows,
    table: () => `${fields(io, head)}\n${table(io, itemColumns(all, rows), rows)}`,
    names: () => rows.flatMap(({ id }) => id ?? []),
  });
};

export const runJobsCancel: Run<typeof def.jobsCancelCommand> = async (io, deps, options) => {
  const { job } = await readKnownJob(deps, options.job);
  const what = options.finished ? 'all its sessions' : 'its sessions that have not finished';
  const question = `Cancel the batch ${plain(job)} and delete ${what}?`;
  if (!(await confirm(io, question, 'Nothing was cancelled.'))) return;
  const [client, { cancelBatch }] = await Promise.all([deps.client(), import('skaha/batch')]);
  const { journal, state: before } = await openKnownJob(io, deps, job);
  try {
    const gone = new Set(
      before.items.filter(({ phase }) => phase === 'removed').map(({ index }) => index),
    );
    const { finished } = options;
    const { onDeleted: onRemoved, end } = deletionProgress(io, deps, options.progress);
    const request = { journal, finished, signal: io.signal, onRemoved };
    const state = await cancelBatch(client, request).finally(end);
    const removed = state.items
      .filter(({ phase, index }) => phase === 'removed' && !gone.has(index))
      .map(({ id = '', name }) => ({ id, name }));
    const documents = removed.map((session) => itemDocument('delete', session));
    await renderDone(io, 'deleted', removed, documents);
    note(
      io,
      state.cancelled === undefined
        ? `The batch ${plain(job)} has ended: there was nothing to cancel.`
        : `The batch ${plain(job)} was cancelled.`,
    );
    return;
  } finally {
    await journal.close();
  }
};

export const runJobsResume: Run<typeof def.jobsResumeCommand> = async (io, deps, options) => {
  const { settle: settleMs, resubmitUnknown } = options;
  const retries = readRetries(options);
  const registryCredential = await readRegistry(io, deps, options);
  const open = await openKnownJob(io, deps, options.job);
  try {
    const had = new Set(sessionsOf(open.state).map(({ id }) => id));
    const chosen = { ...retries, settleMs, resubmitUnknown, registryCredential };
    const { state, sessions, error } = await sendMissing(io, deps, open, chosen, options.progress);
    const fresh = sessions.filter(({ id }) => !had.has(id));
    await renderDone(io, 'created', fresh, itemRows(state, undefined, deps.now()));
    if (error !== undefined) throw error;
    const total = count(state.items.length, 'session');
    note(io, `All ${total} of the batch are launched, ${fresh.length} of them now.`);
    return;
  } finally {
    await open.journal.close();
  }
};

async function completeJobs(deps: Deps): Promise<string[]> {
  const stored = await (await deps.jobs()).list();
  return stored.flatMap(({ state, ...rest }) => {
    const batch = state === undefined ? undefined : { ...rest, state, statuses: undefined };
    const isOver =
      batch !== undefined && ['launched', 'cancelled'].includes(summaryOf(batch, deps.now()).state);
    return isOver ? [rest.job] : [];
  });
}

/** The batches among some of which something is missing. */
async function incomplete(deps: Deps, jobs: readonly string[]): Promise<string[]> {
  const states = await Promise.all(
    jobs.map(async (job) => {
      try {
        const batch = { ...(await readKnownJob(deps, job)), statuses: undefined };
        return summaryOf(batch, deps.now()).state;
      } catch (error) {
        // What cannot be read cannot be resumed either; what is not there fails below.
        if (isSkahaError(error)) return 'launched';
        throw error;
      }
    }),
  );
  return jobs.filter((_, index) => states[index] === 'incomplete');
}

export const runJobsRm: Run<typeof def.jobsRmCommand> = async (io, deps, { jobs, complete }) => {
  if (jobs.length === 0 && !complete)
    throw usageError(
      'BATCH is missing.',
      "Give the name of a batch, or use --complete; see 'skaha jobs ls'.",
    );
  const store = await deps.jobs();
  const wanted = [...new Set([...jobs, ...(complete ? await completeJobs(deps) : [])])];
  const open = await incomplete(deps, wanted);
  const question = `Launches of ${open.map(plain).join(', ')} are still missing. Remove the journal anyway?`;
  if (open.length > 0 && !(await confirm(io, question, 'Nothing was removed.'))) return;
  const outcome = await forEach(io, wanted, String, async (job) => {
    const known = await store.list();
    if (!known.some((one) => one.job === job)) await readKnownJob(deps, job);
    await store.remove(job);
    return job;
  });
  const { done } = outcome;
  if (!isNothing(outcome))
    await render(io, {
      data: done.map((job) => itemDocument('remove', { job })),
      table: () => done.map((job) => `removed ${plain(job)}\n`).join(''),
      names: () => done,
    });
  throwIfFailed(outcome, 'remove', 'journal');
};
