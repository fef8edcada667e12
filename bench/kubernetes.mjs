// @ts-check
// `npm run bench:kubernetes`: very many sessions on a cluster of simulated nodes, through the API. It
// measures creating and listing, kills the platform in the middle, and counts what became of each.
//
//   -- --sessions 5000 --users 20 --nodes 1000     as much as the budgets are for
//   -- --kills 20                                  kills the platform so often while it creates
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { KubernetesCluster } from '../packages/platform-kubernetes/tests/lab/cluster.mjs';
import {
  buildParts,
  missingParts,
  partsFolder,
} from '../packages/platform-kubernetes/tests/lab/parts.mjs';
import { setup } from '../scripts/lib/setup.mjs';

const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '500' },
    users: { type: 'string', default: '20' },
    nodes: { type: 'string', default: '100' },
    kills: { type: 'string', default: '1' },
  },
});
const [wanted, userCount, nodes, kills] = [
  values.sessions,
  values.users,
  values.nodes,
  values.kills,
].map(Number);

const image = 'images.canfar.net/skaha/terminal:1.1.2';
const say = (/** @type {string} */ words) => process.stdout.write(`${words}\n`);

/** What a node that only seems to run things is told of the pods of sessions: they last. */
const stages = {
  'pod-create.stage.kwok.x-k8s.io/delay': '10ms',
  'pod-create.stage.kwok.x-k8s.io/jitter-delay': '20ms',
  'pod-ready.stage.kwok.x-k8s.io/delay': '10ms',
  'pod-ready.stage.kwok.x-k8s.io/jitter-delay': '20ms',
  'pod-complete.stage.kwok.x-k8s.io/delay': '3600s',
  'pod-complete.stage.kwok.x-k8s.io/jitter-delay': '3601s',
};

const users = Array.from({ length: userCount ?? 1 }, (_, index) => `user${index + 1}`);

/** @param {string} kubeconfig */
const configFor = (kubeconfig) => ({
  runner: 'kubernetes',
  runners: {
    kubernetes: {
      kubeconfig,
      namespace: 'skaha',
      nodeSelector: { type: 'kwok' },
      tolerations: [{ key: 'kwok.x-k8s.io/node', operator: 'Exists' }],
      annotations: stages,
    },
  },
  limits: { cores: { options: [1, 2, 4], default: 1 } },
  users: users.slice(1).map((name) => ({ name })),
});

/** @typedef {{acknowledged: Set<string>, seconds: number}} Made */

/**
 * Creates sessions as all users at once.
 *
 * @param {import('skaha-platform').PlatformDescription} platform
 * @param {number} count
 * @param {Made} made - filled while it goes on
 */
async function create({ url, ca, data }, count, made) {
  const { SkahaClient } = await import('skaha');
  const { readFileSync } = await import('node:fs');
  const started = performance.now();
  await Promise.all(
    users.map(async (user) => {
      const token = readFileSync(join(data, 'private', 'users', `${user}.token`), 'utf8').trim();
      const skaha = new SkahaClient({ url, ca, token, retries: 0 });
      try {
        await skaha.sessions.create({
          name: `bench-${user}`,
          kind: 'headless',
          image,
          cmd: 'sleep',
          args: ['3600'],
          cores: 1,
          memoryGiB: 1,
          replicas: Math.max(1, Math.round(count / users.length)),
          onCreated: ({ id }) => made.acknowledged.add(id),
        });
      } catch {
        // The platform was killed; what it acknowledged counts.
      } finally {
        await skaha.close();
      }
    }),
  );
  made.seconds += (performance.now() - started) / 1000;
}

/** @param {KubernetesCluster} cluster */
const jobsOf = (cluster) =>
  /** @type {{metadata: {labels: Record<string, string>}}[]} */ (
    JSON.parse(cluster.kubectl(['-n', 'skaha', 'get', 'jobs', '-o', 'json'])).items
  ).map(({ metadata }) => metadata.labels['skaha.session'] ?? '');

