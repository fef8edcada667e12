import { mkdirSync } from 'node:fs';
import type { Run } from '@skaha/engine/ports/runner.js';
import { expect, onTestFinished, test } from 'vitest';
import { until } from '../../platform/tests/fixtures.js';
import { RunnerBench } from '../../platform/tests/runners/set-up.js';
import { openKubernetes } from '../src/open.js';
import { namespaceIn, runnerFor, simulated, testCluster } from './cluster.js';
import { queuesIn } from './queues.js';

const cluster = testCluster({ simulatedNodes: 4, kueue: true });

/** A runner, and all that it tells of runs that wait, as `KEY QUEUED WORDS`. */
async function queueing(namespace: string, kueue: object) {
  const settings = { namespace, kueue, ...simulated() };
  const bench = new RunnerBench(runnerFor(cluster, settings));
  const runner = await bench.runner();
  onTestFinished(async () => {
    await (await bench.runner()).tidy(() => false);
  });
  await runner.recover([]);
  const told: string[] = [];
  const { pending } = bench.parts.listener;
  bench.parts.listener.pending = (key, waiting) => {
    pending(key, waiting);
    if (waiting.note !== undefined) told.push(`${key} ${waiting.queued} ${waiting.note.message}`);
  };
  const hears = async ({ key }: Run, words: RegExp) =>
    await until(() => told.some((one) => one.startsWith(`${key} true`) && words.test(one)));
  return { bench, runner, hears };
}

const notesOf = ({ notes }: RunnerBench, { key }: Run, reason: string) =>
  notes.flatMap(([of, note]) => (of === key && note.reason === reason ? [note.message] : []));

test('sessions wait in their queue, are told why, and give way to what goes first', async () => {
  const namespace = namespaceIn(cluster);
  queuesIn(cluster, namespace, ['people'], 1);
  const kueue = { queue: 'people', priorityClass: { notebook: 'high' } };
  const { bench, runner, hears } = await queueing(namespace, kueue);
  const most = { requests: { cores: 0.7, memory: 2 ** 28 } };
  const [first, second] = [bench.run(['sleep', '9'], most), bench.run(['sleep', '9'], most)];
  runner.launch(first);
  await bench.hasStarted(first);
  runner.launch(second);
  await hears(second, /quota/);
  await until(() => notesOf(bench, second, 'Queued').includes('place 1 in the queue people'));
  const urgent = bench.run(['sleep', '9'], { ...most, kind: 'notebook' });
  runner.launch(urgent);
  await bench.hasStarted(urgent);
  await hears(first, /reempt/);
  expect(bench.ended.size).toBe(0);
  await runner.terminate(urgent);
});

test('quota that others leave unused is borrowed, and given back when they come', async () => {
  const namespace = namespaceIn(cluster);
  queuesIn(cluster, namespace, ['physics', 'chemistry', 'school'], 1);
  const kueue = { queue: 'physics', users: { bob: 'chemistry', eve: 'school' } };
  const { bench, runner, hears } = await queueing(namespace, kueue);
  for (const user of ['bob', 'eve']) mkdirSync(bench.path(`arc/home/${user}`));
  const whole = { requests: { cores: 1, memory: 2 ** 28 } };
  const borrowing = [1, 2, 3].map(() => bench.run(['sleep', '9'], whole));
  for (const run of borrowing) {
    runner.launch(run);
    await bench.hasStarted(run);
  }
  const late = bench.run(['sleep', '9'], whole);
  runner.launch(late);
  await hears(late, /quota/);
  const theirs = bench.run(['sleep', '9'], {
    ...whole,
    user: 'bob',
    volumes: [{ kind: 'home', user: 'bob' }],
  });
  runner.launch(theirs);
  await bench.hasStarted(theirs);
  await until(() => bench.pending.some((key) => borrowing.some((run) => run.key === key)));
  expect(bench.ended.size).toBe(0);
  expect(bench.refused.size).toBe(0);
});

test('a queue that is not there is told before anything is run', async () => {
  const namespace = namespaceIn(cluster);
  const config = { kubeconfig: cluster.kubeconfig, namespace, kueue: { queue: 'nobody' } };
  expect(await openKubernetes(config)).toEqual({
    obstacle: `the namespace ${namespace} has no LocalQueue nobody, to which the configuration refers`,
  });
});
