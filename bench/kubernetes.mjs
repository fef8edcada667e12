// @ts-check
// `npm run bench:kubernetes`: very many sessions on a cluster of simulated nodes, through the API. It
// measures creating, listing, memory and what one session costs, beside what `kubectl create` takes for
// the same Jobs; kills the platform in the middle, and counts what became of each session.
//
//   -- --sessions 5000 --users 20 --nodes 1000     as many as the budgets are for
//   -- --minutes 5                                 kills the platform at random for so long, and counts
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { KubernetesCluster } from '../packages/platform-kubernetes/tests/lab/cluster.mjs';
import { Crowd } from '../packages/platform-kubernetes/tests/lab/crowd.mjs';
import {
  buildParts,
  missingParts,
  partsFolder,
} from '../packages/platform-kubernetes/tests/lab/parts.mjs';
import { setup } from '../scripts/lib/setup.mjs';
import { costOf } from './programs/cost.mjs';

const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '1000' },
    users: { type: 'string', default: '20' },
    nodes: { type: 'string', default: '100' },
    minutes: { type: 'string' },
  },
});
const [wanted, userCount, nodes] = [values.sessions, values.users, values.nodes].map(Number);
/** What a session costs among few, to which that among many is compared. */
const few = Math.min(500, Math.floor((wanted ?? 0) / 2));

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

let isExceeded = false;

/**
 * @param {string} name
 * @param {number} value
 * @param {string} unit
 * @param {{atMost?: number, atLeast?: number}} [budget]
 */
function figure(name, value, unit, { atMost, atLeast } = {}) {
  const isBad = !(value <= (atMost ?? Infinity) && value >= (atLeast ?? -Infinity));
  isExceeded ||= isBad;
  const bound = atMost === undefined ? atLeast && `at least ${atLeast}` : `at most ${atMost}`;
  const told = `${name.padEnd(44)} ${value.toFixed(2).padStart(9)} ${unit.padEnd(12)}`;
  say(`${told} ${bound ?? ''}${isBad ? '  EXCEEDED' : ''}`.trimEnd());
}

/** @type {(what: string, check: () => Promise<boolean>, seconds?: number, everyMs?: number) => Promise<void>} */
async function until(what, check, seconds = 600, everyMs = 250) {
  const end = performance.now() + seconds * 1000;
  while (!(await check())) {
    if (performance.now() > end) throw new Error(`${what} took longer than ${seconds} s`);
    await pause(everyMs);
  }
}

