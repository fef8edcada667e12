import { defineCommand } from '../../command.js';
import type { AuthRmOptions, AuthShowOptions, AuthUseOptions } from './run.js';

export const authLsCommand = defineCommand<Record<never, never>>({
  description:
    'Lists the saved logins and their state, as far as it can be told from what is saved. An asterisk marks the one in use. Nothing is sent.',
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
    'Shows a saved login: its identity provider, kind, state, expiry, and the server used with it. Nothing is sent. With --check the exit status says whether the login is valid.',
  arguments: [
    {
      key: 'provider',
      value: 'IDP',
      help: "a login from 'skaha auth ls'; by default the one in use",
    },
  ],
  options: {
    check: { type: 'boolean', help: 'exit with status 3 unless the login is valid' },
  },
  formats: ['json', 'yaml', 'name'],
  fields: {
    names: ['idp', 'name', 'mode', 'expiry', 'active', 'server', 'state', 'renewable', 'path'],
  },
  quiet: true,
  examples: [
    { command: 'skaha auth', help: 'the login in use' },
    { command: 'skaha auth status --check || skaha login', help: 'log in only when needed' },
    { command: 'skaha auth show srcnet --json', help: 'another login, for a program' },
  ],
  exitCodes: { 3: 'there is no login, or --check was given and the login is not valid' },
  load: () => import('./run.js').then((module) => module.runAuthShow),
});

export const authTokenCommand = defineCommand<Record<never, never>>({
  description:
    'Prints a bearer token for the server in use, for programs that need one. The token is refreshed first if it is about to expire. Anyone who has the token can act as you until it expires. A certificate has no token.',
  options: {},
  examples: [
    {
      command: 'curl --oauth2-bearer "$(skaha auth token)" https://host/skaha/v1/session',
      help: 'pass it to another program',
    },
    { command: 'skaha auth token --idp srcnet', help: 'the token of another login' },
  ],
  exitCodes: { 2: 'the login is not a token', 3: '', 6: '' },
  load: () => import('./run.js').then((module) => module.runAuthToken),
});

export const authUseCommand = defineCommand<AuthUseOptions, 'provider'>({
  description:
    'Switches to another saved login, with the server that was last used with it, the only server there is, or one that you choose. The server is asked whether it accepts the login; if anything fails, nothing changes.',
  arguments: [
    { key: 'provider', value: 'IDP', help: "a login from 'skaha auth ls'", required: true },
  ],
  options: {
    server: { type: 'string', value: 'NAME', help: 'the server to use: name, URI or URL' },
  },
  examples: [
    { command: 'skaha auth use srcnet', help: 'use the login for srcnet' },
    { command: 'skaha auth use srcnet --server canSRC', help: 'with this server' },
  ],
  exitCodes: { 3: '', 4: 'there is no such server', 6: '' },
  load: () => import('./run.js').then((module) => module.runAuthUse),
});

export const authRmCommand = defineCommand<AuthRmOptions, 'provider'>({
  description:
    "Removes a saved login, as 'skaha logout' does, but asks first if it is the one in use.",
  arguments: [
    { key: 'provider', value: 'IDP', help: "a login from 'skaha auth ls'", required: true },
  ],
  options: {},
  confirms: true,
  examples: [
    { command: 'skaha auth rm srcnet', help: 'remove the login for srcnet' },
    { command: 'skaha auth ls', help: 'list the logins first' },
  ],
  exitCodes: { 1: 'the configuration file cannot be changed', 3: 'there is no such login' },
  load: () => import('./run.js').then((module) => module.runAuthRm),
});

export const authPurgeCommand = defineCommand<Record<never, never>>({
  description:
    'Removes all logins, contexts and servers, asks the identity providers to revoke their tokens, and deletes the certificates that logins fetched. Image registries, identity providers that you added and the console settings stay. Asks first.',
  options: {},
  confirms: true,
  examples: [
    { command: 'skaha auth purge', help: 'remove everything; asks first' },
    { command: 'skaha auth purge --force', help: 'without asking' },
  ],
  exitCodes: { 1: 'the configuration file cannot be changed' },
  load: () => import('./run.js').then((module) => module.runAuthPurge),
});
