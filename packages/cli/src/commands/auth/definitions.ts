import {
  argument,
  defineCommand,
  fieldsOf,
  flag,
  itemsOf,
  listOf,
  required,
  text,
} from '../../command.js';

export const loginFields = fieldsOf('idp name mode expiry active server state renewable path');

export const authLsCommand = defineCommand({
  description:
    'Lists the saved logins and their state, without contacting a server. An asterisk marks the one in use.',
  ...listOf(loginFields),
  examples: { 'skaha auth ls': 'all logins', 'skaha auth ls --json': 'for a program' },
  exitCodes: { 1: 'the configuration file cannot be read or is not valid' },
});

export const authShowCommand = defineCommand({
  description:
    'Shows a saved login: its identity provider, kind, state, expiry, and the server used with it. It does not contact the server. With --check the exit status shows whether the login is valid.',
  arguments: [
    argument('provider', 'IDP', "a login from 'skaha auth ls'; by default the one in use"),
  ],
  options: { check: flag('exit with status 3 unless the login is valid') },
  ...itemsOf(loginFields),
  examples: {
    'skaha auth': 'the login in use',
    'skaha auth status --check || skaha login': 'log in only when needed',
    'skaha auth show srcnet --json': 'another login, for a program',
  },
  exitCodes: { 3: 'there is no login, or --check was given and the login is not valid' },
});

export const authTokenCommand = defineCommand({
  description:
    'Prints a bearer token for the server in use, for programs that need one. The token is refreshed first if it is about to expire. Anyone who has the token can act as you until it expires. A certificate has no token.',
  examples: {
    'curl --oauth2-bearer "$(skaha auth token)" https://host/skaha/v1/session':
      'pass it to another program',
    'skaha auth token --idp srcnet': 'the token of another login',
  },
  exitCodes: { 2: 'the login is not a token', 3: '', 6: '' },
});

export const authUseCommand = defineCommand({
  description:
    'Switches to another saved login, with the server that was last used with it, the only server there is, or one that you choose. The command asks the server whether it accepts the login. If anything fails, nothing changes.',
  arguments: [required('provider', 'IDP', "a login from 'skaha auth ls'")],
  options: { server: text('NAME', 'the server to use: name, URI or URL') },
  examples: {
    'skaha auth use srcnet': 'use the login for srcnet',
    'skaha auth use srcnet --server canSRC': 'with this server',
  },
  exitCodes: { 3: '', 4: 'there is no such server', 6: '' },
});

export const authRmCommand = defineCommand({
  description:
    "Removes a saved login, as 'skaha logout' does, but asks first if it is the one in use.",
  arguments: [required('provider', 'IDP', "a login from 'skaha auth ls'")],
  confirms: true,
  examples: {
    'skaha auth rm srcnet': 'remove the login for srcnet',
    'skaha auth ls': 'list the logins first',
  },
  exitCodes: { 1: 'the configuration file cannot be changed', 3: 'there is no such login' },
});

export const authPurgeCommand = defineCommand({
  description:
    'Removes all logins, contexts and servers, asks the identity providers to revoke their tokens, and deletes the certificates that logins fetched. Image registries, identity providers that you added and the console settings stay. Asks first.',
  confirms: true,
  examples: {
    'skaha auth purge': 'remove everything; asks first',
    'skaha auth purge --force': 'without asking',
  },
  exitCodes: { 1: 'the configuration file cannot be changed' },
});
