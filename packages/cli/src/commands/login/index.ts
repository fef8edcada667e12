import type { CommandEntry } from '../../command.js';

const group = 'Login';

/** The commands that log in and out. */
export const loginCommands: readonly CommandEntry[] = [
  {
    name: 'login',
    aliases: ['auth login'],
    deprecated: ['auth login'],
    group,
    summary: 'Log in at an identity provider',
    load: () => import('./login.js').then((module) => module.loginCommand),
  },
  {
    name: 'logout',
    aliases: ['auth logout'],
    group,
    summary: 'Log out: forget a login and make its tokens worthless',
    load: () => import('./logout.js').then((module) => module.logoutCommand),
  },
  {
    name: 'whoami',
    group,
    summary: 'Ask the server who you are',
    load: () => import('./whoami.js').then((module) => module.whoamiCommand),
  },
];
