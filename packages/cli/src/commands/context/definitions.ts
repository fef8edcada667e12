import { defineCommand } from '../../command.js';
import type {
  ContextAddOptions,
  ContextRmOptions,
  ContextShowOptions,
  ContextUseOptions,
} from './run.js';

export const contextLsCommand = defineCommand<Record<never, never>>({
  description:
    'Lists the contexts. A context is a named pair: a server, and the credential used with it. An asterisk marks the active one.',
  options: {},
  formats: ['json', 'yaml', 'name'],
  fields: { names: ['name', 'active', 'server', 'url', 'version', 'credential', 'mode', 'path'] },
  list: true,
  quiet: true,
  examples: [
    { command: 'skaha context ls', help: 'all contexts' },
    { command: 'skaha context ls -q', help: 'only their names' },
  ],
  exitCodes: { 1: 'the configuration file cannot be read or is not valid' },
  load: () => import('./run.js').then((module) => module.runContextLs),
});

export const contextShowCommand = defineCommand<ContextShowOptions, 'name'>({
  description:
    'Shows a context: its server, its credential, and whether that credential can be used. Nothing is sent to the server.',
  arguments: [{ key: 'name', value: 'NAME', help: 'by default the one in use' }],
  options: {},
  formats: ['json', 'yaml', 'name'],
  examples: [
    { command: 'skaha context show', help: 'the context in use' },
    { command: 'skaha context show canfar --json', help: 'another context, for a program' },
  ],
  exitCodes: {
    1: 'there is no such context, or the configuration file is not valid',
    2: 'no context is active',
    3: 'there are no contexts yet',
  },
  load: () => import('./run.js').then((module) => module.runContextShow),
});

export const contextUseCommand = defineCommand<ContextUseOptions, 'name'>({
  description: 'Makes a context the active one: other commands use it from now on.',
  arguments: [
    { key: 'name', value: 'NAME', help: "a context from 'skaha context ls'", required: true },
  ],
  options: {},
  examples: [
    { command: 'skaha context use local', help: 'use the platform on this machine' },
    { command: 'skaha --context canfar ps', help: 'use another context for just one command' },
  ],
  exitCodes: { 1: 'there is no such context, or the configuration file cannot be changed' },
  load: () => import('./run.js').then((module) => module.runContextUse),
});

export const contextAddCommand = defineCommand<ContextAddOptions, 'name'>({
  description:
    'Adds a context for a server and a credential in a file: a token, or a certificate with its key. The first context becomes the active one. Asks before it replaces an existing context of the same name.',
  arguments: [
    {
      key: 'name',
      value: 'NAME',
      help: 'letters, digits, _ and -, beginning with a letter',
      required: true,
    },
  ],
  options: {
    url: {
      type: 'string',
      value: 'URL',
      help: 'address of the server, for example https://ws-uv.canfar.net/skaha',
    },
    certificate: { type: 'string', value: 'FILE', help: 'PEM file with certificate and key' },
    tokenFile: { type: 'string', value: 'FILE', help: 'file that contains only a token' },
    ca: {
      type: 'string',
      value: 'FILE',
      help: "PEM file of certificate authorities to trust in addition to the system's",
    },
    use: { type: 'boolean', help: 'make it the active context' },
  },
  confirms: true,
  examples: [
    {
      command:
        'skaha context add canfar --url https://ws-uv.canfar.net/skaha --certificate ~/.ssl/cadcproxy.pem',
      help: 'CANFAR with the certificate of cadc-get-cert',
    },
    {
      command: 'skaha context add test --url https://host/skaha --token-file ~/token --use',
      help: 'another server with a token, used from now on',
    },
  ],
  exitCodes: { 1: 'the configuration file is not valid or cannot be changed' },
  load: () => import('./run.js').then((module) => module.runContextAdd),
});

export const contextRmCommand = defineCommand<ContextRmOptions, 'name'>({
  description:
    'Removes a context, along with its server and credential if no other context uses them. Files that contain credentials stay.',
  arguments: [
    { key: 'name', value: 'NAME', help: "a context from 'skaha context ls'", required: true },
  ],
  options: {},
  examples: [
    { command: 'skaha context rm local', help: 'remove the context local' },
    { command: 'skaha context ls', help: 'list the contexts first' },
  ],
  exitCodes: { 1: 'there is no such context, or the configuration file cannot be changed' },
  load: () => import('./run.js').then((module) => module.runContextRm),
});
