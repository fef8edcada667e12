import { defineCommand } from '../../command.js';
import type { LogoutOptions } from './logout.run.js';

export const logoutCommand = defineCommand<LogoutOptions, 'provider'>({
  description:
    'Forgets a login together with the contexts that use it, asks its identity provider to make its tokens worthless, and deletes the certificate that a login fetched. A certificate file of your own stays.',
  arguments: [
    {
      key: 'provider',
      value: 'IDP',
      help: 'one of those in  auth ls; the one in use when left out',
    },
  ],
  options: {},
  examples: [
    { command: 'skaha logout', help: 'forget the login in use' },
    { command: 'skaha logout srcnet', help: 'forget another one' },
  ],
  exitCodes: { 1: 'the configuration file cannot be changed', 3: 'there is no such login' },
  load: () => import('./logout.run.js').then((module) => module.runLogout),
});
