import { defineCommand } from '../../command.js';
import type { AuthRmOptions } from './rm.run.js';

export const authRmCommand = defineCommand<AuthRmOptions, 'provider'>({
  description:
    'Removes a saved login as skaha logout does, and asks first when it is the one in use.',
  arguments: [{ key: 'provider', value: 'IDP', help: 'one of those in  auth ls', required: true }],
  options: {},
  confirms: true,
  examples: [
    { command: 'skaha auth rm srcnet', help: 'forget the login at srcnet' },
    { command: 'skaha auth ls', help: 'see the logins first' },
  ],
  exitCodes: { 1: 'the configuration file cannot be changed', 3: 'there is no such login' },
  load: () => import('./rm.run.js').then((module) => module.runAuthRm),
});
