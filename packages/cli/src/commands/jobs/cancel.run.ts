import { confirm } from '@skaha/terminal/confirm.js';
import { type Io, note } from '@skaha/terminal/io.js';
import { progressMode } from '@skaha/terminal/output/progress-option.js';
import { render } from '@skaha/terminal/output/render.js';
import { createSteps } from '@skaha/terminal/output/steps.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import type { Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import { readKnownJob } from './show.run.js';

export interface JobsCancelOptions {
  job: string;
  finished: boolean;
  progress: string;
}

/** Says how many sessions are gone; which they are is told at the end. */
function createTeller(io: Io, deps: Deps, progress: string) {
  const mode = progressMode(progress);
  const steps = createSteps(io, { mode, now: deps.now, fewItems: 8, tellsAll: false });
  let done = 0;
  return {
    onRemoved: ({ id, name }: { id: string; name: string }, total: number) => {
      done += 1;
      const text = `deleted ${id} (${plain(name)})`;
      const summary = `${done} of ${count(total, 'session')} deleted`;
      steps.step({ event: 'delete', id, phase: 'deleted', done, total, text, summary });
    },
    end: () => steps.end(),
  };
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
    import('skaha/internal/batch/cancel.js'),
  ]);
  const journal = await store.open(job, io.signal);
  try {
    const { state: before } = await readKnownJob(deps, job);
    const gone = new Set(
      before.items.filter(({ phase }) => phase === 'removed').map(({ index }) => index),
    );
    const { finished } = options;
    const { onRemoved, end } = createTeller(io, deps, options.progress);
    const request = { journal, finished, signal: io.signal, onRemoved };
    const state = await cancelBatch(client, request).finally(end);
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
