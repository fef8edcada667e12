import type { CommandEntry } from '../../command.js';

const group = 'Local platform';

/** The commands about the Science Platform on this machine. */
export const platformCommands: readonly CommandEntry[] = [
  {
    name: 'platform start',
    group,
    summary: 'Start a Science Platform on this machine',
    load: () => import('./start.js').then((module) => module.platformStartCommand),
  },
  {
    name: 'platform stop',
    group,
    summary: 'Stop it',
    load: () => import('./stop.js').then((module) => module.platformStopCommand),
  },
  {
    name: 'platform status',
    group,
    summary: 'Show whether it runs, and where',
    load: () => import('./status.js').then((module) => module.platformStatusCommand),
  },
  {
    name: 'platform logs',
    aliases: ['platform log'],
    group,
    summary: 'Show its log',
    load: () => import('./logs.js').then((module) => module.platformLogsCommand),
  },
  {
    name: 'platform config',
    group,
    summary: 'Show what can be set, and where',
    load: () => import('./config.js').then((module) => module.platformConfigCommand),
  },
  {
    name: 'platform fault',
    aliases: ['platform faults'],
    group,
    summary: 'Make it misbehave on order',
    load: () => import('./fault.js').then((module) => module.platformFaultCommand),
  },
  {
    name: 'platform reset',
    group,
    summary: 'Remove all its data',
    load: () => import('./reset.js').then((module) => module.platformResetCommand),
  },
];
