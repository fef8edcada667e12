import type { CommandEntry } from '../../command.js';

const group = 'Sessions';

/** `jobs ls` is also `job ls`, and both have the longer `list`. */
const aliases = (...verbs: readonly [string, ...string[]]): string[] => {
  const [canonical, ...others] = verbs;
  return [
    ...others.map((verb) => `jobs ${verb}`),
    ...[canonical, ...others].map((v) => `job ${v}`),
  ];
};

/** The commands about batches. */
export const jobCommands: readonly CommandEntry[] = [
  {
    name: 'jobs ls',
    aliases: aliases('ls', 'list'),
    group,
    summary: 'List the batches launched from here',
    load: () => import('./ls.js').then((module) => module.jobsLsCommand),
  },
  {
    name: 'jobs show',
    aliases: aliases('show', 'info'),
    group,
    summary: 'Show what became of each session of a batch',
    load: () => import('./show.js').then((module) => module.jobsShowCommand),
  },
  {
    name: 'jobs logs',
    aliases: aliases('logs'),
    group,
    summary: 'Print or follow the logs of a batch',
    load: () => import('./logs.js').then((module) => module.jobsLogsCommand),
  },
  {
    name: 'jobs resume',
    aliases: aliases('resume'),
    group,
    summary: 'Launch what is missing of a batch',
    load: () => import('./resume.js').then((module) => module.jobsResumeCommand),
  },
  {
    name: 'jobs cancel',
    aliases: aliases('cancel', 'stop'),
    group,
    summary: 'Delete the unfinished sessions of a batch',
    load: () => import('./cancel.js').then((module) => module.jobsCancelCommand),
  },
  {
    name: 'jobs rm',
    aliases: aliases('rm', 'delete'),
    group,
    summary: 'Forget batches; their sessions stay',
    load: () => import('./rm.js').then((module) => module.jobsRmCommand),
  },
];
