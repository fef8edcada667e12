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

export const serverFields = fieldsOf(
  'name uri url version auths idp cores ram gpus limits storage status latency_ms active',
  { open: true },
);

export const serverLsCommand = defineCommand({
  description:
    'Lists the saved servers for the login in use; if there are none, looks for them. With --refresh it asks the registries again, and shows which servers answer and how quickly. It sends nothing that identifies you. An asterisk marks the server in use.',
  options: {
    refresh: flag('look for servers again', { short: 'r' }),
    allIdps: flag('those of all identity providers, and those you added'),
    dead: flag('look again, and show what cannot be used and why'),
    dev: flag('include development servers when looking'),
  },
  ...listOf(serverFields),
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
    'Switches to another server with the login in use. If the server is not saved yet, it is looked up in the registries. The command asks the server whether it accepts the login. If anything fails, nothing changes.',
  arguments: [required('server', 'SERVER', 'name, URI or URL of a server')],
  options: { dev: flag('include development servers when looking') },
  examples: {
    'skaha server use canfar': 'by name',
    'skaha server use ivo://swesrc.chalmers.se/skaha': 'by URI',
  },
  exitCodes: { 3: '', 4: 'there is no such server', 6: '' },
});

export const serverShowCommand = defineCommand({
  description: 'Shows the saved details of a server, without contacting it.',
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
    "Adds a server that no registry lists, or adds one under a name you choose. The command asks the server, without sending a credential, for its API version and the logins it accepts. If the server does not answer, it is added anyway. Then use it with 'skaha server use NAME', or add it together with a credential with 'skaha context add'.",
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
    'Removes a server from the configuration, together with the contexts that use it; asks first if there are any. Logins stay. If a registry lists the server, it comes back the next time you look for servers.',
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
    "Shows the resources of the platform, how much of them is in use, and the largest session it could run. With --watch the figures are refreshed on a terminal; elsewhere each update is a line of JSON. 'skaha limits' shows how much you may request.",
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
    'Shows the cores, memory and GPUs that a session may request, what a flexible session gets, and how many interactive sessions you may have.',
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
