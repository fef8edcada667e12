import { expect, onTestFinished, test } from 'vitest';
import { until } from '../../platform/tests/fixtures.js';
import { RunnerBench } from '../../platform/tests/runners/set-up.js';
import { openKubernetes } from '../src/open.js';
import { namespaceIn, runnerFor, testCluster } from './cluster.js';

const cluster = testCluster({ simulatedNodes: 2, kueue: true });

const api = 'kueue.x-k8s.io/v1beta2';
const simulated = {
  nodeSelector: { type: 'kwok' },
  tolerations: [{ key: 'kwok.x-k8s.io/node', operator: 'Exists' }],
  annotations: {
    'pod-create.stage.kwok.x-k8s.io/delay': '10ms',
    'pod-create.stage.kwok.x-k8s.io/jitter-delay': '20ms',
    'pod-ready.stage.kwok.x-k8s.io/delay': '10ms',
    'pod-ready.stage.kwok.x-k8s.io/jitter-delay': '20ms',
    'pod-complete.stage.kwok.x-k8s.io/delay': '3600s',
    'pod-complete.stage.kwok.x-k8s.io/jitter-delay': '3601s',
  },
};

/** A queue with room for one core. */
function queueIn(namespace: string): void {
  const flavours = [
    {
      name: 'plain',
      resources: [
        { name: 'cpu', nominalQuota: 1 },
        { name: 'memory', nominalQuota: '8Gi' },
      ],
    },
  ];
  const items = [
    { apiVersion: api, kind: 'ResourceFlavor', metadata: { name: 'plain' } },
    {
      apiVersion: api,
      kind: 'ClusterQueue',
      metadata: { name: namespace },
      spec: {
        namespaceSelector: {},
        preemption: { withinClusterQueue: 'LowerPriority' },
        resourceGroups: [{ coveredResources: ['cpu', 'memory'], flavors: flavours }],
      },
    },
    {
      apiVersion: api,
      kind: 'LocalQueue',
      metadata: { name: 'people', namespace },
      spec: { clusterQueue: namespace },
    },
    {
      apiVersion: api,
      kind: 'WorkloadPriorityClass',
      metadata: { name: 'high' },
      value: 1000,
      description: 'first',
    },
  ];
  cluster.apply({ apiVersion: 'v1', kind: 'List', items });
}

test('sessions wait in their queue, are told why, and give way to what goes first', async () => {
  const namespace = namespaceIn(cluster);
  queueIn(namespace);
  const kueue = { queue: 'people', priorityClass: { notebook: 'high' } };
  const bench = new RunnerBench(runnerFor(cluster, { namespace, kueue, ...simulated }));
  const runner = await bench.runner();
  onTestFinished(async () => {
    await (await bench.runner()).tidy(() => false);
  });
  await runner.recover([]);
  const half = { requests: { cores: 0.7, memory: 2 ** 28 } };
  const [first, second] = [bench.run(['sleep', '9'], half), bench.run(['sleep', '9'], half)];
  runner.launch(first);
  await bench.hasStarted(first);
  runner.launch(second);
  const pending = bench.parts.listener.pending;
  const told: string[] = [];
  bench.parts.listener.pending = (key, waiting) => {
    pending(key, waiting);
    if (waiting.note !== undefined) told.push(`${key} ${waiting.queued} ${waiting.note.message}`);
  };
  await until(() => told.some((one) => one.startsWith(`${second.key} true`) && /quota/.test(one)));
  const urgent = bench.run(['sleep', '9'], { ...half, kind: 'notebook' });
  runner.launch(urgent);
  await bench.hasStarted(urgent);
  await until(() => told.some((one) => one.startsWith(`${first.key} true`) && /reempt/.test(one)));
  expect(bench.ended.size).toBe(0);
  await runner.terminate(urgent);
});

test('a queue that is not there is told before anything is run', async () => {
  const namespace = namespaceIn(cluster);
  const config = { kubeconfig: cluster.kubeconfig, namespace, kueue: { queue: 'nobody' } };
  expect(await openKubernetes(config)).toEqual({
    obstacle: `the namespace ${namespace} has no LocalQueue nobody, to which the configuration refers`,
  });
});
