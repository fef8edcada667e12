import {
  argument,
  defineCommand,
  documentOf,
  duration,
  fieldsOf,
  flag,
  integer,
  itemsOf,
  listOf,
  required,
  text,
} from '../../command.js';

export const loginFields = fieldsOf('idp name mode expiry active server state renewable path');

const savedLogin = "a login from 'skaha auth ls'";
const loginOrActive = argument('provider', 'IDP', `${savedLogin}; by default the one in use`);
const loginName = required('provider', 'IDP', savedLogin);

const serverOption = text('NAME', 'the server to use: name, URI or URL');

export const loginCommand = defineCommand({
  description:
    'Logs in with an identity provider, chooses one of its servers and makes the two the active context. On a terminal it asks for anything missing. If you already have a valid login, it is kept. If the provider uses a user name and password, a certificate is fetched; the user name and password are not saved. Otherwise you approve the login on a web page, on this device or another. If you cancel, or the login fails, nothing is saved.',
  arguments: [argument('provider', 'IDP', 'identity provider, for example cadc or srcnet')],
  options: {
    force: flag('log in again even if there is a valid login', { short: 'f' }),
    server: serverOption,
    username: text('NAME', 'user name (or SKAHA_USERNAME)', { short: 'u' }),
    passwordStdin: flag('read the password from standard input (or set SKAHA_PASSWORD)'),
    netrc: flag('read user name and password from ~/.netrc'),
    certificate: text('FILE', 'use the certificate and key in this PEM file'),
    daysValid: integer('DAYS', [1, 30], 'how long the fetched certificate is valid', {
      default: 30,
    }),
    tokenStdin: flag('read a bearer token from standard input and save it'),
    device: flag('approve the login with a code, on this device or another'),
    web: flag('approve the login in a browser on this machine'),
    noBrowser: flag('do not open a browser, only show the address'),
    noQr: flag('do not show a QR code'),
    discoveryUrl: text('URL', 'OIDC discovery document to use instead of that of the provider', {
      short: 'd',
    }),
    dev: flag('include development servers'),
    dead: flag('show servers that do not answer, too'),
    details: flag('show the address of each server'),
    timeout: duration([1000, 300_000], 'longest time for one request', {
      short: 't',
      default: 10_000,
    }),
  },
  ...documentOf(loginFields),
  examples: {
    'skaha login': 'asks for everything',
    'skaha login cadc --username ada': 'asks for the password',
    'skaha login cadc --username ada --password-stdin < password.txt': 'in a script',
    'skaha login srcnet --server canSRC --no-browser': 'with a link and a code',
    'skaha login cadc --certificate ~/.ssl/cadcproxy.pem': 'with a certificate that you have',
  },
  exitCodes: {
    1: '',
    3: 'there is no such identity provider, the login was refused, or something is missing and questions cannot be asked',
    4: 'there is no such server',
    6: '',
  },
});

export const logoutCommand = defineCommand({
  description:
    'Removes a login and the contexts that use it, asks its identity provider to revoke its tokens, and deletes the certificate that the login fetched. Your own certificate files stay.',
  arguments: [loginOrActive],
  examples: {
    'skaha logout': 'remove the login in use',
    'skaha logout srcnet': 'remove another one',
  },
  exitCodes: { 1: 'the configuration file cannot be changed', 3: 'there is no such login' },
});

export const whoamiCommand = defineCommand({
  description:
    "Asks the server who you are, which proves that the login works there. To see what is saved without contacting the server, use 'skaha auth show'.",
  ...itemsOf('user idp mode server context'),
  examples: {
    'skaha whoami': 'user, login and server',
    'skaha whoami -q': 'only the user name',
    'skaha whoami --idp srcnet': 'with another login',
  },
  exitCodes: { 3: '', 6: '' },
});

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
  arguments: [loginOrActive],
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
  arguments: [loginName],
  options: { server: serverOption },
  examples: {
    'skaha auth use srcnet': 'use the login for srcnet',
    'skaha auth use srcnet --server canSRC': 'with this server',
  },
  exitCodes: { 3: '', 4: 'there is no such server', 6: '' },
});

export const authRmCommand = defineCommand({
  description:
    "Removes a saved login, as 'skaha logout' does, but asks first if it is the one in use.",
  arguments: [loginName],
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
