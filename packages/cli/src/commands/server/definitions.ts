import { defineCommand } from '../../command.js';
import { type WatchOptions, watchOptions } from '../options.js';
import type {
  ServerAddOptions,
  ServerLsOptions,
  ServerRmOptions,
  ServerShowOptions,
  ServerUseOptions,
} from './run.js';

export const serverLsCommand = defineCommand<ServerLsOptions>({
  description:
    'Lists the saved servers for the login in use; if there are none, looks for them. With --refresh the registries are asked again, and the list shows which servers answer and how quickly. Nothing that identifies you is sent. An asterisk marks the server in use.',
  options: {
    refresh: { type: 'boolean', short: 'r', help: 'look for servers again' },
    allIdps: { type: 'boolean', help: 'those of all identity providers, and those you added' },
    dead: { type: 'boolean', help: 'look again, and show what cannot be used and why' },
    dev: { type: 'boolean', help: 'include development servers when looking' },
  },
  formats: ['json', 'yaml', 'name'],
  fields: {
    names: [
      'name',
      'uri',
      'url',
      'version',
      'auths',
      'idp',
      'cores',
      'ram',
      'gpus',
      'limits',
      'storage',
      'status',
      'latency_ms',
      'active',
    ],
    open: true,
  },
  list: true,
  quiet: true,
  examples: [
    { command: 'skaha server ls', help: 'servers for the login in use' },
    { command: 'skaha server ls --refresh', help: 'ask the registries again' },
    {
      command: 'skaha server ls --idp srcnet --json',
      help: 'those of one provider, for a program',
    },
  ],
  exitCodes: {
    3: 'you are not logged in, so the provider is not known',
    4: 'there is no server',
    6: '',
  },
  load: () => import('./run.js').then((module) => module.runServerLs),
});

export const serverUseCommand = defineCommand<ServerUseOptions, 'server'>({
  description:
    'Switches to another server with the login in use. A server that is not saved yet is looked for in the registries. The server is asked whether it accepts the login; if anything fails, nothing changes.',
  arguments: [
    { key: 'server', value: 'SERVER', help: 'name, URI or URL of a server', required: true },
  ],
  options: { dev: { type: 'boolean', help: 'include development servers when looking' } },
  examples: [
    { command: 'skaha server use canfar', help: 'by name' },
    { command: 'skaha server use ivo://swesrc.chalmers.se/skaha', help: 'by URI' },
  ],
  exitCodes: { 3: '', 4: 'there is no such server', 6: '' },
  load: () => import('./run.js').then((module) => module.runServerUse),
});

export const serverShowCommand = defineCommand<ServerShowOptions, 'server'>({
  description: 'Shows what is saved about a server. Nothing is sent.',
  arguments: [
    { key: 'server', value: 'SERVER', help: 'name, URI or URL; by default the one in use' },
  ],
  options: {},
  formats: ['json', 'yaml', 'name'],
  examples: [
    { command: 'skaha server show', help: 'the server in use' },
    { command: 'skaha server show canfar --json', help: 'another server, for a program' },
  ],
  exitCodes: { 2: 'no server is in use', 4: 'there is no such server' },
  load: () => import('./run.js').then((module) => module.runServerShow),
});

export const serverAddCommand = defineCommand<ServerAddOptions, 'name'>({
  description:
    "Adds a server that no registry lists, or adds one under a name you choose. The server is asked, without any credential, for its API version and the logins it accepts; if it does not answer, it is added all the same. Use it afterwards with 'skaha server use NAME', or add it together with a credential with 'skaha context add'.",
  arguments: [
    {
      key: 'name',
      value: 'NAME',
      help: 'a letter, then letters, digits, - and _',
      required: true,
    },
  ],
  options: {
    url: { type: 'string', value: 'URL', help: 'its address, for example https://host/skaha' },
    uri: {
      type: 'string',
      value: 'URI',
      help: 'its IVOA identifier, for example ivo://host/skaha',
    },
    idp: { type: 'string', value: 'IDP', help: 'the identity provider whose logins it accepts' },
    storage: {
      type: 'list',
      value: 'NAME=URL',
      help: 'one of its storage services, for example arc=https://host/arc',
    },
    ca: { type: 'string', value: 'FILE', help: 'certificate authorities to trust for it (PEM)' },
  },
  confirms: true,
  examples: [
    {
      command: 'skaha server add lab --url https://skaha.lab.example.org/skaha --idp srcnet',
      help: 'a server that accepts logins of srcnet',
    },
    {
      command: 'skaha server add lab --url https://skaha.lab.example.org/skaha --ca lab.pem',
      help: 'one with its own certificate authority',
    },
  ],
  exitCodes: {
    1: 'the configuration file cannot be written or is not valid',
    3: 'there is no such identity provider',
  },
  load: () => import('./run.js').then((module) => module.runServerAdd),
});

export const serverRmCommand = defineCommand<ServerRmOptions, 'server'>({
  description:
    'Removes a server from the configuration, together with the contexts that use it; asks first if there are any. Logins stay. A server that a registry lists comes back the next time servers are looked for.',
  arguments: [
    { key: 'server', value: 'NAME', help: "a server from 'skaha server ls'", required: true },
  ],
  options: {},
  confirms: true,
  examples: [
    { command: 'skaha server rm lab', help: 'remove a server' },
    { command: 'skaha server ls -q', help: 'the names that could be removed' },
  ],
  exitCodes: { 1: 'the configuration file cannot be changed', 4: 'there is no such server' },
  load: () => import('./run.js').then((module) => module.runServerRm),
});

export const statsCommand = defineCommand<WatchOptions>({
  description:
    "Shows how much of the platform is in use, how large it is, and the largest session it could run. With --watch the figures are refreshed on a terminal; elsewhere each update is a line of JSON. 'skaha limits' shows what you may ask for.",
  options: { ...watchOptions },
  formats: ['json', 'yaml'],
  fields: { names: ['cores', 'memoryGiB', 'instances'] },
  examples: [
    { command: 'skaha stats', help: 'are there free resources?' },
    { command: 'skaha stats -w --interval 30s', help: 'wait until there are' },
    { command: 'skaha stats --json', help: 'for a program' },
  ],
  exitCodes: { 3: '', 6: 'the server cannot be reached, or has no figures right now' },
  load: () => import('./offer.js').then((module) => module.runStats),
});

export const limitsCommand = defineCommand<Record<never, never>>({
  description:
    'Shows what a session may ask for: cores, memory and GPUs, what a flexible session gets, and how many interactive sessions you may have.',
  options: {},
  formats: ['json', 'yaml'],
  fields: { names: ['cores', 'memoryGiB', 'gpus', 'maxInteractiveSessions'] },
  examples: [
    { command: 'skaha limits', help: 'what may I ask for?' },
    { command: 'skaha limits --json', help: 'for a program' },
  ],
  exitCodes: { 3: '', 6: '' },
  load: () => import('./offer.js').then((module) => module.runLimits),
});

export const repositoryCommand = defineCommand<Record<never, never>>({
  description:
    'Lists the image registries whose images the platform runs. The first is used for images given without a registry.',
  options: {},
  formats: ['json', 'yaml'],
  examples: [
    { command: 'skaha repository', help: 'one host per line' },
    { command: 'skaha repository --json', help: 'for a program' },
  ],
  exitCodes: { 3: '', 6: '' },
  load: () => import('./offer.js').then((module) => module.runRepository),
});
