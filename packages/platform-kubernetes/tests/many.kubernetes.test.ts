import { mkdirSync } from 'node:fs';
import type { Run } from '@skaha/engine/ports/runner.js';
import { expect, test } from 'vitest';
import { RunnerBench } from '../../platform/tests/runners/set-up.js';
import { namespaceIn, runnerFor, simulated, testCluster } from './cluster.js';
import { queuesIn } from './queues.js';

// What Kueue makes of very many sessions of three communities that lend each other what they leave unused.

const cluster = testCluster({ simulatedNodes: 4, kueue: true });

/** How many sessions each queue may have; those of the others may be borrowed. */
const quota = 20;
const queues = { physics: 'ada', chemistry: 'bob', school: 'eve' } as const;
type Queue = keyof typeof queues;

/** What Kueue tells of a Job. */
interface Workload {
  readonly metadata: {
    readonly creationTimestamp: string;
    readonly ownerReferences: readonly { readonly name: string }[];
  };
  readonly status?: { readonly conditions?: readonly { type: string; status: string }[] };
}

/** A runner in a namespace of its own, with queues; how each run stands, and what was told of it. */
async function community() {
  const namespace = namespaceIn(cluster);
  queuesIn(cluster, namespace, Object.keys(queues), quota);
  const kueue = {
    queue: 'physics',
    users: { bob: 'chemistry', eve: 'school' },
    priorityClass: { notebook: 'high' },
  };
  const bench = new RunnerBench(runnerFor(cluster, { namespace, kueue, ...simulated() }));
  for (const user of ['bob', 'eve']) mkdirSync(bench.path(`arc/home/${user}`));
  const running = new Set<string>();
  const words = new Map<string, string[]>();
  const hear = (key: string, message = '') => {
    words.set(key, [...(words.get(key) ?? []), message]);
  };
  Object.assign(bench.parts.listener, {
    started: (key: string) => running.add(key),
    pending: (key: string, { note }: { note?: { message: string } }) => {
      running.delete(key);
      hear(key, note?.message);
    },
    noted: (key: string, { message }: { message: string }) => hear(key, message),
    ended: (key: string) => {
      running.delete(key);
      bench.ended.set(key, { status: undefined });
    },
  });
  const runner = await bench.runner();
  await runner.recover([]);
  const launch = (queue: Queue, count: number, more: Partial<Run> = {}) =>
    Array.from({ length: count }, () => {
      const user = queues[queue];
      const volumes = [{ kind: 'home', user } as const];
      const requests = { cores: 1, memory: 2 ** 28 };
      const run = bench.run(['sleep', '9'], { requests, user, volumes, ...more });
      runner.launch(run);
      return run;
    });
  const among = (runs: readonly Run[]) => runs.filter(({ key }) => running.has(key));
  const told = (runs: readonly Run[], pattern: RegExp) =>
    runs.filter(({ key }) => words.get(key)?.some((one) => pattern.test(one)));
  return { namespace, bench, runner, launch, among, told };
}

const patience = { timeout: 300_000, interval: 250 };

test('500 sessions in three queues run as Kueue decides, and are told why they wait', async () => {
  const { namespace, bench, runner, launch, among, told } = await community();
  const physics = launch('physics', 300);
  // Alone, they have what is everybody's.
  await expect.poll(() => among(physics).length, patience).toBe(3 * quota);
  const waiting = physics.filter((run) => !among(physics).includes(run));
  const why = /insufficient unused quota for cpu/;
  await expect.poll(() => told(waiting, why).length, patience).toBe(waiting.length);
  const chemistry = launch('chemistry', 120);
  const school = launch('school', 60);
  const urgent = launch('school', 20, { kind: 'notebook' });
  // Whose quota it is gets it back, and of them who goes first.
  await expect
    .poll(() => [physics, chemistry, school, urgent].map((runs) => among(runs).length), patience)
    .toEqual([quota, quota, 0, quota]);
  await expect
    .poll(() => told(physics, /[Pp]reempted to accommodate a workload/).length, patience)
    .toBeGreaterThanOrEqual(2 * quota);
  // All of the others know why they wait, and where.
  const others = [...chemistry, ...school];
  await expect
    .poll(() => others.every((run) => among([run]).length + told([run], why).length > 0), patience)
    .toBe(true);
  const places = [...physics, ...others].filter((run) => among([run]).length === 0);
  const place =
    /^(?:place \d+|at least \d+ wait before it) in the queue (?:physics|chemistry|school)$/;
  await expect.poll(() => told(places, place).length, patience).toBe(places.length);
  // Of equals, the oldest run; Kueue's clock has whole seconds.
  const { items } = JSON.parse(
    cluster.kubectl(['-n', namespace, 'get', 'workloads.kueue.x-k8s.io', '-o', 'json']),
  ) as { items: Workload[] };
  expect(items).toHaveLength(500);
  const since = new Map(
    items.map(({ metadata }) => [
      metadata.ownerReferences[0]?.name,
      Date.parse(metadata.creationTimestamp),
    ]),
  );
  const ages = (runs: readonly Run[]) => runs.map(({ job }) => since.get(job) ?? Number.NaN);
  const behind = chemistry.filter((run) => among([run]).length === 0);
  expect(Math.max(...ages(among(chemistry)))).toBeLessThanOrEqual(Math.min(...ages(behind)));
  // What ends makes room for the next.
  await Promise.all(urgent.map(async (run) => await runner.terminate(run)));
  await expect.poll(() => among(school).length, patience).toBe(quota);
  expect(bench.ended.size).toBe(urgent.length);
  expect(bench.refused.size).toBe(0);
}, 900_000);
