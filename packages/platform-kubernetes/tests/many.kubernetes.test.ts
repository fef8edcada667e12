import { mkdirSync } from 'node:fs';
import type { Run } from '@skaha/engine/ports/runner.js';
import { expect, test } from 'vitest';
import { RunnerBench } from '../../platform/tests/runners/set-up.js';
import { namespaceIn, runnerFor, simulated, testCluster } from './cluster.js';
import { queuesIn } from './queues.js';

// What Kueue makes of very many sessions of three communities that lend each other what they leave unused.

const cluster = testCluster({ simulatedNodes: 4, kueue: true });

/** What each queue may use, in sessions of one core. */
const quota = 20;
const queues = { physics: 'ada', chemistry: 'bob', school: 'eve' } as const;
type Queue = keyof typeof queues;

/** How long one session lasts. */
const lasting = '3s';

/** What Kueue tells of a Job. */
interface Workload {
  readonly metadata: { readonly ownerReferences: readonly { readonly name: string }[] };
  readonly status: {
    readonly conditions: readonly {
      readonly type: string;
      readonly status: string;
      readonly lastTransitionTime: string;
    }[];
  };
}

/** A runner in a namespace of its own, with queues, and what it told of each run. */
async function community() {
  const namespace = namespaceIn(cluster);
  queuesIn(cluster, namespace, Object.keys(queues), quota);
  const kueue = {
    queue: 'physics',
    users: { bob: 'chemistry', eve: 'school' },
    priorityClass: { notebook: 'high' },
  };
  const settings = { namespace, kueue, ...simulated(lasting) };
  const bench = new RunnerBench(runnerFor(cluster, settings));
  for (const user of ['bob', 'eve']) mkdirSync(bench.path(`arc/home/${user}`));
  const runner = await bench.runner();
  await runner.recover([]);
  const whole = { requests: { cores: 1, memory: 2 ** 28 } };
  const launch = (queue: Queue, count: number, more: Partial<Run> = {}) =>
    Array.from({ length: count }, () => {
      const user = queues[queue];
      const volumes = [{ kind: 'home', user } as const];
      const run = bench.run(['sleep', '9'], { ...whole, user, volumes, ...more });
      runner.launch(run);
      return run;
    });
  return { namespace, bench, launch };
}

const patience = { timeout: 240_000, interval: 500 };

test('500 sessions in three queues run as Kueue decides, each to its end, and are told why they wait', async () => {
  const { namespace, bench, launch } = await community();
  const waits = new Map<string, Set<string>>();
  const begun = new Map<string, number>();
  const { pending, noted, started } = bench.parts.listener;
  bench.parts.listener.started = (key, at = Number.NaN) => {
    started(key, at);
    begun.set(key, at);
  };
  const hear = (key: string, words = '') => {
    waits.set(key, (waits.get(key) ?? new Set()).add(words));
  };
  bench.parts.listener.pending = (key, waiting) => {
    pending(key, waiting);
    if (waiting.queued && waiting.note !== undefined) hear(key, waiting.note.message);
  };
  bench.parts.listener.noted = (key, note) => {
    noted(key, note);
    hear(key, note.message);
  };
  const told = ({ key }: Run, words: RegExp) =>
    [...(waits.get(key) ?? [])].some((one) => words.test(one));
  const physics = launch('physics', 300);
  // Alone, they have what is everybody's: three times what is theirs.
  await expect.poll(() => bench.started.length, patience).toBeGreaterThan(2 * quota);
  const others = [...launch('chemistry', 120), ...launch('school', 60)];
  const urgent = launch('school', 20, { kind: 'notebook' });
  const all = [...physics, ...others, ...urgent];
  await expect.poll(() => bench.ended.size, patience).toBe(500);
  expect(bench.refused.size).toBe(0);
  for (const run of all) expect(bench.ended.get(run.key)).toMatchObject({ status: 0 });
  expect(new Set(bench.started)).toEqual(new Set(all.map(({ key }) => key)));
  // Nothing of what happened is without a word: who waited knows why, who lost its place for whom.
  const preempted = physics.filter((run) => told(run, /[Pp]reempted to accommodate/));
  expect(preempted.length).toBeGreaterThan(0);
  const waited = all.filter((run) => told(run, /insufficient unused quota for cpu/));
  expect(waited.length).toBeGreaterThan(250);
  expect(all.filter((run) => told(run, /^place \d+ in the queue \w+$/)).length).toBeGreaterThan(0);
  expect(
    all.filter((run) => told(run, /^at least \d+ wait before it in the queue/)).length,
  ).toBeGreaterThan(100);
  // What goes first goes first: the urgent ones, which came last, are not the last of their queue.
  const lastOf = (runs: readonly Run[]) =>
    Math.max(...runs.map(({ key }) => bench.started.lastIndexOf(key)));
  const ordinary = others.filter(({ user }) => user === queues.school);
  expect(lastOf(urgent)).toBeLessThan(lastOf(ordinary));
  const read = (kind: string) =>
    JSON.parse(cluster.kubectl(['-n', namespace, 'get', kind, '-o', 'json'])).items;
  // The order is Kueue's: nothing ran before it was let in, and nothing ran twice.
  const admitted = new Map(
    (read('workloads.kueue.x-k8s.io') as Workload[]).map(({ metadata, status }) => {
      const found = status.conditions.find(({ type }) => type === 'QuotaReserved');
      return [metadata.ownerReferences[0]?.name, Date.parse(found?.lastTransitionTime ?? '')];
    }),
  );
  expect(admitted.size).toBe(500);
  for (const { key, job } of all) {
    expect(begun.get(key)).toBeGreaterThanOrEqual(admitted.get(job) ?? Number.NaN);
  }
  const jobs = read('jobs') as { status: { succeeded?: number; failed?: number } }[];
  expect(jobs).toHaveLength(500);
  expect(jobs.filter(({ status }) => status.succeeded !== 1 || (status.failed ?? 0) > 0)).toEqual(
    [],
  );
}, 600_000);
