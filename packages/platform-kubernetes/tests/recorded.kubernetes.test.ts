import { fileURLToPath } from 'node:url';
import type { Run, Runner } from '@skaha/engine/ports/runner.js';
import { expect, onTestFinished, test } from 'vitest';
import { until } from '../../platform/tests/fixtures.js';
import { RunnerBench } from '../../platform/tests/runners/set-up.js';
import { namespaceIn, runnerFor, testCluster } from './cluster.js';

// What the real API server says of sessions in every state, kept for the quick tests of the mapping.
// `-u` writes it again; without, this test fails where the server says something else today.

const image = 'images.example.org/tests/machine:1';
const cluster = testCluster({ images: [image] });

const kept: readonly string[] = [
  ...['type', 'status', 'reason', 'message', 'phase', 'suspend', 'activeDeadlineSeconds'],
  ...['exitCode', 'active', 'ready', 'succeeded', 'failed', 'terminating', 'name', 'started'],
];
const times = /(?:Time|Timestamp|At)$/;
const parts: readonly string[] = [
  ...['metadata', 'spec', 'status', 'conditions', 'containerStatuses', 'state', 'lastState'],
  ...['running', 'waiting', 'terminated', 'labels'],
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
  const runs: Record<string, Run> = {
    running: bench.run(forever),
    completed: bench.run(['true']),
    failed: bench.run(['/bin/sh', '-c', 'exit 3']),
    'out-of-memory': bench.run(['node', '-e', eat], { limits: small }),
    deadline: bench.run(forever, { lifetimeSeconds: 3 }),
    'no-program': bench.run(['no-such-command']),
    'no-image': bench.run(['true'], { image: 'images.example.org/tests/none:1' }),
    evicted: bench.run(forever),
  };
  for (const run of Object.values(runs)) runner.launch(run);
  const { running, evicted } = runs;
  if (running === undefined || evicted === undefined) throw new Error('there are no runs');
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
  const others = Object.entries(runs).filter(([name]) => !['running', 'no-image'].includes(name));
  await until(() => others.every(([, { key }]) => bench.ended.has(key) || bench.refused.has(key)));
  for (const [name, run] of Object.entries(runs)) {
    const job: unknown = JSON.parse(
      cluster.kubectl(['-n', namespace, 'get', 'job', run.job, '-o', 'json']),
    );
    const pods = JSON.parse(cluster.kubectl([...select(run), '-o', 'json'])) as {
      items: unknown[];
    };
    const text = JSON.stringify(
      { job: plain(job), pod: plain(pods.items[0] ?? null) },
      undefined,
      2,
    );
    const steady = text.replaceAll(
      new RegExp(`skaha-headless-ada-${run.key}(?:-\\w+)?`, 'g'),
      'NAME',
    );
    const file = fileURLToPath(new URL(`./recorded/${name}.json`, import.meta.url));
    await expect(`${steady}\n`).toMatchFileSnapshot(file);
  }
  await runner.terminate(running);
});
