import { defineCommand } from '../../command.js';
import type { AuthUseOptions } from './use.run.js';

export const authUseCommand = defineCommand<AuthUseOptions, 'provider'>({
  description:
    'Uses another saved login, at the server that was used with it last, the only one, or one that you choose. The server is asked whether it takes the login; when anything fails the former choice stays.',
  arguments: [{ key: 'provider', value: 'IDP', help: 'one of those in  auth ls', required: true }],
  options: {
    server: { type: 'string', value: 'NAME', help: 'the server to use: name, URI or URL' },
  },
  examples: [
    { command: 'skaha auth use srcnet', help: 'use the login at srcnet' },
    { command: 'skaha auth use srcnet --server canSRC', help: 'at this server' },
  ],
  exitCodes: { 3: '', 4: 'there is no such server', 6: '' },
  load: () => import('./use.run.js').then((module) => module.runAuthUse),
});
