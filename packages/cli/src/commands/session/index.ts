import type { CommandEntry } from '../../command.js';

const group = 'Sessions';

/** The commands about sessions. */
export const sessionCommands: readonly CommandEntry[] = [
  {
    name: 'create',
    aliases: ['run', 'launch'],
    group,
    summary: 'Launch a session, or replicas of one',
    load: () => import('./create.js').then((module) => module.createCommand),
  },
  {
    name: 'ps',
    aliases: ['list', 'ls', 'get'],
    group,
    summary: 'List your sessions',
    load: () => import('./ps.js').then((module) => module.psCommand),
  },
  {
    name: 'top',
    group,
    summary: 'Show what running sessions use',
    load: () => import('./top.js').then((module) => module.topCommand),
  },
  {
    name: 'info',
    group,
    summary: 'Show sessions in detail',
    load: () => import('./info.js').then((module) => module.infoCommand),
  },
  {
    name: 'events',
    group,
    summary: 'Show what the platform did for sessions',
    load: () => import('./events.js').then((module) => module.eventsCommand),
  },
  {
    name: 'logs',
    group,
    summary: 'Print or follow what sessions wrote',
    load: () => import('./logs.js').then((module) => module.logsCommand),
  },
  {
    name: 'open',
    group,
    summary: 'Open sessions in the browser',
    load: () => import('./open.js').then((module) => module.openCommand),
  },
  {
    name: 'wait',
    group,
    summary: 'Wait until sessions run or finish',
    load: () => import('./wait.js').then((module) => module.waitCommand),
  },
  {
    name: 'renew',
    group,
    summary: 'Give sessions their full lifetime again',
    load: () => import('./renew.js').then((module) => module.renewCommand),
  },
  {
    name: 'delete',
    aliases: ['del', 'rm'],
    group,
    summary: 'Delete sessions',
    load: () => import('./delete.js').then((module) => module.deleteCommand),
  },
  {
    name: 'prune',
    group,
    summary: 'Delete finished sessions by name',
    load: () => import('./prune.js').then((module) => module.pruneCommand),
  },
  {
    name: 'history',
    group,
    summary: 'List what was launched from here',
    load: () => import('./history.js').then((module) => module.historyCommand),
  },
  {
    name: 'relaunch',
    group,
    summary: 'Launch again what was launched before',
    load: () => import('./relaunch.js').then((module) => module.relaunchCommand),
  },
];
