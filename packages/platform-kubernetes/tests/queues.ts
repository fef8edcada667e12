import type { KubernetesCluster } from './lab/cluster.mjs';

const api = 'kueue.x-k8s.io/v1beta2';

/** Queues of a namespace with so many cores each, which lend each other what they do not use. */
export function queuesIn(
  cluster: KubernetesCluster,
  namespace: string,
  names: readonly string[],
  cores: number,
): void {
  const resources = [
    { name: 'cpu', nominalQuota: cores },
    { name: 'memory', nominalQuota: '800Gi' },
  ];
  const items = names.flatMap((name) => [
    {
      apiVersion: api,
      kind: 'ClusterQueue',
      metadata: { name: `${namespace}-${name}` },
      spec: {
        cohortName: namespace,
        namespaceSelector: {},
        preemption: { withinClusterQueue: 'LowerPriority', reclaimWithinCohort: 'Any' },
        resourceGroups: [
          { coveredResources: ['cpu', 'memory'], flavors: [{ name: 'plain', resources }] },
        ],
      },
    },
    {
      apiVersion: api,
      kind: 'LocalQueue',
      metadata: { name, namespace },
      spec: { clusterQueue: `${namespace}-${name}` },
    },
  ]);
  cluster.apply({
    apiVersion: 'v1',
    kind: 'List',
    items: [
      { apiVersion: api, kind: 'ResourceFlavor', metadata: { name: 'plain' } },
      {
        apiVersion: api,
        kind: 'WorkloadPriorityClass',
        metadata: { name: 'high' },
        value: 1000,
        description: 'first',
      },
      ...items,
    ],
  });
}
