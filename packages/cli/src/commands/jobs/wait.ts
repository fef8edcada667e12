import { type Io, note } from '@skaha/terminal/io.js';
import { render } from '@skaha/terminal/output/render.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import { type FailedItem, isSkahaError, PartialError, SkahaError } from 'skaha';
import { failedSessions, type ListedItem, missingItems } from 'skaha/batch';
import type { OptionsOf, Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import { notifying } from '../../notify.js';
import { reworded } from '../../output/outcome.js';
import { type Goal, parseGoal, waitForAll } from '../session/wait.js';
import type { jobsWaitCommand } from './definitions.js';
import { type LookedBatch, lookAtOne, readKnownJob } from './look.js';
import { itemRow, sessionsText } from './view.js';

type JobsWaitOptions = OptionsOf<typeof jobsWaitCommand>;

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
  const looked = await lookAtOne(io, deps, known);
  // A wait cannot do without the platform: this says why it does not answer.
  if (looked.progress.sessions === undefined) await client.sessions.fetch({ signal: io.signal });
  return looked;
}

const isActive = ({ phase, id }: ListedItem): boolean => phase === 'launched' && id !== undefined;

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
): Promise<LookedBatch> {
  const { job, interval, any, progress } = options;
  const began = deps.now();
  const isEnd = 'until' in goal && goal.until === 'finished';
  for (;;) {
    const batch = await lookNow(io, deps, job);
    const { items } = batch.progress;
    const timeoutMs = timeLeft(options, deps.now() - began, job);
    const active = items.filter(isActive);
    if (active.length === 0 && batch.owner === undefined) return batch;
    if (any && isEnd && items.some(({ phase }) => /^(completed|failed)$/.test(phase))) return batch;
    const ids = active.flatMap(({ id, status }) => (status === undefined ? [] : (id ?? [])));
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

export const runJobsWait: Run<typeof jobsWaitCommand> = async (io, deps, options) => {
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
    const isEnd = 'until' in goal && goal.until === 'finished';
    if (isEnd && !options.any) checkAllCompleted(batch);
    return `${summary}.`;
  });
};
