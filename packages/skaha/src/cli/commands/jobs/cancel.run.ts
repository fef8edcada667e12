import type { Run } from '../../command.js';
import { confirm } from '../../confirm.js';
import { note } from '../../io.js';
import { render } from '../../output/render.js';
import { plain } from '../../output/text.js';
import { readKnownJob } from './show.run.js';

export interface JobsCancelOptions {
  job: string;
  finished: boolean;
}

/** Cancels a batch. */
export const runJobsCancel: Run<JobsCancelOptions> = async (io, deps, options) => {
  const { job } = await readKnownJob(deps, options.job);
  const what = options.finished ? 'all its sessions' : 'its sessions that have not finished';
  if (!(await confirm(io, `Cancel the batch ${plain(job)} and delete ${what}?`))) {
    note(io, 'Nothing was cancelled.');
    return undefined;
  }
  const [store, client, { cancelBatch }] = await Promise.all([
    deps.jobs(),
    deps.client(),
    import('../../../batch/cancel.js'),
  ]);
  const journal = await store.open(job, io.signal);
  try {
    const { state: before } = await readKnownJob(deps, job);
    const gone = new Set(
      before.items.filter(({ phase }) => phase === 'removed').map(({ index }) => index),
    );
    const { finished } = options;
    const state = await cancelBatch(client, { journal, finished, signal: io.signal });
    const removed = state.items.filter(
      ({ phase, index }) => phase === 'removed' && !gone.has(index),
    );
    await render(io, {
      data: removed.map(({ id = '', name }) => ({
        ...{ id, name, ok: true, action: 'delete', error: null },
      })),
      table: () => removed.map(({ id, name }) => `deleted ${id} (${plain(name)})\n`).join(''),
      names: () => removed.map(({ id = '' }) => id),
    });
    note(io, `The batch ${plain(job)} is cancelled.`);
    return undefined;
  } finally {
    await journal.close();
  }
};
