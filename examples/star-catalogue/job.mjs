// @ts-check
// The job itself, as one would write it for any platform: launch, follow, merge, collect.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SkahaError } from 'skaha';
import { Progress } from './progress.mjs';

const patience = 30 * 60 * 1000;

/**
 * @typedef {object} Result
 * @property {number} stars
 * @property {number} withColour
 * @property {{id: number, magnitude: number, name: string | null}} brightest
 * @property {string[]} sessions - ids: the replicas in order, the merging session last
 */

/**
 * @param {import('skaha').SkahaClient} skaha
 * @param {import('./stage.mjs').Job} job
 * @param {{image: string, replicas: number, signal: AbortSignal}} options
 * @returns {Promise<Result>}
 */
export async function runJob(skaha, job, { image, replicas, signal }) {
  const progress = new Progress(replicas, process.stderr);
  const { ids } = await skaha.sessions.create({
    name: job.name,
    kind: 'headless',
    image,
    cmd: 'node',
    args: [`${job.programs}/replica.mjs`, job.catalogue, job.results],
    replicas,
    signal,
    onCreated: ({ id }) => progress.update({ id, status: 'Pending' }),
  });
  const counted = await finish(skaha, ids, {
    signal,
    onChange: (session) => progress.update(session),
  });
  progress.end();
  await requireSuccess(skaha, counted);

  process.stderr.write('merging the parts and drawing\n');
  const merge = await skaha.sessions.create({
    name: `${job.name}-merge`,
    kind: 'headless',
    image,
    cmd: 'node',
    args: [`${job.programs}/merge.mjs`, job.results, String(replicas), job.names],
    signal,
  });
  await requireSuccess(skaha, await finish(skaha, merge.ids, { signal }));
  const summary = JSON.parse(await readFile(join(job.folder, 'summary.json'), 'utf8'));
  return { ...summary, sessions: [...ids, ...merge.ids] };
}

/**
 * @param {import('skaha').SkahaClient} skaha
 * @param {readonly string[]} ids
 * @param {{signal: AbortSignal, onChange?: (session: import('skaha').SessionInfo) => void}} options
 */
const finish = (skaha, ids, options) =>
  skaha.sessions.wait(ids, { until: 'finished', timeoutMs: patience, intervalMs: 300, ...options });

/**
 * Shows what a session that failed had to say.
 *
 * @param {import('skaha').SkahaClient} skaha
 * @param {readonly import('skaha').SessionInfo[]} sessions
 */
async function requireSuccess(skaha, sessions) {
  const failed = sessions.filter(({ status }) => status !== 'Completed');
  const [first] = failed;
  if (first === undefined) return;
  const [log] = await skaha.sessions.logs([first.id]);
  const lines = (log?.text ?? '').trimEnd().split('\n').slice(-20);
  process.stderr.write(`The log of ${first.name} (${first.id}) ends with:\n`);
  for (const line of lines) process.stderr.write(`  ${line}\n`);
  throw new SkahaError(
    'session.failed',
    `${failed.length} of ${sessions.length} sessions failed: ${failed.map(({ id }) => id).join(', ')}.`,
    { hint: 'The lines above say why.' },
  );
}
