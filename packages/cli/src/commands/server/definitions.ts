import {
  argument,
  defineCommand,
  documentOf,
  fieldsOf,
  flag,
  itemsOf,
  list,
  listOf,
  required,
  text,
} from '../../command.js';
import { watchOptions } from '../options.js';

export const serverLsCommand = defineCommand({
  description:
    'Lists the saved servers for the login in use; if there are none, looks for them. With --refresh the registries are asked again, and the list shows which servers answer and how quickly. Nothing that identifies you is sent. An asterisk marks the server in use.',
  options: {
    refresh: flag('look for servers again', { short: 'r' }),
    allIdps: flag('those of all identity providers, and those you added'),
    dead: flag('look again, and show what cannot be used and why'),
    dev: flag('include development servers when looking'),
  },
  ...listOf(
    fieldsOf(
      'name uri url version auths idp cores ram gpus limits storage status latency_ms active',
      { open: true },
    ),
  ),
  examples: {
    'skaha server ls': 'servers for the login in use',
    'skaha server ls --refresh': 'ask the registries again',
    'skaha server ls --idp srcnet --json': 'those of one provider, for a program',
  },
  exitCodes: {
    3: 'you are not logged in, so the provider is not known',
    4: 'there is no server',
    6: '',
  },
});

export const serverUseCommand = defineCommand({
  description:
    'Switches to another server with the login in use. A server that is not saved yet is looked for in the registries. The server is asked whether it accepts the login; if anything fails, nothing changes.',
  arguments: [required('server', 'SERVER', 'name, URI or URL of a server')],
  options: { dev: flag('include development servers when looking') },
  examples: {
    'skaha server use canfar': 'by name',
    'skaha server use ivo://swesrc.chalmers.se/skaha': 'by URI',
  },
  exitCodes: { 3: '', 4: 'there is no such server', 6: '' },
});

export const serverShowCommand = defineCommand({
  description: 'Shows what is saved about a server. Nothing is sent.',
  arguments: [argument('server', 'SERVER', 'name, URI or URL; by default the one in use')],
  ...itemsOf(),
  quiet: false,
  examples: {
    'skaha server show': 'the server in use',
    'skaha server show canfar --json': 'another server, for a program',
  },
  exitCodes: { 2: 'no server is in use', 4: 'there is no such server' },
});

export const serverAddCommand = defineCommand({
  description:
    "Adds a server that no registry lists, or adds one under a name you choose. The server is asked, without any credential, for its API version and the logins it accepts; if it does not answer, it is added all the same. Use it afterwards with 'skaha server use NAME', or add it together with a credential with 'skaha context add'.",
  arguments: [required('name', 'NAME', 'a letter, then letters, digits, - and _')],
  options: {
    url: text('URL', 'its address, for example https://host/skaha'),
    uri: text('URI', 'its IVOA identifier, for example ivo://host/skaha'),
    idp: text('IDP', 'the identity provider whose logins it accepts'),
    storage: list('NAME=URL', 'one of its storage services, for example arc=https://host/arc'),
    ca: text('FILE', 'certificate authorities to trust for it (PEM)'),
  },
  confirms: true,
  examples: {
    'skaha server add lab --url https://skaha.lab.example.org/skaha --idp srcnet':
      'a server that accepts logins of srcnet',
    'skaha server add lab --url https://skaha.lab.example.org/skaha --ca lab.pem':
      'one with its own certificate authority',
  },
  exitCodes: {
    1: 'the configuration file cannot be written or is not valid',
    3: 'there is no such identity provider',
  },
});

export const serverRmCommand = defineCommand({
  description:
    'Removes a server from the configuration, together with the contexts that use it; asks first if there are any. Logins stay. A server that a registry lists comes back the next time servers are looked for.',
  arguments: [required('server', 'NAME', "a server from 'skaha server ls'")],
  confirms: true,
  examples: {
    'skaha server rm lab': 'remove a server',
    'skaha server ls -q': 'the names that could be removed',
  },
  exitCodes: { 1: 'the configuration file cannot be changed', 4: 'there is no such server' },
});

export const statsCommand = defineCommand({
  description:
    "Shows how much of the platform is in use, how large it is, and the largest session it could run. With --watch the figures are refreshed on a terminal; elsewhere each update is a line of JSON. 'skaha limits' shows what you may ask for.",
  options: { ...watchOptions },
  ...documentOf('cores memoryGiB instances'),
  examples: {
    'skaha stats': 'are there free resources?',
    'skaha stats -w --interval 30s': 'wait until there are',
    'skaha stats --json': 'for a program',
  },
  exitCodes: { 3: '', 6: 'the server cannot be reached, or has no figures right now' },
});

export const limitsCommand = defineCommand({
  description:
    'Shows what a session may ask for: cores, memory and GPUs, what a flexible session gets, and how many interactive sessions you may have.',
  ...documentOf('cores memoryGiB gpus maxInteractiveSessions'),
  examples: { 'skaha limits': 'what may I ask for?', 'skaha limits --json': 'for a program' },
  exitCodes: { 3: '', 6: '' },
});

export const repositoryCommand = defineCommand({
  description:
    'Lists the image registries whose images the platform runs. The first is used for images given without a registry.',
  ...documentOf(),
  examples: { 'skaha repository': 'one host per line', 'skaha repository --json': 'for a program' },
  exitCodes: { 3: '', 6: '' },
});
