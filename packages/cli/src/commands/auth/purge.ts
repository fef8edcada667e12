import { defineCommand } from '../../command.js';

export const authPurgeCommand = defineCommand<Record<never, never>>({
  description:
    'Removes all logins, contexts and servers, tells the identity providers, and deletes the certificates that logins fetched. Image registries, identity providers of your own and the console settings stay. Asks first.',
  options: {},
  confirms: true,
  examples: [
    { command: 'skaha auth purge', help: 'forget everything, after asking' },
    { command: 'skaha auth purge --force', help: 'without asking' },
  ],
  exitCodes: { 1: 'the configuration file cannot be changed' },
  load: () => import('./purge.run.js').then((module) => module.runAuthPurge),
});
