import { defineCommand } from '../../command.js';

export const authTokenCommand = defineCommand<Record<never, never>>({
  description:
    'Prints a bearer token for the server in use, refreshed first when it is about to end, for programs that need one. Whoever has the token can act as you until it ends. A certificate has no token.',
  options: {},
  examples: [
    {
      command: 'curl --oauth2-bearer "$(skaha auth token)" https://host/skaha/v1/session',
      help: 'hand it to another program',
    },
    { command: 'skaha auth token --idp srcnet', help: 'that of another login' },
  ],
  exitCodes: { 2: 'the login is no token', 3: '', 6: '' },
  load: () => import('./token.run.js').then((module) => module.runAuthToken),
});
