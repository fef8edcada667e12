import { note } from '@skaha/terminal/io.js';
import { render } from '@skaha/terminal/output/render.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import type { Run } from '../../command.js';
import { parseRetryOn } from '../session/create-batch.js';
import { readRegistry } from '../session/create-registry.js';
import { itemRows } from './jobs-view.js';
import { complaint, follow, sessionsOf } from './launch.js';
import { readKnownJob } from './show.run.js';

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
