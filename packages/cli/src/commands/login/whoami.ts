import { defineCommand } from '../../command.js';

export const whoamiCommand = defineCommand<Record<never, never>>({
  description:
    'Asks the server who you are, which proves that the login works there. skaha auth show tells what is saved without asking anybody.',
  options: {},
  formats: ['json', 'yaml', 'name'],
  fields: { names: ['user', 'idp', 'mode', 'server', 'context'] },
  quiet: true,
  examples: [
    { command: 'skaha whoami', help: 'user, login and server' },
    { command: 'skaha whoami -q', help: 'the user name only' },
    { command: 'skaha whoami --idp srcnet', help: 'with another login' },
  ],
  exitCodes: { 3: '', 6: '' },
  load: () => import('./whoami.run.js').then((module) => module.runWhoami),
});
