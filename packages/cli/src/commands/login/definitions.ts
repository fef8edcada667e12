import { defineCommand } from '../../command.js';
import type { LogoutOptions } from './account.js';
import type { LoginCommandOptions } from './run.js';

export const loginCommand = defineCommand<LoginCommandOptions, 'provider'>({
  description:
    'Logs in with an identity provider, chooses one of its servers and makes the two the active context. On a terminal it asks for what is missing. A login that is still valid is kept. If the provider uses a user name and password, a certificate is fetched, and neither of the two is saved. Otherwise you approve the login on a web page, on this device or another. If you cancel, or if the login fails, nothing is saved.',
  arguments: [
    { key: 'provider', value: 'IDP', help: 'identity provider, for example cadc or srcnet' },
  ],
  options: {
    force: { type: 'boolean', short: 'f', help: 'log in again even if there is a valid login' },
    server: { type: 'string', value: 'NAME', help: 'the server to use: name, URI or URL' },
    username: { type: 'string', short: 'u', value: 'NAME', help: 'user name (or SKAHA_USERNAME)' },
    passwordStdin: {
      type: 'boolean',
      help: 'read the password from standard input (or set SKAHA_PASSWORD)',
    },
    netrc: { type: 'boolean', help: 'read user name and password from ~/.netrc' },
    certificate: {
      type: 'string',
      value: 'FILE',
      help: 'use the certificate and key in this PEM file',
    },
    daysValid: {
      type: 'integer',
      value: 'DAYS',
      min: 1,
      max: 30,
      default: 30,
      help: 'how long the fetched certificate is valid',
    },
    tokenStdin: { type: 'boolean', help: 'read a bearer token from standard input and save it' },
    device: { type: 'boolean', help: 'approve the login with a code, on this device or another' },
    web: { type: 'boolean', help: 'approve the login in a browser on this machine' },
    noBrowser: { type: 'boolean', help: 'do not open a browser, only show the address' },
    noQr: { type: 'boolean', help: 'do not show a QR code' },
    discoveryUrl: {
      type: 'string',
      short: 'd',
      value: 'URL',
      help: 'OIDC discovery document to use instead of that of the provider',
    },
    dev: { type: 'boolean', help: 'include development servers' },
    dead: { type: 'boolean', help: 'show servers that do not answer, too' },
    details: { type: 'boolean', help: 'show the address of each server' },
    timeout: {
      type: 'duration',
      short: 't',
      value: 'TIME',
      min: 1000,
      max: 300_000,
      default: 10_000,
      help: 'longest time for one request',
    },
  },
  formats: ['json', 'yaml'],
  fields: {
    names: ['idp', 'name', 'mode', 'expiry', 'active', 'server', 'state', 'renewable', 'path'],
  },
  examples: [
    { command: 'skaha login', help: 'asks for everything' },
    { command: 'skaha login cadc --username ada', help: 'asks for the password' },
    {
      command: 'skaha login cadc --username ada --password-stdin < password.txt',
      help: 'in a script',
    },
    { command: 'skaha login srcnet --server canSRC --no-browser', help: 'with a link and a code' },
    {
      command: 'skaha login cadc --certificate ~/.ssl/cadcproxy.pem',
      help: 'with a certificate that you have',
    },
  ],
  exitCodes: {
    1: '',
    3: 'the login was refused, or something is missing and questions cannot be asked',
    4: 'there is no such server',
    6: '',
  },
  load: () => import('./run.js').then((module) => module.runLogin),
});

export const logoutCommand = defineCommand<LogoutOptions, 'provider'>({
  description:
    'Removes a login and the contexts that use it, asks its identity provider to revoke its tokens, and deletes the certificate that the login fetched. Your own certificate files stay.',
  arguments: [
    {
      key: 'provider',
      value: 'IDP',
      help: "a login from 'skaha auth ls'; by default the one in use",
    },
  ],
  options: {},
  examples: [
    { command: 'skaha logout', help: 'remove the login in use' },
    { command: 'skaha logout srcnet', help: 'remove another one' },
  ],
  exitCodes: { 1: 'the configuration file cannot be changed', 3: 'there is no such login' },
  load: () => import('./account.js').then((module) => module.runLogout),
});

export const whoamiCommand = defineCommand<Record<never, never>>({
  description:
    "Asks the server who you are, which proves that the login works there. To see what is saved without contacting the server, use 'skaha auth show'.",
  options: {},
  formats: ['json', 'yaml', 'name'],
  fields: { names: ['user', 'idp', 'mode', 'server', 'context'] },
  quiet: true,
  examples: [
    { command: 'skaha whoami', help: 'user, login and server' },
    { command: 'skaha whoami -q', help: 'only the user name' },
    { command: 'skaha whoami --idp srcnet', help: 'with another login' },
  ],
  exitCodes: { 3: '', 6: '' },
  load: () => import('./account.js').then((module) => module.runWhoami),
});
