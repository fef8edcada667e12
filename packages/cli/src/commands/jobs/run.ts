import { confirm } from '@skaha/terminal/confirm.js';
import { type Io, note } from '@skaha/terminal/io.js';
import { renderList } from '@skaha/terminal/output/list.js';
import { render, renderPaged } from '@skaha/terminal/output/render.js';
import { fields, table } from '@skaha/terminal/output/table.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import { utc } from '@skaha/terminal/output/time.js';
import { readChoice } from '@skaha/terminal/parse/values.js';
import { usageError } from '@skaha/terminal/usage.js';
import { type FailedItem, isSkahaError, PartialError, SkahaError } from 'skaha';
import {
  batchProgress,
  cancelBatch,
  failedSessions,
  itemPhases,
  type ListedItem,
  launchedSessions,
  missingItems,
} from 'skaha/batch';
import type { StartedBatch, StoredBatch } from 'skaha/batch/journal';
import type { OptionsOf, Run } from '../../command.js';
import type { Deps } from '../../environment/deps.js';
import { notifying } from '../../environment/notify.js';
import { forEach, itemDocument, renderDone, reworded, showOutcome } from '../../output/outcome.js';
import { readRetries } from '../create/plan.js';
import { sendMissing } from '../create/send.js';
import { readRegistry } from '../create/template.js';
import { deletionProgress } from '../session/change.js';
import { type Goal, parseGoal, waitForAll } from '../session/wait.js';
import type * as def from './definitions.js';
import {
  itemColumns,
  itemRow,
  jobColumns,
  jobDocument,
  type LookedBatch,
  lookAt,
  readKnownJob,
  sessionsText,
  varyingNames,
  withoutAsking,
  workOnJob,
} from './look.js';

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

/** What the events of failed and of waiting sessions say, by id. */
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
  const asksAlways = () => !options.offline;
  const [looked = withoutAsking(known)] = await lookAt(io, deps, [known], asksAlways);
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
  await workOnJob(io, deps, job, async (journal, before) => {
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
  });
};

export const runJobsResume: Run<typeof def.jobsResumeCommand> = async (io, deps, options) => {
  const { settle: settleMs, resubmitUnknown, progress } = options;
  const retries = readRetries(options);
  const registryCredential = await readRegistry(io, deps, options);
  await workOnJob(io, deps, options.job, async (journal, state) => {
    const before = new Set(launchedSessions(state).map(({ id }) => id));
    const resumption = { ...retries, settleMs, resubmitUnknown, registryCredential };
    const resumed = await sendMissing(io, deps, journal, resumption, progress);
    const fresh = resumed.sessions.filter(({ id }) => !before.has(id));
    const rows = (resumed.state?.items ?? []).map((item) => itemRow(item));
    await renderDone(io, 'created', fresh, rows);
    if (resumed.error !== undefined) throw resumed.error;
    const total = count(rows.length, 'session');
    note(io, `All ${total} of the batch have been launched, ${fresh.length} of them now.`);
  });
};

/** Whether launches of a batch are missing that it could be resumed for. */
const isIncomplete = ({ state, owner }: StoredBatch): boolean =>
  state !== undefined && owner === undefined && batchProgress(state).stage === 'incomplete';

/** Whether nothing is missing of a batch, and no program works on it. */
const isComplete = (batch: StoredBatch): boolean =>
  batch.state !== undefined && batch.owner === undefined && !isIncomplete(batch);

export const runJobsRm: Run<typeof def.jobsRmCommand> = async (io, deps, { jobs, complete }) => {
  if (jobs.length === 0 && !complete)
    throw usageError(
      'BATCH is missing.',
      "Give the name of a batch, or use --complete; see 'skaha jobs ls'.",
    );
  const store = await deps.jobs();
  const known = new Map((await store.list()).map((batch) => [batch.job, batch]));
  const all = complete ? [...known.values()].filter(isComplete) : [];
  const wanted = [...new Set([...jobs, ...all.map(({ job }) => job)])];
  const open = wanted.flatMap((job) => known.get(job) ?? []).filter(isIncomplete);
  const names = open.map(({ job }) => plain(job)).join(', ');
  const question = `Launches of ${names} are still missing. Remove the journal anyway?`;
  if (open.length > 0 && !(await confirm(io, question, 'Nothing was removed.'))) return;
  const outcome = await forEach(io, wanted, String, async (job) => {
    if (!known.has(job)) await readKnownJob(deps, job);
    await store.remove(job);
    return job;
  });
  const { done } = outcome;
  const show = () =>
    render(io, {
      data: done.map((job) => itemDocument('remove', { job })),
      table: () => done.map((job) => `removed ${plain(job)}\n`).join(''),
      names: () => done,
    });
  await showOutcome(outcome, 'remove', show, 'journal');
};

