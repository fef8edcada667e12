import type { Run } from '../../command.js';
import { isMachine, note } from '../../io.js';
import { render } from '../../output/render.js';
import { table } from '../../output/table.js';
import { plain } from '../../output/text.js';
import { jobColumns, summaryOf } from './jobs-view.js';

export type JobsLsOptions = Record<never, never>;

/** Lists batches. */
export const runJobsLs: Run<JobsLsOptions> = async (io, deps) => {
  const store = await deps.jobs();
  const stored = await store.list();
  for (const { error } of stored) if (error !== undefined) note(io, plain(error.message));
  const jobs = stored.flatMap(({ job, state, owner }) =>
    state === undefined ? [] : [summaryOf(job, state, owner !== undefined)],
  );
  if (jobs.length === 0 && !isMachine(io.format)) {
    note(io, "No batches. 'skaha create ... --replicas', '--array' or '--params' launches one.");
    return undefined;
  }
  await render(io, {
    data: jobs,
    table: () => table(io, jobColumns(deps.now()), jobs),
    names: () => jobs.map(({ job }) => job),
  });
  return undefined;
};
