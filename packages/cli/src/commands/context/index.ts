import type { CommandEntry } from '../../command.js';

const group = 'Contexts and configuration';

/** The commands about contexts. */
export const contextCommands: readonly CommandEntry[] = [
  {
    name: 'context ls',
    aliases: ['context list'],
    group,
    summary: 'List the contexts: where you can work, and as whom',
    load: () => import('./ls.js').then((module) => module.contextLsCommand),
  },
  {
    name: 'context use',
    group,
    summary: 'Make a context the active one',
    load: () => import('./use.js').then((module) => module.contextUseCommand),
  },
  {
    name: 'context show',
    group,
    summary: 'Show a context and the state of its credential',
    load: () => import('./show.js').then((module) => module.contextShowCommand),
  },
  {
    name: 'context add',
    group,
    summary: 'Add a context with a token or certificate file',
    load: () => import('./add.js').then((module) => module.contextAddCommand),
  },
  {
    name: 'context rm',
    aliases: ['context remove', 'context delete'],
    group,
    summary: 'Remove a context',
    load: () => import('./rm.js').then((module) => module.contextRmCommand),
  },
];
