import { type Io, note } from '@skaha/terminal/io.js';
import { render } from '@skaha/terminal/output/render.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import { type FailedItem, isSkahaError, PartialError, SkahaError } from 'skaha';
import type { OptionsOf, Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import { notifying } from '../../notify.js';
import { failedItems } from '../create/send.js';
import { type Goal, parseGoal, waitForAll } from '../session/wait.js';
import type { jobsWaitCommand } from './definitions.js';
import {
  type ItemRow,
  itemRows,
  type JobDocument,
  lookAt,
  readKnownJob,
  summaryOf,
  sumsInWords,
} from './look.js';

export type JobsWaitOptions = OptionsOf<typeof jobsWaitCommand>;

/** A batch at one moment. */
interface Moment {
  rows: readonly ItemRow[];
  summary: JobDocument;
  /** Whether a program works on it and may launch more. */
  isWorked: boolean;
}

/** @throws {SkahaError} batch.other_server, and what keeps the platform from answering */
async function lookNow(io: Io, deps: Deps, job: string): Promise<Moment> {
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
  const [looked = { ...known, statuses: undefined }] = await lookAt(io, deps, [known]);
  const { state, statuses, owner } = looked;
  // A wait cannot do without the platform: this says why it does not answer.
  const isBlind = statuses === undefined && state.items.some(({ phase }) => phase === 'launched');
  if (isBlind) await client.sessions.fetch({ signal: io.signal });
  const now = deps.now();
  return {
    rows: itemRows(state, statuses, now),
    summary: summaryOf(looked, now),
    isWorked: owner !== undefined,
  };
}

const isActive = ({ outcome, id }: ItemRow): boolean => outcome === 'launched' && id !== null;

/** How long is left of the whole wait. */
function timeLeft({ timeout }: JobsWaitOptions, elapsed: number, job: string): number | undefined {
  if (timeout === undefined) return undefined;
  if (elapsed < timeout) return timeout - elapsed;
  throw new SkahaError(
    'wait.timeout',
    `The sessions of the batch ${plain(job)} did not reach this status in time.`,
    { hint: 'Wait longer with --timeout.' },
  );
}

/** Waits until no session of the batch can change any more. */
async function waitForBatch(
  io: Io,
  deps: Deps,
  goal: Goal,
  options: JobsWaitOptions,
): Promise<Moment> {
  const { job, interval, any, progress } = options;
  const began = deps.now();
  const isEnd = 'until' in goal && goal.until === 'finished';
  for (;;) {
    const moment = await lookNow(io, deps, job);
    const timeoutMs = timeLeft(options, deps.now() - began, job);
    const active = moment.rows.filter(isActive);
    if (active.length === 0 && !moment.isWorked) return moment;
    if (any && isEnd && moment.rows.some(({ outcome }) => /^(completed|failed)$/.test(outcome)))
      return moment;
    const ids = active.flatMap(({ id, status }) => (status === null || id === null ? [] : [id]));
    // What was just launched may not be listed yet, and a program that works may launch more.
    if (ids.length === 0) await deps.clock.sleep(interval, io.signal);
    else {
      const request = { ...goal, timeoutMs, intervalMs: interval, any, progress };
      await waitForAll(io, deps, ids, request).catch((error: unknown) => {
        // It was deleted meanwhile, or failed: both are told below, with all others.
        const isOneOfMany =
          isSkahaError(error, 'session.not_found') || isSkahaError(error, 'session.failed');
        if (!isEnd || !isOneOfMany) throw error;
      });
      if (any || !isEnd) return lookNow(io, deps, job);
    }
  }
}

/** @throws {SkahaError} session.failed for sessions that failed, partial.failure for missing ones */
function check({ rows, summary }: Moment, job: string): void {
  const failed = rows.filter(({ outcome }) => outcome === 'failed');
  const failure = failedItems(failed, rows.length, job);
  if (failure !== undefined) throw failure;
  if (summary.state === 'cancelled' || summary.missing === 0) return;
  const hint = `Continue with 'skaha jobs resume ${job}'.`;
  const missing = rows.filter(({ outcome }) =>
    /^(pending|rejected|unanswered|unknown)$/.test(outcome),
  );
  throw new PartialError(
    `${summary.missing} of ${count(summary.sessions, 'session')} were never launched.`,
    rows.filter((row) => !missing.includes(row)).flatMap(({ id }) => id ?? []),
    missing.map(
      ({ index, name, error }): FailedItem => ({
        index: index - 1,
        item: name,
        error: new SkahaError('request.aborted', error?.message ?? 'It was not launched.', {
          hint,
        }),
      }),
    ),
    { hint },
  );
}

export const runJobsWait: Run<typeof jobsWaitCommand> = async (io, deps, options) => {
  const goal = parseGoal(options.for);
  const { job, notify: how } = options;
  await notifying(io, deps, { how, title: `skaha: ${job}` }, async () => {
    const moment = await waitForBatch(io, deps, goal, options);
    const { rows, summary } = moment;
    await render(io, {
      data: rows,
      table: () => '',
      names: () => rows.flatMap(({ id }) => id ?? []),
    });
    note(io, `${plain(job)}: ${sumsInWords(summary)}.`);
    if (!options.any && 'until' in goal && goal.until === 'finished') check(moment, job);
    return `${sumsInWords(summary)}.`;
  });
};
