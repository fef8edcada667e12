import type { CommandEntry } from '../../command.js';

const group = 'Login';

/** The commands about saved logins. */
export const authCommands: readonly CommandEntry[] = [
  {
    name: 'auth show',
    aliases: ['auth', 'auth status'],
    group,
    summary: 'Show the login in use and whether it is good',
    load: () => import('./show.js').then((module) => module.authShowCommand),
  },
  {
    name: 'auth ls',
    aliases: ['auth list'],
    group,
    summary: 'List the saved logins',
    load: () => import('./ls.js').then((module) => module.authLsCommand),
  },
  {
    name: 'auth use',
    aliases: ['auth switch'],
    group,
    summary: 'Use another saved login',
    load: () => import('./use.js').then((module) => module.authUseCommand),
  },
  {
    name: 'auth token',
    group,
    summary: 'Print a bearer token that is good now',
    load: () => import('./token.js').then((module) => module.authTokenCommand),
  },
  {
    name: 'auth rm',
    aliases: ['auth remove'],
    group,
    summary: 'Remove a saved login',
    load: () => import('./rm.js').then((module) => module.authRmCommand),
  },
  {
    name: 'auth purge',
    group,
    summary: 'Remove all logins, contexts and servers',
    load: () => import('./purge.js').then((module) => module.authPurgeCommand),
  },
];