/**
 * @param {import('skaha-platform').PlatformDescription} platform
 * @returns {Promise<Set<string>>} the sessions of all users that it knows
 */
async function knownTo({ url, ca, data }) {
  const { SkahaClient } = await import('skaha');
  const { readFileSync } = await import('node:fs');
  /** @type {Set<string>} */
  const known = new Set();
  for (const user of users) {
    const token = readFileSync(join(data, 'private', 'users', `${user}.token`), 'utf8').trim();
    const skaha = new SkahaClient({ url, ca, token });
    for (const { id } of await skaha.sessions.fetch()) known.add(id);
    await skaha.close();
  }
  return known;
}

/** @type {(what: string, check: () => Promise<boolean>, seconds?: number) => Promise<void>} */
async function until(what, check, seconds = 600) {
  const end = performance.now() + seconds * 1000;
  while (!(await check())) {
    if (performance.now() > end) throw new Error(`${what} took longer than ${seconds} s`);
    await pause(500);
  }
}

/** @type {(cluster: KubernetesCluster, folder: string) => Promise<boolean>} */
async function measure(cluster, folder) {
  const { describePlatform, startDetached, stopPlatform } = await import('skaha-platform');
  const data = join(folder, 'data');
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const config = join(folder, 'platform.yaml');
  writeFileSync(config, JSON.stringify(configFor(cluster.kubeconfig)));
  const start = async () => await startDetached({ data, config, port: 0, user: users[0] });
  cluster.kubectl(['create', 'namespace', 'skaha']);
  let platform = await start();
  try {
    /** @type {Made} */
    const made = { acknowledged: new Set(), seconds: 0 };
    const rounds = (kills ?? 0) + 1;
    for (let round = 0; round < rounds; round += 1) {
      const going = create(platform, Math.ceil((wanted ?? 1) / rounds), made);
      if (round < rounds - 1) {
        await Promise.race([going, pause(300 + Math.random() * 3_000)]);
        process.kill(platform.pid, 'SIGKILL');
        await going;
        platform = await start();
      }
      await going;
    }
    const count = made.acknowledged.size;
    say(
      `created          ${count} in ${made.seconds.toFixed(1)} s: ${(count / made.seconds).toFixed(0)} a second`,
    );
    const began = performance.now();
    await until('the Jobs', async () => jobsOf(cluster).length >= count);
    say(`all are Jobs     ${((performance.now() - began) / 1000).toFixed(1)} s later`);
    const known = await knownTo(platform);
    await until('what is known', async () => jobsOf(cluster).length === known.size, 120);
    const jobs = jobsOf(cluster);
    const lost = [...made.acknowledged].filter((id) => !known.has(id));
    const twice = jobs.length - new Set(jobs).size;
    const orphans = jobs.filter((id) => !known.has(id));
    const missing = [...known].filter((id) => !jobs.includes(id));
    say(`acknowledged     ${count}, known ${known.size}, Jobs ${jobs.length}`);
    say(
      `lost ${lost.length}, twice ${twice}, orphans ${orphans.length}, without a Job ${missing.length}`,
    );
    const { memory } = (await describePlatform(data)) ?? { memory: 0 };
    say(`memory           ${(memory / 2 ** 20).toFixed(0)} MiB`);
    return lost.length + twice + orphans.length + missing.length === 0;
  } finally {
    await stopPlatform({ data, sessions: 'leave' });
  }
}

async function main() {
  if (!(await setup())) return 1;
  const parts = partsFolder();
  if (missingParts(parts).some((name) => name === 'kubernetes' || name === 'kwok')) {
    buildParts(parts, say);
  }
  const folder = mkdtempSync(join(tmpdir(), 'skaha-bench-kubernetes-'));
  const cluster = new KubernetesCluster(join(folder, 'cluster'), parts);
  try {
    await cluster.start();
    await cluster.addSimulatedNodes(nodes ?? 1);
    return (await measure(cluster, folder)) ? 0 : 1;
  } finally {
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = await main();
