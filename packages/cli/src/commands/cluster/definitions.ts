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
  help: 'how long its head may take until it has an address',
} as const;

export const clusterCreateCommand = defineCommand<ClusterCreateOptions, 'cluster' | 'image'>({
  description:
    'Makes a cluster of sessions: a head, and workers that are led to it. The engine shares out the work; the sessions are batches, so that what was interrupted can go on. Needs a platform on which the sessions of a user reach each other.',
  arguments: [
    { ...clusterArgument, help: 'a name for it: letters, digits, inner hyphens' },
    { key: 'image', value: 'IMAGE', help: 'image of all its sessions', required: true },
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
      help: 'how many it may ever have at a time, those that wait included',
    },
    cpu: { type: 'string', short: 'c', value: 'CORES', help: 'cores of each worker' },
    memory: { type: 'string', short: 'm', value: 'SIZE', help: 'memory of each worker' },
    gpu: {
      type: 'integer',
      short: 'g',
      value: 'COUNT',
      min: 0,
      max: 28,
      help: 'GPUs of each worker',
    },
    headCpu: { type: 'string', value: 'CORES', help: 'cores of the head' },
    headMemory: { type: 'string', value: 'SIZE', help: 'memory of the head' },
    python: {
      type: 'string',
      value: 'PROGRAM',
      default: 'python3',
      help: 'the Python that has the engine; a relative path begins in the home',
    },
    env: {
      type: 'list',
      short: 'e',
      value: 'KEY=VALUE',
      help: 'variable for all its sessions; KEY alone takes its value from here',
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
    5: 'the platform has no room, or --workers is more than --max-workers',
    6: 'the server cannot be reached, or the head has no address in time',
    7: 'some workers were not launched',
    8: 'the head ended',
  },
  load: () => import('./run.js').then((module) => module.runClusterCreate),
});

export const clusterLsCommand = defineCommand<ClusterLsOptions>({
  description:
    'Lists the clusters that were made from this machine, and how they are now: starting, running, orphaned (the head is over and workers are not), or stopped.',
  options: {},
  formats: ['json', 'yaml', 'name'],
  fields: clusterFields,
  list: true,
  quiet: true,
  examples: [
    { command: 'skaha cluster ls', help: 'all clusters' },
    { command: 'skaha cluster ls -q', help: 'their names only' },
  ],
  exitCodes: { 3: '', 6: '' },
  load: () => import('./run.js').then((module) => module.runClusterLs),
});

export const clusterScaleCommand = defineCommand<ClusterScaleOptions, 'cluster' | 'workers'>({
  description:
    'Gives a cluster another number of workers. Those that wait or were never answered for count, nothing is launched twice, and a worker that is gone is replaced. To have fewer, the newest are deleted first.',
  arguments: [
    clusterArgument,
    { key: 'workers', value: 'COUNT', help: 'how many it shall have', required: true },
  ],
  options: { timeout: startTimeout },
  formats: ['json', 'yaml', 'name'],
  fields: changeFields,
  quiet: true,
  examples: [
    { command: 'skaha cluster scale fit 8', help: 'eight workers' },
    { command: 'skaha cluster scale fit 0', help: 'the head alone' },
  ],
  exitCodes: {
    1: 'failed, or another program changes the cluster',
    3: '',
    4: 'there is no such cluster',
    5: 'the platform has no room, or it would be more than the cluster may have',
    6: '',
    7: 'some could not be launched or deleted',
    8: 'the head is over',
  },
  load: () => import('./run.js').then((module) => module.runClusterScale),
});

export const clusterConnectCommand = defineCommand<ClusterConnectOptions, 'cluster' | 'command'>({
  description:
    'Says how programs reach a cluster: from other sessions of yours, by an address and variables. With a command, it runs that in a session of the same image, which has the variables, prints what it says, and removes the session.',
  arguments: [
    clusterArgument,
    { key: 'command', value: 'COMMAND', help: 'what to run, after --', many: true },
  ],
  options: { timeout: startTimeout },
  formats: ['json', 'yaml'],
  fields: { names: ['name', 'engine', 'host', 'port', 'dashboard', 'variables'] },
  examples: [
    { command: 'skaha cluster connect fit', help: 'where it is' },
    { command: 'skaha cluster connect fit -- python3 fit.py', help: 'a program that uses it' },
  ],
  exitCodes: {
    3: '',
    4: 'there is no such cluster',
    6: '',
    8: 'the head is over, or the command failed',
  },
  load: () => import('./run.js').then((module) => module.runClusterConnect),
});

export const clusterDeleteCommand = defineCommand<ClusterDeleteOptions, 'clusters'>({
  description:
    'Ends clusters: deletes all their sessions, those that are over included, and forgets them. Only sessions that were launched for the cluster are deleted, whatever others are called.',
  arguments: [
    {
      key: 'clusters',
      value: 'CLUSTER',
      help: "names, as 'skaha cluster ls' shows them",
      many: true,
    },
  ],
  options: {
    orphans: { type: 'boolean', help: 'all clusters whose head is over' },
  },
  formats: ['json', 'yaml', 'name'],
  fields: { names: ['id', 'name', 'cluster', 'ok', 'action', 'error'] },
  quiet: true,
  confirms: true,
  examples: [
    { command: 'skaha cluster delete fit', help: 'after asking' },
    { command: 'skaha cluster delete --orphans --yes', help: 'what has no head any more' },
  ],
  exitCodes: {
    1: 'failed, or another program changes the cluster',
    3: '',
    4: 'there is no such cluster',
    6: '',
    7: 'some sessions could not be deleted',
  },
  load: () => import('./run.js').then((module) => module.runClusterDelete),
});
