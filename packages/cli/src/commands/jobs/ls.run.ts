import { note } from '@skaha/terminal/io.js';
import { renderList } from '@skaha/terminal/output/list.js';
import { plain } from '@skaha/terminal/output/text.js';
import type { Run } from '../../command.js';
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
