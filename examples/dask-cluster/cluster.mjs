// @ts-check
// A cluster out of sessions, from its beginning to its end: two workers, a job over the star
// catalogue, one worker lost, four workers and one again, and nothing left. With `contributed` as the
// second argument the head has a page, which shows the dashboard of the engine.
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { get } from 'node:https';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { isSkahaError, SkahaClient } from 'skaha';
import { jobStore } from 'skaha/batch/journal';
import { connectCluster, createCluster, deleteCluster, scaleCluster } from 'skaha/cluster';
import { startPlatform } from 'skaha-platform';

const image = 'skaha/python:latest';

/** The image of a head with a page: its own command starts the engine. */
const headImage = 'skaha/engine:latest';

const stars = createRequire(import.meta.url).resolve('d3-celestial/data/stars.14.json');

/** Where sessions find the Python with the engine, on a platform that is started for the run. */
const pythonPlace = '/data/python';

/**
 * @typedef {object} Part
 * @property {import('skaha/cluster').ClusterEngine} engine
 * @property {string} program - what counts the stars, a Python program
 * @property {string} head - how an image starts a head: arguments of Python
 * @property {string} dashboard - where on the page of such a head the dashboard is
 */

/**
 * @param {Part} part
 * @param {readonly (string | undefined)[]} words - a virtual environment of the system's Python that
 *   has the engine, and the kind of the head
 */
export async function main(part, [environment, kind = 'headless']) {
  if (environment === undefined || (kind !== 'headless' && kind !== 'contributed')) {
    process.stderr.write(
      `usage: node start.mjs ENVIRONMENT [contributed]   (a Python environment with ${part.engine.name})\n`,
    );
    return 2;
  }
  const data = await mkdtemp(join(tmpdir(), 'skaha-cluster-'));
  const mounts = [{ source: environment, target: pythonPlace, readOnly: true }];
  const capacity = { cores: 16, memoryGiB: 64 };
  const images = [
    { id: `images.canfar.net/${image}`, types: ['headless'], command: ['python3'] },
    {
      id: `images.canfar.net/${headImage}`,
      types: ['contributed'],
      command: ['/bin/sh', '-c', `exec ${pythonPlace}/bin/python ${part.head}`],
    },
  ];
  const platform = await startPlatform({
    data: join(data, 'platform'),
    port: 0,
    runner: 'sandbox',
    config: { sandbox: { mounts, interactiveNetwork: 'none' }, capacity, images },
  });
  const { url, token, ca, home } = platform;
  const skaha = new SkahaClient({ url, token, ca });
  try {
    await mkdir(join(home, 'stars'), { recursive: true });
    await cp(stars, join(home, 'stars', 'stars.json'));
    await cp(part.program, join(home, 'stars', 'count.py'));
    const look = (/** @type {string} */ address) => pageOf(address, token, ca);
    await work(skaha, jobStore(join(data, 'jobs')), { ...part, kind, look });
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
 * @param {Part & {kind: 'headless' | 'contributed', look: (address: string) => Promise<string>}} how
 */
async function work(skaha, store, { engine, dashboard: path, kind, look }) {
  const name = 'stars';
  const python = `${pythonPlace}/bin/python`;
  const size = { cores: 1, memoryGiB: 2, headCores: 2, headMemoryGiB: 4 };
  const { cluster } = await createCluster(skaha, store, {
    name,
    engine,
    image,
    python,
    workers: 2,
    maxWorkers: 4,
    ...size,
    ...(kind === 'contributed' ? { headKind: kind, headImage } : {}),
  });
  say(`${cluster.live} workers of ${engine.name}`);
  try {
    const { variables, dashboard } = await connectCluster(skaha, store, name);
    if (kind === 'contributed') {
      const page = await look(new URL(path, dashboard).href);
      say(`its dashboard: ${/<title>(.*?)<\/title>/s.exec(page)?.[1]?.trim()}`);
    }
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
    name: 'count',
    image,
    cmd: python,
    args: ['stars/count.py', 'stars/stars.json'],
    cores: 1,
    memoryGiB: 2,
    env: { ...variables, WORKERS: String(workers) },
  });
  const [session] = await skaha.sessions.wait(ids, { until: 'finished', timeoutMs: 300_000 });
  const [log] = await skaha.sessions.logs(ids);
  await skaha.sessions.destroy(ids);
  const lines = (log?.text ?? '').trimEnd().split('\n');
  if (session?.status !== 'Completed')
    throw new Error(`The job failed: ${lines.slice(-5).join(' / ')}`);
  return lines.at(-1) ?? '';
}

/**
 * What the owner sees at an address of the platform. 'skaha open' leads a browser there.
 *
 * @param {string} address
 * @param {string} token
 * @param {string} ca - a file
 * @returns {Promise<string>}
 */
async function pageOf(address, token, ca) {
  const options = { ca: await readFile(ca), headers: { authorization: `Bearer ${token}` } };
  return new Promise((resolve, reject) => {
    get(address, options, (reply) => resolve(text(reply))).on('error', reject);
  });
}

/** @param {string} words */
const say = (words) => void process.stdout.write(`${words}\n`);
