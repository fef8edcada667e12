import {
  argument,
  defineCommand,
  documentOf,
  duration,
  fieldsOf,
  flag,
  integer,
  itemsOf,
  list,
  listOf,
  required,
  text,
} from '../../command.js';

const clusterArgument = required('cluster', 'CLUSTER', "its name, as 'skaha cluster ls' shows it");

export const clusterFields = fieldsOf(
  'name id engine state server image head live pending unanswered maxWorkers startTime workers',
);

const changeFields = { names: [...clusterFields.names, 'launched', 'removed', 'failed'] };

const startTimeout = duration(
  [1_000, 86_400_000],
  'how long to wait until its head has an address',
  { default: 600_000 },
);

export const clusterCreateCommand = defineCommand({
  description:
    'Creates a cluster of sessions: a head, and workers that connect to it. The engine distributes the work. The sessions are launched as batches, so an interrupted launch can be resumed. The platform must let sessions of the same user reach each other.',
  arguments: [
    { ...clusterArgument, help: 'a name for it: letters, digits, inner hyphens' },
    required('image', 'IMAGE', 'image of its sessions'),
  ],
  options: {
    engine: text('ENGINE', 'dask or ray; it must be installed in the image', {
      choices: ['dask', 'ray'],
    }),
    workers: integer('COUNT', [0, 10_000], 'how many workers', { short: 'w', default: 1 }),
    maxWorkers: integer('COUNT', [1, 10_000], 'maximum number of workers, including waiting ones', {
      default: 32,
    }),
    cpu: text('CORES', 'cores for each worker', { short: 'c' }),
    memory: text('SIZE', 'memory for each worker', { short: 'm' }),
    gpu: integer('COUNT', [0, 28], 'GPUs for each worker', { short: 'g' }),
    head: text(
      'KIND',
      'kind of the head: headless, or contributed, whose page is the dashboard of the engine',
      { choices: ['headless', 'contributed'], default: 'headless' },
    ),
    headImage: text(
      'IMAGE',
      "image of the head, if it is not the workers'; a contributed head runs what its image says",
    ),
    headCpu: text('CORES', 'cores for the head'),
    headMemory: text('SIZE', 'memory for the head'),
    python: text(
      'PROGRAM',
      'the Python in which the engine is installed; relative paths start in your home',
      { default: 'python3' },
    ),
    env: list(
      'KEY=VALUE',
      'variable for all its sessions but a contributed head; KEY alone takes the value from your environment',
      { short: 'e' },
    ),
    timeout: startTimeout,
  },
  ...itemsOf(changeFields),
  examples: {
    'skaha cluster create fit skaha/astroml:latest --engine dask --workers 4': 'a Dask cluster',
    'skaha cluster create fit skaha/astroml:latest --engine ray -w 2 -c 2 -m 8':
      'Ray, with the size of each worker',
    'skaha cluster create fit me/dask:1 --engine dask --head contributed':
      'a dashboard in your browser',
  },
  exitCodes: {
    3: '',
    5: 'the platform has no room, or --workers is larger than --max-workers',
    6: 'the server cannot be reached, or the head had no address in time',
    7: 'some workers were not launched',
    8: 'the head ended',
  },
});

export const clusterLsCommand = defineCommand({
  description:
    'Lists the clusters that were created from this machine, and their current state: starting, running, orphaned (the head has ended but workers have not), or stopped.',
  ...listOf(clusterFields),
  examples: { 'skaha cluster ls': 'all clusters', 'skaha cluster ls -q': 'only their names' },
  exitCodes: { 3: '', 6: '' },
});

export const clusterScaleCommand = defineCommand({
  description:
    'Changes the number of workers in a cluster. Workers that are still waiting count, as do those whose launch was never confirmed; nothing is launched twice, and a worker that is gone is replaced. To reduce the number, the newest workers are deleted first.',
  arguments: [clusterArgument, required('workers', 'COUNT', 'the new number of workers')],
  options: { timeout: startTimeout },
  ...itemsOf(changeFields),
  examples: {
    'skaha cluster scale fit 8': 'eight workers',
    'skaha cluster scale fit 0': 'only the head',
  },
  exitCodes: {
    1: 'failed, or another program is changing the cluster',
    3: '',
    4: 'there is no such cluster',
    5: 'the platform has no room, or the cluster may not have that many workers',
    6: '',
    7: 'some could not be launched or deleted',
    8: 'the head has ended',
  },
});

export const clusterConnectCommand = defineCommand({
  description:
    'Shows how programs can reach a cluster from your other sessions: its address, and variables to set. With a command, it runs that command in a new session of the same image with these variables, prints its output, and deletes the session.',
  arguments: [
    clusterArgument,
    argument('command', 'COMMAND', 'what to run, after --', { many: true }),
  ],
  options: { timeout: startTimeout },
  ...documentOf('name engine host port dashboard variables'),
  examples: {
    'skaha cluster connect fit': 'its address and variables',
    'skaha cluster connect fit -- python3 fit.py': 'a program that uses it',
  },
  exitCodes: {
    3: '',
    4: 'there is no such cluster',
    6: '',
    8: 'the head has ended, or the command failed',
  },
});

export const clusterDeleteCommand = defineCommand({
  description:
    'Ends clusters: deletes all their sessions, including finished ones, and their records. It deletes only sessions that were launched for the cluster, even if others have similar names.',
  arguments: [
    argument('clusters', 'CLUSTER', "names, as 'skaha cluster ls' shows them", { many: true }),
  ],
  options: { orphans: flag('all clusters whose head has ended: orphaned and stopped ones') },
  ...itemsOf('id name cluster ok action error'),
  confirms: true,
  examples: {
    'skaha cluster delete fit': 'asks first',
    'skaha cluster delete --orphans --yes': 'those that no longer have a head',
  },
  exitCodes: {
    1: 'failed, or another program is changing the cluster',
    3: '',
    4: 'there is no such cluster',
    6: '',
    7: 'some sessions could not be deleted',
  },
});
