import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Runner, RunnerOptions } from '@skaha/engine/ports/runner.js';
import { afterAll, beforeAll } from 'vitest';
import { openKubernetes } from '../src/open.js';
import { KubernetesCluster } from './lab/cluster.mjs';
import { partsFolder } from './lab/parts.mjs';

/** What a file of tests wants of its cluster. */
export interface ClusterWish {
  /** Further names of the image of sessions; a real node is added when there are any. */
  readonly images?: readonly string[];
  readonly simulatedNodes?: number;
  /** What each of them has. */
  readonly capacity?: Readonly<Record<string, string>>;
  /** After how many seconds a node that nobody hears of is given up. */
  readonly patienceSeconds?: number;
  readonly kueue?: boolean;
  /** Pods reach each other and the API server, as they do on other clusters. */
  readonly network?: boolean;
}

/** A cluster for the tests of a file. */
export function testCluster(wish: ClusterWish): KubernetesCluster {
  const folder = mkdtempSync(join(tmpdir(), 'skaha-kubernetes-'));
  const cluster = new KubernetesCluster(folder, partsFolder());
  beforeAll(async () => {
    const { images, simulatedNodes, capacity, kueue, patienceSeconds, network } = wish;
    await cluster.start({ seconds: patienceSeconds, network });
    if (images !== undefined) await cluster.addNode(images);
    if (simulatedNodes !== undefined) await cluster.addSimulatedNodes(simulatedNodes, capacity);
    if (kueue === true) await cluster.addKueue();
  });
  afterAll(async () => {
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return cluster;
}

/** Settings for sessions on simulated nodes, which last for so long. */
export const simulated = (lasting = '3600s') => ({
  nodeSelector: { type: 'kwok' },
  tolerations: [{ key: 'kwok.x-k8s.io/node', operator: 'Exists' }],
  annotations: {
    'pod-create.stage.kwok.x-k8s.io/delay': '10ms',
    'pod-create.stage.kwok.x-k8s.io/jitter-delay': '20ms',
    'pod-ready.stage.kwok.x-k8s.io/delay': '10ms',
    'pod-ready.stage.kwok.x-k8s.io/jitter-delay': '20ms',
    'pod-complete.stage.kwok.x-k8s.io/delay': lasting,
    'pod-complete.stage.kwok.x-k8s.io/jitter-delay': lasting,
  },
});

let counter = 0;

/** A namespace of a test's own; nobody waits until it is gone. */
export function namespaceIn(cluster: KubernetesCluster): string {
  counter += 1;
  const name = `test-${process.pid}-${counter}`;
  cluster.kubectl(['create', 'namespace', name]);
  return name;
}

/** Makes runners for a cluster. */
export const runnerFor =
  (cluster: KubernetesCluster, config: Readonly<Record<string, unknown>> = {}) =>
  async (parts: RunnerOptions): Promise<Runner> => {
    const found = await openKubernetes({
      kubeconfig: cluster.kubeconfig,
      imagePullPolicy: 'Never',
      ...config,
    });
    if ('obstacle' in found) throw new Error(found.obstacle);
    return found.make(parts);
  };
