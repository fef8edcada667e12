import { runnerContract } from '../../platform/tests/runners/contract.js';
import { namespaceIn, runnerFor, testCluster } from './cluster.js';

const cluster = testCluster({ images: ['images.example.org/tests/machine:1'] });
let namespace: string | undefined;

runnerContract(
  'kubernetes',
  async (parts) => {
    namespace ??= namespaceIn(cluster);
    return await runnerFor(cluster, { namespace })(parts);
  },
  {
    limits: true,
    isolates: true,
    skip: new Map([
      [
        'what a run uses is counted while it runs, and not afterwards',
        'this cluster has no metrics server',
      ],
      [
        'a run cannot have more processes than it may',
        'a bound on processes is set for a node, not for a pod',
      ],
    ]),
  },
);
