// @ts-check
// A cluster out of sessions, from its beginning to its end: two workers, a job over the star
// catalogue, one worker lost, four workers and one again, and nothing left.
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSkahaError, SkahaClient } from 'skaha';
import { jobStore } from 'skaha/batch/journal';
import { connectCluster, createCluster, deleteCluster, scaleCluster } from 'skaha/cluster';
import { startPlatform } from 'skaha-platform';

const image = 'skaha/python:latest';
const stars = createRequire(import.meta.url).resolve('d3-celestial/data/stars.14.json');

/** Where sessions find the Python with the engine, on a platform that is started for the run. */
const pythonPlace = '/data/python';

/**
 * @param {import('skaha/cluster').ClusterEngine} engine
 * @param {string} program - what counts the stars, a Python program
 * @param {string | undefined} environment - a virtual environment of the system's Python that has the
 *   engine
 */
export async function main(engine, program, environment) {
  if (environment === undefined) {
    process.stderr.write(
      `usage: node start.mjs ENVIRONMENT   (a Python environment with ${engine.name})\n`,
    );
    return 2;
  }
  const data = await mkdtemp(join(tmpdir(), 'skaha-cluster-'));
  const mounts = [{ source: environment, target: pythonPlace, readOnly: true }];
  const capacity = { cores: 16, memoryGiB: 64 };
  const config = { sandbox: { mounts }, capacity };
  const platform = await startPlatform({
    data: join(data, 'platform'),
    port: 0,
    runner: 'sandbox',
    config,
  });
  const { url, token, ca, home } = platform;
  const skaha = new SkahaClient({ url, token, ca });
  try {
    await mkdir(join(home, 'stars'), { recursive: true });
    await cp(stars, join(home, 'stars', 'stars.json'));
    await cp(program, join(home, 'stars', 'count.py'));
    await work(skaha, jobStore(join(data, 'jobs')), engine);
    return 0;
  } catch (error) {
    process.stderr.write(`Error: ${error instanceof Error ? error.message : String(error)}\n`);
    if (isSkahaError(error)) process.stderr.write(`Hint: ${error.hint ?? '-'}\n`);
    return 1;
  } finally {
    await skaha.close();
    await platform.stop({ sessions: 'end' });
    await rm(data, { recursive: true, force: true, maxRetries: 10 });
  }
}

/**
 * @param {SkahaClient} skaha
 * @param {import('skaha/cluster').ClusterStore} store
 * @param {import('skaha/cluster').ClusterEngine} engine
 */
async function work(skaha, store, engine) {
  const name = 'stars';
  const python = `${pythonPlace}/bin/python`;
  const size = { cores: 1, memoryGiB: 2, headCores: 2, headMemoryGiB: 4 };
  const { cluster } = await createCluster(skaha, store, {
    ...{ name, engine, image, python, workers: 2, maxWorkers: 4, ...size },
  });
  say(`${cluster.live} workers of ${engine.name}`);
  try {
    const { variables } = await connectCluster(skaha, store, name);
    const count = (/** @type {number} */ workers) => job(skaha, { python, variables, workers });
    say(await count(2));

    const [victim] = cluster.workers.flatMap(({ id }) => id ?? []);
    if (victim !== undefined) await skaha.sessions.destroy([victim]);
    say('one worker was killed');
    say(await count(1));

    for (const workers of [4, 1]) {
      const { launched, removed, cluster: now } = await scaleCluster(skaha, store, name, workers);
      say(`${launched.length} launched, ${removed.length} deleted: ${now.live} workers`);
      say(await count(workers));
    }
  } finally {
    await deleteCluster(skaha, store, name);
  }
  const left = await skaha.sessions.fetch();
  say(`${left.length} sessions left`);
}

/**
 * Runs the program in a session beside the cluster.
 *
 * @param {SkahaClient} skaha
 * @param {{python: string, variables: Readonly<Record<string, string>>, workers: number}} how
 * @returns {Promise<string>} what it says last
 */
async function job(skaha, { python, variables, workers }) {
  const { ids } = await skaha.sessions.create({
    ...{ name: 'count', image, cmd: python, args: ['stars/count.py', 'stars/stars.json'] },
    ...{ cores: 1, memoryGiB: 2, env: { ...variables, WORKERS: String(workers) } },
  });
  const [session] = await skaha.sessions.wait(ids, { until: 'finished', timeoutMs: 300_000 });
  const [log] = await skaha.sessions.logs(ids);
  await skaha.sessions.destroy(ids);
  const lines = (log?.text ?? '').trimEnd().split('\n');
  if (session?.status !== 'Completed')
    throw new Error(`The job failed: ${lines.slice(-5).join(' / ')}`);
  return lines.at(-1) ?? '';
}

/** @param {string} text */
const say = (text) => void process.stdout.write(`${text}\n`);
