import { defineCommand } from '../../command.js';
import type { AuthRmOptions, AuthShowOptions, AuthUseOptions } from './run.js';

export const authLsCommand = defineCommand<Record<never, never>>({
  description:
    'Lists the saved logins with their state, judged by what each of them holds. An asterisk marks the one in use. Nothing is sent.',
  options: {},
  formats: ['json', 'yaml', 'name'],
  fields: {
    names: ['idp', 'name', 'mode', 'expiry', 'active', 'server', 'state', 'renewable', 'path'],
  },
  list: true,
  quiet: true,
  examples: [
    { command: 'skaha auth ls', help: 'all logins' },
    { command: 'skaha auth ls --json', help: 'for a program' },
  ],
  exitCodes: { 1: 'the configuration file cannot be read or is not valid' },
  load: () => import('./run.js').then((module) => module.runAuthLs),
});

export const authShowCommand = defineCommand<AuthShowOptions, 'provider'>({
  description:
    'Shows a saved login: its identity provider, kind, state, end, and the server used with it. Nothing is sent. With --check the exit status says whether the login is good.',
  arguments: [
    {
      key: 'provider',
      value: 'IDP',
      help: "one of those in 'skaha auth ls'; the one in use when left out",
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
  load: () => import('./run.js').then((module) => module.runAuthShow),
});

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
  load: () => import('./run.js').then((module) => module.runAuthToken),
});

export const authUseCommand = defineCommand<AuthUseOptions, 'provider'>({
  description:
    'Uses another saved login, at the server that was used with it last, the only one, or one that you choose. The server is asked whether it takes the login; when anything fails the former choice stays.',
  arguments: [
    { key: 'provider', value: 'IDP', help: "one of those in 'skaha auth ls'", required: true },
  ],
  options: {
    server: { type: 'string', value: 'NAME', help: 'the server to use: name, URI or URL' },
  },
  examples: [
    { command: 'skaha auth use srcnet', help: 'use the login at srcnet' },
    { command: 'skaha auth use srcnet --server canSRC', help: 'at this server' },
  ],
  exitCodes: { 3: '', 4: 'there is no such server', 6: '' },
  load: () => import('./run.js').then((module) => module.runAuthUse),
});

export const authRmCommand = defineCommand<AuthRmOptions, 'provider'>({
  description:
    "Removes a saved login as 'skaha logout' does, and asks first when it is the one in use.",
  arguments: [
    { key: 'provider', value: 'IDP', help: "one of those in 'skaha auth ls'", required: true },
  ],
  options: {},
  confirms: true,
  examples: [
    { command: 'skaha auth rm srcnet', help: 'forget the login at srcnet' },
    { command: 'skaha auth ls', help: 'see the logins first' },
  ],
  exitCodes: { 1: 'the configuration file cannot be changed', 3: 'there is no such login' },
  load: () => import('./run.js').then((module) => module.runAuthRm),
});

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
  load: () => import('./run.js').then((module) => module.runAuthPurge),
});
