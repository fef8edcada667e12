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
import {
  batchProgress,
  cancelBatch,
  itemPhases,
  type ListedItem,
  launchedSessions,
} from 'skaha/batch';
import type { StartedBatch } from 'skaha/batch/journal';
import type { Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import {
  forEach,
  isNothing,
  itemDocument,
  renderDone,
  throwIfFailed,
} from '../../output/outcome.js';
import { readRetries } from '../create/plan.js';
import { sendMissing } from '../create/send.js';
import { readRegistry } from '../create/template.js';
import { deletionProgress } from '../session/delete.js';
import type * as def from './definitions.js';
import { lookAt, lookAtOne, openKnownJob, readKnownJob, withoutAsking } from './look.js';
import {
  itemColumns,
  itemRow,
  jobColumns,
  jobDocument,
  sessionsText,
  varyingNames,
} from './view.js';

export const runJobsLs: Run<typeof def.jobsLsCommand> = async (io, deps, options) => {
  const stored = await (await deps.jobs()).list();
  for (const { error } of stored) if (error !== undefined) note(io, plain(error.message));
  const started = stored.filter((batch): batch is StartedBatch => batch.state !== undefined);
  // The names are known without the platform.
  const isNamesOnly = io.format === 'name' && (io.output?.filters.length ?? 0) === 0;
  const looked =
    options.offline || isNamesOnly ? started.map(withoutAsking) : await lookAt(io, deps, started);
  await renderList(
    io,
    {
      rows: looked.map(jobDocument),
      document: (job) => ({ ...job }),
      columns: jobColumns(deps.now()),
      name: ({ job }) => job,
    },
    "No batches. Launch one with 'skaha create' and '--replicas', '--array' or '--params'.",
  );
};

/** The platform is asked for at most this many sessions why they failed or wait. */
const askedReasons = 50;

/** What the events of failed and of waiting sessions tell, by id. */
async function explain(io: Io, deps: Deps, items: readonly ListedItem[]) {
  const ids = items
    .filter(({ phase, status }) => phase === 'failed' || status === 'Pending')
    .flatMap(({ id, status }) => (id === undefined || status === undefined ? [] : [id]))
    .slice(0, askedReasons);
  if (ids.length === 0) return undefined;
  return (await deps.client()).sessions.reasons(ids, { signal: io.signal });
}

export const runJobsShow: Run<typeof def.jobsShowCommand> = async (io, deps, options) => {
  const wanted = new Set(options.outcome.map((word) => readChoice('--outcome', word, itemPhases)));
  const known = await readKnownJob(deps, options.job);
  const looked = await lookAtOne(io, deps, known, () => !options.offline);
  const { state, owner, progress } = looked;
  const chosen = progress.items.filter(({ phase }) => wanted.size === 0 || wanted.has(phase));
  const reasons = await explain(io, deps, chosen);
  const rows = chosen.map((item) => itemRow(item, reasons?.get(item.id ?? '')));
  const head: [string, string | undefined][] = [
    ['Batch', looked.job],
    ['State', owner === undefined ? progress.stage : `launching, process ${owner.pid}`],
    ['Image', plain(state.image)],
    ['Server', plain(state.server)],
    ['Started', utc(new Date(state.startedAt))],
    ['Launched', `${progress.launched} of ${count(state.items.length, 'session')}`],
    ['Sessions', sessionsText(progress)],
  ];
  const columns = itemColumns(varyingNames(progress.items), rows);
  await renderPaged(io, {
    data: { ...jobDocument(looked), items: rows },
    items: () => rows,
    table: () => `${fields(io, head)}\n${table(io, columns, rows)}`,
    names: () => rows.flatMap(({ id }) => id ?? []),
  });
};

export const runJobsCancel: Run<typeof def.jobsCancelCommand> = async (io, deps, options) => {
  const { job } = await readKnownJob(deps, options.job);
  const what = options.finished ? 'all its sessions' : 'its sessions that have not finished';
  const question = `Cancel the batch ${plain(job)} and delete ${what}?`;
  if (!(await confirm(io, question, 'Nothing was cancelled.'))) return;
  const client = await deps.client();
  const { journal, state: before } = await openKnownJob(io, deps, job);
  try {
    const { onDeleted: onRemoved, end } = deletionProgress(io, deps, options.progress);
    const request = { journal, finished: options.finished, signal: io.signal, onRemoved };
    const state = await cancelBatch(client, request).finally(end);
    const removed = state.items
      .filter(({ phase }, place) => phase === 'removed' && before.items[place]?.phase !== phase)
      .map(({ id = '', name }) => ({ id, name }));
    const documents = removed.map((session) => itemDocument('delete', session));
    await renderDone(io, 'deleted', removed, documents);
    const isOver = state.cancelled === undefined;
    const what = isOver ? 'has ended: there was nothing to cancel' : 'was cancelled';
    note(io, `The batch ${plain(job)} ${what}.`);
  } finally {
    await journal.close();
  }
};

export const runJobsResume: Run<typeof def.jobsResumeCommand> = async (io, deps, options) => {
  const { settle: settleMs, resubmitUnknown, progress } = options;
  const retries = readRetries(options);
  const registryCredential = await readRegistry(io, deps, options);
  const { journal, state } = await openKnownJob(io, deps, options.job);
  try {
    const had = new Set(launchedSessions(state).map(({ id }) => id));
    const resumption = { ...retries, settleMs, resubmitUnknown, registryCredential };
    const resumed = await sendMissing(io, deps, journal, resumption, progress);
    const fresh = resumed.sessions.filter(({ id }) => !had.has(id));
    const items = resumed.state?.items ?? [];
    await renderDone(
      io,
      'created',
      fresh,
      items.map((item) => itemRow(item)),
    );
    if (resumed.error !== undefined) throw resumed.error;
    const total = count(items.length, 'session');
    note(io, `All ${total} of the batch have been launched, ${fresh.length} of them now.`);
  } finally {
    await journal.close();
  }
};

/** The batches of which nothing is missing, and on which no program works. */
async function completeJobs(deps: Deps): Promise<string[]> {
  const stored = await (await deps.jobs()).list();
  return stored.flatMap(({ job, state, owner }) =>
    state === undefined || owner !== undefined || batchProgress(state).stage === 'incomplete'
      ? []
      : [job],
  );
}

/** Whether launches of a batch are missing that it could be resumed for. */
async function isIncomplete(deps: Deps, job: string): Promise<boolean> {
  try {
    const { state, owner } = await readKnownJob(deps, job);
    return owner === undefined && batchProgress(state).stage === 'incomplete';
  } catch (error) {
    // What cannot be read cannot be resumed either; what is not there fails below.
    if (isSkahaError(error)) return false;
    throw error;
  }
}

export const runJobsRm: Run<typeof def.jobsRmCommand> = async (io, deps, { jobs, complete }) => {
  if (jobs.length === 0 && !complete)
    throw usageError(
      'BATCH is missing.',
      "Give the name of a batch, or use --complete; see 'skaha jobs ls'.",
    );
  const store = await deps.jobs();
  const wanted = [...new Set([...jobs, ...(complete ? await completeJobs(deps) : [])])];
  const incomplete = await Promise.all(wanted.map((job) => isIncomplete(deps, job)));
  const open = wanted.filter((_, index) => incomplete[index]);
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
