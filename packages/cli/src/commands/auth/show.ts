import { defineCommand } from '../../command.js';
import type { AuthShowOptions } from './show.run.js';

export const authShowCommand = defineCommand<AuthShowOptions, 'provider'>({
  description:
    'Shows a saved login: its identity provider, kind, state, end, and the server used with it. Nothing is sent. With --check the exit status says whether the login is good.',
  arguments: [
    {
      key: 'provider',
      value: 'IDP',
      help: 'one of those in  auth ls; the one in use when left out',
    },
  ],
  options: {
    check: { type: 'boolean', help: 'end with status 3 unless the login is good' },
  },
  formats: ['json', 'yaml', 'name'],
  fields: {
    names: ['idp', 'name', 'mode', 'expiry', 'active', 'server', 'state', 'renewable', 'path'],
  },
  quiet: true,
  examples: [
    { command: 'skaha auth', help: 'the login in use' },
    { command: 'skaha auth status --check || skaha login', help: 'log in only when needed' },
    { command: 'skaha auth show srcnet --json', help: 'another one, for a program' },
  ],
  exitCodes: { 3: 'there is no login, or --check was given and the login is not good' },
  load: () => import('./show.run.js').then((module) => module.runAuthShow),
});
