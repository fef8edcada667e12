import { fileURLToPath } from 'node:url';
import type { Run, Runner } from '@skaha/engine/ports/runner.js';
import { expect, onTestFinished, test } from 'vitest';
import { until } from '../../platform/tests/fixtures.js';
import { RunnerBench } from '../../platform/tests/runners/set-up.js';
import type { Job, ObjectList, Pod } from '../src/client/types.js';
import { namespaceIn, runnerFor, testCluster } from './cluster.js';

// What the real API server says of sessions in every state, kept for the quick tests of the mapping.
// `-u` writes it again; without, this test fails where the server says something else today.

const image = 'images.example.org/tests/machine:1';
const cluster = testCluster({ images: [image] });

const kept: readonly string[] = [
  'type',
  'status',
  'reason',
  'message',
  'phase',
  'suspend',
  'activeDeadlineSeconds',
  'restartCount',
  'exitCode',
  'active',
  'ready',
  'succeeded',
  'failed',
  'terminating',
  'name',
  'started',
];
const times = /(?:Time|Timestamp|At)$/;
const parts: readonly string[] = [
  'metadata',
  'spec',
  'status',
  'conditions',
  'containerStatuses',
  'state',
  'lastState',
  'running',
  'waiting',
  'terminated',
  'labels',
];

/** Only what is read, with names and times that are the same each time. */
function plain(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((one) => plain(one, key));
  if (typeof value !== 'object' || value === null) return value;
  if (key === 'labels') {
    const { 'skaha.platform': instance, 'skaha.session': session } = value as Record<
      string,
      string
    >;
    return instance === undefined
      ? {}
      : { 'skaha.platform': 'one', 'skaha.session': session && 'key' };
  }
  const entries = Object.entries(value).flatMap(([name, inner]) => {
    // How often depends on the moment.
    if (name === 'restartCount') return [[name, Math.min(1, Number(inner))]];
    if (times.test(name)) return inner === null ? [] : [[name, '2026-11-29T12:00:00Z']];
    const isPart = parts.includes(name) && typeof inner === 'object';
    return isPart || (kept.includes(name) && typeof inner !== 'object')
      ? [[name, plain(inner, name)]]
      : [];
  });
  return Object.fromEntries(entries) as unknown;
}

const forever = ['/bin/sh', '-c', 'trap "exit 0" TERM; while :; do sleep 0.05; done'];

test('what the API server says of sessions is what the mapping was tried with', async () => {
  const namespace = namespaceIn(cluster);
  const bench = new RunnerBench(runnerFor(cluster, { namespace }), 1_000);
  const runner: Runner = await bench.runner();
  onTestFinished(async () => {
    await (await bench.runner()).tidy(() => false);
  });
  await runner.recover([]);
  const eat = 'const a=[];for(;;)a.push(Buffer.alloc(8<<20,1))';
  const small = { cores: 1, memory: 128 * 2 ** 20, processes: 256 };
  const once = `[ -e again ] || { touch again; exit 4; }; ${forever[2]}`;
  // All have room on a small machine, with what never ends among them.
  const modest = (command: readonly string[], more: Partial<Run> = {}) =>
    bench.run(command, { requests: { cores: 0.05, memory: 2 ** 26 }, ...more });
  const runs: Record<string, Run> = {
    running: modest(forever),
    completed: modest(['true']),
    failed: modest(['/bin/sh', '-c', 'exit 3']),
    'out-of-memory': modest(['node', '-e', eat], { limits: small }),
    deadline: modest(forever, { lifetimeSeconds: 3 }),
    'no-program': modest(['no-such-command']),
    'no-image': modest(['true'], { image: 'images.example.org/tests/none:1' }),
    evicted: modest(forever),
    restarting: modest(['/bin/sh', '-c', 'exit 5'], { kind: 'contributed' }),
    restarted: modest(['/bin/sh', '-c', once], { kind: 'contributed' }),
  };
  for (const run of Object.values(runs)) runner.launch(run);
  const { running, evicted, restarting, restarted } = runs;
  if (!running || !evicted || !restarting || !restarted) throw new Error('there are no runs');
  await bench.hasStarted(running);
  await bench.hasStarted(evicted);
  const select = (run: Run) => ['-n', namespace, 'get', 'pods', '-l', `job-name=${run.job}`];
  const pod = cluster
    .kubectl([...select(evicted), '-o', 'name'])
    .trim()
    .replace('pod/', '');
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/eviction`;
  const eviction = {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name: pod, namespace },
  };
  cluster.kubectl(['create', '--raw', path, '-f', '-'], JSON.stringify(eviction));
  const lasting = [running, restarting, restarted, runs['no-image']];
  const others = Object.entries(runs).filter(([, run]) => !lasting.includes(run));
  await until(() => others.every(([, { key }]) => bench.ended.has(key) || bench.refused.has(key)));
  const state = (run: Run, path: string) =>
    cluster.kubectl([...select(run), '-o', `jsonpath={..containerStatuses[0].${path}}`]);
  await until(() => state(restarted, 'restartCount') === '1' && state(restarted, 'state.running'));
  const ready = (run: Run) =>
    cluster.kubectl(['-n', namespace, 'get', 'job', run.job, '-o', 'jsonpath={.status.ready}']);
  await until(() => ready(restarted) === '1');
  const read = (run: Run) => {
    const job: Job = JSON.parse(
      cluster.kubectl(['-n', namespace, 'get', 'job', run.job, '-o', 'json']),
    );
    const pods: ObjectList<Pod> = JSON.parse(cluster.kubectl([...select(run), '-o', 'json']));
    return { job, pod: pods.items[0] };
  };
  // It is begun again from time to time.
  const waiting = await until(() => {
    if (ready(restarting) !== '0') return undefined;
    const seen = read(restarting);
    const { waiting: why } = seen.pod?.status?.containerStatuses?.[0]?.state ?? {};
    return why?.reason === 'CrashLoopBackOff' ? seen : undefined;
  });
  for (const [name, run] of Object.entries(runs).toReversed()) {
    const { job, pod } = run === restarting ? waiting : read(run);
    const text = JSON.stringify({ job: plain(job), pod: plain(pod ?? null) }, undefined, 2);
    const steady = text
      .replaceAll(new RegExp(`skaha-headless-ada-${run.key}(?:-\\w+)?`, 'g'), 'NAME')
      .replaceAll(/back-off [^"]*/g, 'back-off');
    const file = fileURLToPath(new URL(`./recorded/${name}.json`, import.meta.url));
    await expect(`${steady}\n`).toMatchFileSnapshot(file);
  }
  await Promise.all(
    [running, restarting, restarted].map(async (run) => await runner.terminate(run)),
  );
});