/** @throws {SkahaError} batch.other_server, and what keeps the platform from answering */
async function lookNow(io: Io, deps: Deps, job: string): Promise<LookedBatch> {
  const known = await readKnownJob(deps, job);
  const client = await deps.client();
  const { root } = await client.connection();
  const { server } = known.state;
  if (root !== server)
    throw new SkahaError(
      'batch.other_server',
      `The batch ${job} runs on ${server}, not on ${root}.`,
      { hint: 'Use the context or the address of that server.' },
    );
  const [looked = withoutAsking(known)] = await lookAt(io, deps, [known]);
  // A wait cannot do without the platform: this says why it does not answer.
  if (looked.progress.sessions === undefined) await client.sessions.fetch({ signal: io.signal });
  return looked;
}

/** Waits until no session of the batch can change any more. */
async function waitForBatch(
  io: Io,
  deps: Deps,
  { until }: Goal,
  options: OptionsOf<typeof def.jobsWaitCommand>,
): Promise<LookedBatch> {
  const { job, interval: intervalMs, any, progress, timeout } = options;
  const end = timeout === undefined ? undefined : deps.now() + timeout;
  const isEnd = until === 'finished';
  for (;;) {
    const batch = await lookNow(io, deps, job);
    const { items } = batch.progress;
    const timeoutMs = end === undefined ? undefined : end - deps.now();
    if (timeoutMs !== undefined && timeoutMs <= 0)
      throw new SkahaError(
        'wait.timeout',
        `The sessions of the batch ${plain(job)} did not reach this status in time.`,
        { hint: 'Wait longer with --timeout.' },
      );
    const active = items.filter(({ phase, id }) => phase === 'launched' && id !== undefined);
    if (active.length === 0 && batch.owner === undefined) return batch;
    if (any && isEnd && items.some(({ phase }) => /^(completed|failed)$/.test(phase))) return batch;
    const ids = active.flatMap(({ id, status }) => (status === undefined ? [] : (id ?? [])));
    // What was just launched may not be listed yet, and a program that works may launch more.
    if (ids.length === 0) await deps.clock.sleep(intervalMs, io.signal);
    else {
      const request = { until, timeoutMs, intervalMs, any, progress };
      await waitForAll(io, deps, ids, request).catch((error: unknown) => {
        // It was deleted meanwhile, or failed: both are reported below, with all others.
        const isOneOfMany =
          isSkahaError(error, 'session.not_found') || isSkahaError(error, 'session.failed');
        if (!isEnd || !isOneOfMany) throw error;
      });
      if (any || !isEnd) return lookNow(io, deps, job);
    }
  }
}

/** @throws {SkahaError} session.failed for sessions that failed, partial.failure for missing ones */
function checkAllCompleted({ job, progress: { items, stage } }: LookedBatch): void {
  const failure = failedSessions(items);
  if (failure !== undefined)
    throw reworded(failure, { hint: `See why with 'skaha jobs logs ${job} --failed'.` });
  const missing = missingItems({ items });
  if (stage === 'cancelled' || missing.length === 0) return;
  const hint = `Continue with 'skaha jobs resume ${job}'.`;
  throw new PartialError(
    `${missing.length} of ${count(items.length, 'session')} were never launched.`,
    items.filter((item) => !missing.includes(item)).flatMap(({ id }) => id ?? []),
    missing.map(({ index, name, error }): FailedItem => {
      const why = error?.message ?? 'It was not launched.';
      const reason = new SkahaError('request.aborted', why, { hint });
      return { index: index - 1, item: name, error: reason };
    }),
    { hint },
  );
}

export const runJobsWait: Run<typeof def.jobsWaitCommand> = async (io, deps, options) => {
  const goal = parseGoal(options.for);
  const { job, notify: how } = options;
  await notifying(io, deps, { how, title: `skaha: ${job}` }, async () => {
    const batch = await waitForBatch(io, deps, goal, options);
    const rows = batch.progress.items.map((item) => itemRow(item));
    await render(io, {
      data: rows,
      table: () => '',
      names: () => rows.flatMap(({ id }) => id ?? []),
    });
    const summary = sessionsText(batch.progress);
    note(io, `${plain(job)}: ${summary}.`);
    if (goal.until === 'finished' && !options.any) checkAllCompleted(batch);
    return `${summary}.`;
  });
};
