import { confirm } from '@skaha/terminal/confirm.js';
import { note } from '@skaha/terminal/io.js';
import { render } from '@skaha/terminal/output/render.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import { usageError } from '@skaha/terminal/usage.js';
import { type FailedItem, isSkahaError, PartialError } from 'skaha';
import type { Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import { summaryOf } from './jobs-view.js';
import { readKnownJob } from './show.run.js';

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
