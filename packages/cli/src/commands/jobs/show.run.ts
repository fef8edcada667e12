import { type Io, note } from '@skaha/terminal/io.js';
import { nearest } from '@skaha/terminal/nearest.js';
import { renderPaged } from '@skaha/terminal/output/render.js';
import { fields, table } from '@skaha/terminal/output/table.js';
import { plain } from '@skaha/terminal/output/text.js';
import { utc } from '@skaha/terminal/output/time.js';
import { readChoice } from '@skaha/terminal/parse/values.js';
import { isFailed, isFinished, isSkahaError, SkahaError } from 'skaha';
import type { BatchState } from 'skaha/batch';
import type { StoredBatch } from 'skaha/batch/journal';
import type { Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import { type ItemRow, itemColumns, itemRows, summaryOf } from './jobs-view.js';

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