/** Milliseconds of the processor that a process took so far. */
function cpuOf(/** @type {number} */ pid) {
  const told = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = told.slice(told.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** The most memory that a process ever had, in megabytes. */
function peakOf(/** @type {number} */ pid) {
  const told = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return (Number(told?.[1]) * 1024) / 1e6;
}

/** A cluster, and one platform after the other on it. */
class Bench {
  /**
   * @param {KubernetesCluster} cluster
   * @param {string} folder
   */
  constructor(cluster, folder) {
    this.cluster = cluster;
    this.data = join(folder, 'data');
    this.config = join(folder, 'platform.yaml');
    mkdirSync(this.data, { recursive: true, mode: 0o700 });
    writeFileSync(this.config, JSON.stringify(configFor(cluster.kubeconfig)));
    cluster.kubectl(['create', 'namespace', 'skaha']);
  }

  async start() {
    const { startDetached } = await import('skaha-platform');
    const { data, config } = this;
    return await startDetached({ data, config, port: 0, user: users[0] });
  }

  /**
   * @param {string} [namespace]
   * @returns {{metadata: {name: string, labels: Record<string, string>}, spec: any}[]}
   */
  jobs(namespace = 'skaha') {
    return JSON.parse(this.cluster.kubectl(['-n', namespace, 'get', 'jobs', '-o', 'json'])).items;
  }

  /**
   * How many objects there are, without reading them: reading thousands over and over would keep the
   * API server from its work.
   *
   * @param {string} path
   * @param {string} [query] - which of them
   */
  countAt(path, query = '') {
    const { metadata, items } = JSON.parse(
      this.cluster.kubectl(['get', '--raw', `${path}?limit=1${query}`]),
    );
    return items.length + (metadata.remainingItemCount ?? 0);
  }

  /** How many Jobs there are. */
  count(/** @type {string} */ namespace) {
    return this.countAt(`/apis/batch/v1/namespaces/${namespace}/jobs`);
  }

  /** Waits until so many pods run: then nobody is at work any more. */
  async settle(/** @type {string} */ namespace, /** @type {number} */ pods) {
    const path = `/api/v1/namespaces/${namespace}/pods`;
    const others = '&fieldSelector=status.phase%21%3DRunning';
    await until(
      'the pods',
      async () => this.countAt(path) >= pods && this.countAt(path, others) === 0,
      1_800,
      // Who looks often takes the processor from those who are waited for.
      2_000,
    ).catch((error) => {
      say(this.describe(namespace, pods));
      throw error;
    });
  }

  /** What became of Jobs and pods, in a line, for one who wonders what is missing. */
  describe(/** @type {string} */ namespace, /** @type {number} */ wanted) {
    const { items } = JSON.parse(
      this.cluster.kubectl(['-n', namespace, 'get', 'pods', '-o', 'json']),
    );
    const phases = new Map();
    for (const { status } of items) {
      const waits = status.conditions?.find(
        (/** @type {{status: string}} */ one) => one.status === 'False',
      );
      const name = `${status.phase} ${status.phase === 'Running' ? '' : (waits?.message ?? '')}`;
      phases.set(name.trim(), (phases.get(name.trim()) ?? 0) + 1);
    }
    const told = [...phases].map(([name, count]) => `${count} ${name}`).join('; ');
    return `wanted ${wanted}, Jobs ${this.count(namespace)}, pods: ${told}`;
  }

  /**
   * What `kubectl create` takes for Jobs like those of the platform.
   *
   * @param {number} count
   * @returns {Promise<number>} seconds
   */
  async beside(count) {
    const [{ spec, metadata } = { spec: {}, metadata: { labels: {} } }] = this.jobs();
    const { selector: _, suspend: __, template, ...rest } = spec;
    const own = /^(?:batch\.kubernetes\.io\/|controller-uid|job-name)/;
    const without = (/** @type {Record<string, string>} */ labels) =>
      Object.fromEntries(Object.entries(labels).filter(([name]) => !own.test(name)));
    const items = Array.from({ length: count }, (_unused, index) => ({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: `beside-${index}`, labels: without(metadata.labels) },
      spec: {
        ...rest,
        template: {
          ...template,
          metadata: { ...template.metadata, labels: without(template.metadata.labels) },
        },
      },
    }));
    this.cluster.kubectl(['create', 'namespace', 'beside']);
    const began = performance.now();
    this.cluster.apply({ apiVersion: 'v1', kind: 'List', items }, ['-n', 'beside'], 'create');
    const seconds = (performance.now() - began) / 1000;
    await this.settle('beside', count);
    return seconds;
  }
}

/**
 * Compares what was acknowledged, what is known and what Jobs there are.
 *
 * @param {Bench} bench
 * @param {Crowd} crowd
 */
async function reckon(bench, crowd) {
  const listed = async () =>
    (await crowd.listAll()).filter(({ status }) => status !== 'Terminating');
  await until(
    'what is known',
    async () => bench.count('skaha') === (await listed()).length,
    180,
  ).catch((error) => say(error.message));
  const known = new Set((await listed()).map(({ id }) => id));
  const jobs = bench.jobs().map(({ metadata }) => metadata.labels['skaha.session'] ?? '');
  const count = (/** @type {Iterable<string>} */ ids, /** @type {(id: string) => boolean} */ is) =>
    [...ids].filter(is).length;
  say(`acknowledged ${crowd.acknowledged.size}, known ${known.size}, Jobs ${jobs.length}`);
  const none = { atMost: 0 };
  figure(
    'lost',
    count(crowd.acknowledged, (id) => !known.has(id)),
    '',
    none,
  );
  figure('twice', jobs.length - new Set(jobs).size, '', none);
  figure(
    'Jobs that nobody knows',
    count(jobs, (id) => !known.has(id)),
    '',
    none,
  );
  figure(
    'sessions without a Job',
    count(known, (id) => !jobs.includes(id)),
    '',
    none,
  );
  figure(
    'deleted and still there',
    count(crowd.deleted, (id) => known.has(id)),
    '',
    none,
  );
}

/** @param {Bench} bench */
async function measure(bench) {
  const { describePlatform, stopPlatform } = await import('skaha-platform');
  const many = wanted ?? 0;
  let platform = await bench.start();
  let crowd = new Crowd(platform, users);
  try {
    const cost = async (/** @type {number} */ count) => {
      const there = crowd.acknowledged.size;
      const before = cpuOf(platform.pid);
      const began = performance.now();
      const seconds = await crowd.create(count);
      await until('the Jobs', async () => bench.count('skaha') >= there + count);
      const all = (performance.now() - began) / 1000;
      await bench.settle('skaha', there + count);
      return { seconds, all, cpu: (cpuOf(platform.pid) - before) / count };
    };
    await cost(Math.min(50, few));
    const small = await cost(few);
    const beside = await bench.beside(few);
    const creating = crowd.create(many - crowd.acknowledged.size - few);
    await until('half of them', async () => crowd.acknowledged.size > many / 2);
    process.kill(platform.pid, 'SIGKILL');
    await creating;
    const began = performance.now();
    platform = await bench.start();
    const restart = (performance.now() - began) / 1000;
    crowd = crowd.at(platform);
    const seconds = await crowd.create(many - crowd.acknowledged.size - few);
    say(`most of them: ${seconds.toFixed(1)} s; a start among them: ${restart.toFixed(1)} s`);
    await bench.settle('skaha', crowd.acknowledged.size);
    const large = await cost(few);
    figure('sessions created in a second', few / large.seconds, '', { atLeast: 100 });
    figure('until all are Jobs, beside kubectl create', large.all / beside, 'times', {
      atMost: 1.3,
    });
    figure('the same among few', small.all / beside, 'times', { atMost: 1.3 });
    figure(`a session among ${few}`, small.cpu, 'ms of CPU');
    figure(`a session among ${many}`, large.cpu, 'ms of CPU');
    figure('its cost among many, beside few', large.cpu / small.cpu, 'times', { atMost: 1.2 });
    await lists(platform, crowd);
    figure('memory at most', peakOf(platform.pid), 'MB', { atMost: 300 });
    const { memory = 0 } = (await describePlatform(bench.data)) ?? {};
    figure('memory now', memory / 1e6, 'MB');
    await reckon(bench, crowd);
  } finally {
    crowd.close();
    await stopPlatform({ data: bench.data, sessions: 'leave' });
  }
}

/**
 * What a list takes of the platform, beside `JSON.stringify` of the same.
 *
 * @param {{pid: number}} platform
 * @param {Crowd} crowd
 */
async function lists({ pid }, crowd) {
  // Processor time is told in hundredths of a second.
  const rounds = 50;
  // A platform that has run for a while has compiled what lists need, as JSON.stringify is.
  for (let round = 0; round < 2 * rounds; round += 1) await crowd.listAll();
  const all = await crowd.listAll();
  const before = cpuOf(pid);
  for (let round = 0; round < rounds; round += 1) await crowd.listAll();
  const ours = (cpuOf(pid) - before) / rounds;
  const { cpu } = await costOf(() => {
    for (let round = 0; round < rounds; round += 1) JSON.stringify(all, null, 2);
  });
  figure('lists of all users', ours, 'ms of CPU');
  // Of short lists the requests themselves take most.
  const budget = all.length < 5_000 ? {} : { atMost: 2 };
  figure('the same, beside JSON.stringify', ours / (cpu / rounds), 'times', budget);
}

/**
 * Kills the platform again and again while sessions are created and deleted.
 *
 * @param {Bench} bench
 * @param {number} minutes
 */
async function soak(bench, minutes) {
  const { stopPlatform } = await import('skaha-platform');
  const end = performance.now() + minutes * 60_000;
  let platform = await bench.start();
  let crowd = new Crowd(platform, users);
  let kills = 0;
  try {
    while (performance.now() < end) {
      const going = crowd.create(Math.ceil(Math.random() * 60)).then(async () => {
        await crowd.delete(Math.ceil(Math.random() * 30));
      });
      // It may find nothing to talk to any more.
      const gone = going.catch((error) => {
        if (!('code' in error)) throw error;
      });
      await pause(Math.random() * 2_500);
      process.kill(platform.pid, 'SIGKILL');
      await gone;
      kills += 1;
      platform = await bench.start();
      crowd = crowd.at(platform);
    }
    say(`killed ${kills} times; deleted ${crowd.deleted.size} sessions`);
    await reckon(bench, crowd);
  } finally {
    crowd.close();
    await stopPlatform({ data: bench.data, sessions: 'leave' });
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
  const end = async () => {
    const { stopPlatform } = await import('skaha-platform');
    await stopPlatform({ data: join(folder, 'data'), sessions: 'leave' }).catch(() => undefined);
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  // All of it is apart from this process, and would go on for ever.
  for (const name of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.once(name, () => void end().finally(() => process.exit(1)));
  }
  try {
    await cluster.start();
    await cluster.addSimulatedNodes(nodes ?? 1);
    const bench = new Bench(cluster, folder);
    if (values.minutes === undefined) await measure(bench);
    else await soak(bench, Number(values.minutes));
    return isExceeded ? 1 : 0;
  } finally {
    await end();
  }
}

process.exitCode = await main();
