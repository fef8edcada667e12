import { type ArgumentSpec, defineCommand } from '../../command.js';
import type {
  ClusterConnectOptions,
  ClusterCreateOptions,
  ClusterDeleteOptions,
  ClusterLsOptions,
  ClusterScaleOptions,
} from './run.js';

/** The cluster a command is about. */
const clusterArgument: ArgumentSpec<'cluster'> = {
  key: 'cluster',
  value: 'CLUSTER',
  help: "its name, as 'skaha cluster ls' shows it",
  required: true,
};

const clusterFields = {
  names: [
    ...['name', 'id', 'engine', 'state', 'server', 'image', 'head', 'live', 'pending'],
    ...['unanswered', 'maxWorkers', 'startTime', 'workers'],
  ],
};

const changeFields = { names: [...clusterFields.names, 'launched', 'removed', 'failed'] };

const startTimeout = {
  type: 'duration',
  value: 'TIME',
  min: 1_000,
  max: 86_400_000,
  default: 600_000,
  help: 'how long to wait until its head has an address',
} as const;

export const clusterCreateCommand = defineCommand<ClusterCreateOptions, 'cluster' | 'image'>({
  description:
    'Creates a cluster of sessions: a head, and workers that connect to it. The engine distributes the work. The sessions are launched as batches, so an interrupted launch can be resumed. Needs a platform on which the sessions of a user can reach each other.',
  arguments: [
    { ...clusterArgument, help: 'a name for it: letters, digits, inner hyphens' },
    { key: 'image', value: 'IMAGE', help: 'image for all its sessions', required: true },
  ],
  options: {
    engine: {
      type: 'string',
      value: 'ENGINE',
      choices: ['dask', 'ray'],
      help: 'dask or ray; the image must have it',
    },
    workers: {
      type: 'integer',
      short: 'w',
      value: 'COUNT',
      min: 0,
      max: 512,
      default: 1,
      help: 'how many workers',
    },
    maxWorkers: {
      type: 'integer',
      value: 'COUNT',
      min: 1,
      max: 10_000,
      default: 32,
      help: 'how many it may have at a time, including those that wait',
    },
    cpu: { type: 'string', short: 'c', value: 'CORES', help: 'cores for each worker' },
    memory: { type: 'string', short: 'm', value: 'SIZE', help: 'memory for each worker' },
    gpu: {
      type: 'integer',
      short: 'g',
      value: 'COUNT',
      min: 0,
      max: 28,
      help: 'GPUs for each worker',
    },
    headCpu: { type: 'string', value: 'CORES', help: 'cores for the head' },
    headMemory: { type: 'string', value: 'SIZE', help: 'memory for the head' },
    python: {
      type: 'string',
      value: 'PROGRAM',
      default: 'python3',
      help: 'the Python in which the engine is installed; a relative path starts at the home',
    },
    env: {
      type: 'list',
      short: 'e',
      value: 'KEY=VALUE',
      help: 'variable for all its sessions; KEY alone takes the value from your environment',
    },
    timeout: startTimeout,
  },
  formats: ['json', 'yaml', 'name'],
  fields: changeFields,
  quiet: true,
  examples: [
    {
      command: 'skaha cluster create fit skaha/astroml:latest --engine dask --workers 4',
      help: 'a Dask cluster',
    },
    {
      command: 'skaha cluster create fit skaha/astroml:latest --engine ray -w 2 -c 2 -m 8',
      help: 'Ray, with the size of each worker',
    },
  ],
  exitCodes: {
    3: '',
    5: 'the platform has no room, or --workers is larger than --max-workers',
    6: 'the server cannot be reached, or the head had no address in time',
    7: 'some workers were not launched',
    8: 'the head ended',
  },
  load: () => import('./run.js').then((module) => module.runClusterCreate),
});

export const clusterLsCommand = defineCommand<ClusterLsOptions>({
  description:
    'Lists the clusters that were created from this machine, and their current state: starting, running, orphaned (the head has ended but workers have not), or stopped.',
  options: {},
  formats: ['json', 'yaml', 'name'],
  fields: clusterFields,
  list: true,
  quiet: true,
  examples: [
    { command: 'skaha cluster ls', help: 'all clusters' },
    { command: 'skaha cluster ls -q', help: 'only their names' },
  ],
  exitCodes: { 3: '', 6: '' },
  load: () => import('./run.js').then((module) => module.runClusterLs),
});

export const clusterScaleCommand = defineCommand<ClusterScaleOptions, 'cluster' | 'workers'>({
  description:
    'Changes the number of workers in a cluster. Workers that are still waiting count, as do those whose launch was never confirmed; nothing is launched twice, and a worker that is gone is replaced. To reduce the number, the newest workers are deleted first.',
  arguments: [
    clusterArgument,
    { key: 'workers', value: 'COUNT', help: 'the new number of workers', required: true },
  ],
  options: { timeout: startTimeout },
  formats: ['json', 'yaml', 'name'],
  fields: changeFields,
  quiet: true,
  examples: [
    { command: 'skaha cluster scale fit 8', help: 'eight workers' },
    { command: 'skaha cluster scale fit 0', help: 'only the head' },
  ],
  exitCodes: {
    1: 'failed, or another program is changing the cluster',
    3: '',
    4: 'there is no such cluster',
    5: 'the platform has no room, or the cluster may not have that many workers',
    6: '',
    7: 'some could not be launched or deleted',
    8: 'the head has ended',
  },
  load: () => import('./run.js').then((module) => module.runClusterScale),
});

export const clusterConnectCommand = defineCommand<ClusterConnectOptions, 'cluster' | 'command'>({
  description:
    'Shows how programs can reach a cluster from your other sessions: its address, and variables to set. With a command, it runs that command in a new session of the same image with these variables, prints its output, and deletes the session.',
  arguments: [
    clusterArgument,
    { key: 'command', value: 'COMMAND', help: 'what to run, after --', many: true },
  ],
  options: { timeout: startTimeout },
  formats: ['json', 'yaml'],
  fields: { names: ['name', 'engine', 'host', 'port', 'dashboard', 'variables'] },
  examples: [
    { command: 'skaha cluster connect fit', help: 'its address and variables' },
    { command: 'skaha cluster connect fit -- python3 fit.py', help: 'a program that uses it' },
  ],
  exitCodes: {
    3: '',
    4: 'there is no such cluster',
    6: '',
    8: 'the head has ended, or the command failed',
  },
  load: () => import('./run.js').then((module) => module.runClusterConnect),
});

export const clusterDeleteCommand = defineCommand<ClusterDeleteOptions, 'clusters'>({
  description:
    'Ends clusters: deletes all their sessions, including finished ones, and their records. Only sessions that were launched for the cluster are deleted, whatever the names of others.',
  arguments: [
    {
      key: 'clusters',
      value: 'CLUSTER',
      help: "names, as 'skaha cluster ls' shows them",
      many: true,
    },
  ],
  options: {
    orphans: { type: 'boolean', help: 'all clusters whose head has ended' },
  },
  formats: ['json', 'yaml', 'name'],
  fields: { names: ['id', 'name', 'cluster', 'ok', 'action', 'error'] },
  quiet: true,
  confirms: true,
  examples: [
    { command: 'skaha cluster delete fit', help: 'asks first' },
    { command: 'skaha cluster delete --orphans --yes', help: 'those that no longer have a head' },
  ],
  exitCodes: {
    1: 'failed, or another program is changing the cluster',
    3: '',
    4: 'there is no such cluster',
    6: '',
    7: 'some sessions could not be deleted',
  },
  load: () => import('./run.js').then((module) => module.runClusterDelete),
});
