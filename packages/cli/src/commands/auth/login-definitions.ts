import {
  argument,
  defineCommand,
  documentOf,
  duration,
  flag,
  integer,
  itemsOf,
  text,
} from '../../command.js';
import { loginFields } from './definitions.js';

export const loginCommand = defineCommand({
  description:
    'Logs in with an identity provider, chooses one of its servers and makes the two the active context. On a terminal it asks for anything missing. If you already have a valid login, it is kept. If the provider uses a user name and password, a certificate is fetched; the user name and password are not saved. Otherwise you approve the login on a web page, on this device or another. If you cancel, or the login fails, nothing is saved.',
  arguments: [argument('provider', 'IDP', 'identity provider, for example cadc or srcnet')],
  options: {
    force: flag('log in again even if there is a valid login', { short: 'f' }),
    server: text('NAME', 'the server to use: name, URI or URL'),
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
  arguments: [
    argument('provider', 'IDP', "a login from 'skaha auth ls'; by default the one in use"),
  ],
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
