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
        'a run has its output in order, its exit status and its time',
        'the runtime of containers reads the two streams of a session apart',
      ],
      [
        'a command killed by a signal leaves 128 plus its number',
        'the first process of a container cannot kill itself',
      ],
      ...[
        'a link in place of its socket leads nowhere',
        'a socket that is exchanged all the time never leads elsewhere',
        'neither a pipe, a file nor a directory is a socket',
      ].map((title): [string, string] => [title, 'pages in pods are reached at ports only']),
      ...[
        'what a run uses is counted while it runs, and not afterwards',
        'what several runs use is told in one',
      ].map((title): [string, string] => [title, 'this cluster has no metrics server']),
      [
        'a run cannot have more processes than it may',
        'a bound on processes is set for a node, not for a pod',
      ],
    ]),
  },
);
