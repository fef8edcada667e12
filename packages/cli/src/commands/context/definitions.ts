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

export const contextFields = fieldsOf('name active server url version credential mode path');

export const contextLsCommand = defineCommand({
  description:
    'Lists the contexts. A context is a named pair: a server, and the credential used with it. An asterisk marks the active one.',
  ...listOf(contextFields),
  examples: { 'skaha context ls': 'all contexts', 'skaha context ls -q': 'only their names' },
  exitCodes: { 1: 'the configuration file cannot be read or is not valid' },
});

export const contextShowCommand = defineCommand({
  description:
    'Shows a context: its server, its credential, and whether that credential can be used. It does not contact the server.',
  arguments: [argument('name', 'NAME', 'by default the one in use')],
  ...itemsOf(),
  quiet: false,
  examples: {
    'skaha context show': 'the context in use',
    'skaha context show canfar --json': 'another context, for a program',
  },
  exitCodes: {
    1: 'the configuration file is not valid',
    2: 'no context is active',
    3: 'there are no contexts yet',
    4: 'there is no such context',
  },
});

export const contextUseCommand = defineCommand({
  description: 'Makes a context the active one: other commands use it from now on.',
  arguments: [required('name', 'NAME', "a context from 'skaha context ls'")],
  examples: {
    'skaha context use local': 'use the platform on this machine',
    'skaha --context canfar ps': 'use another context for just one command',
  },
  exitCodes: { 1: 'the configuration file cannot be changed', 4: 'there is no such context' },
});

export const contextAddCommand = defineCommand({
  description:
    'Adds a context for a server and a credential in a file: a token, or a certificate with its key. The first context becomes the active one. Asks before it replaces an existing context of the same name.',
  arguments: [required('name', 'NAME', 'letters, digits, _ and -, beginning with a letter')],
  options: {
    url: text('URL', 'address of the server, for example https://ws-uv.canfar.net/skaha'),
    certificate: text('FILE', 'PEM file with certificate and key'),
    tokenFile: text('FILE', 'file that contains only a token'),
    ca: text('FILE', "PEM file of certificate authorities to trust in addition to the system's"),
    use: flag('make it the active context'),
  },
  confirms: true,
  examples: {
    'skaha context add canfar --url https://ws-uv.canfar.net/skaha --certificate ~/.ssl/cadcproxy.pem':
      'CANFAR with the certificate of cadc-get-cert',
    'skaha context add test --url https://host/skaha --token-file ~/token --use':
      'another server with a token, used from now on',
  },
  exitCodes: { 1: 'the configuration file is not valid or cannot be changed' },
});

export const contextRmCommand = defineCommand({
  description:
    'Removes a context, along with its server and credential if no other context uses them. Files that contain credentials stay.',
  arguments: [required('name', 'NAME', "a context from 'skaha context ls'")],
  examples: {
    'skaha context rm local': 'remove the context local',
    'skaha context ls': 'list the contexts first',
  },
  exitCodes: { 1: 'the configuration file cannot be changed', 4: 'there is no such context' },
});
