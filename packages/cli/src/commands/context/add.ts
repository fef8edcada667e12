import { defineCommand } from '../../command.js';
import type { ContextAddOptions } from './add.run.js';

export const contextAddCommand = defineCommand<ContextAddOptions, 'name'>({
  description:
    'Adds a context for a server and a credential that is kept in a file: a token, or a certificate with its key. The first context becomes the active one. Asks before it replaces a context of that name.',
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
    tokenFile: { type: 'string', value: 'FILE', help: 'file that holds a token and nothing else' },
    ca: {
      type: 'string',
      value: 'FILE',
      help: "PEM file with authorities to trust beside the system's",
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
  load: () => import('./add.run.js').then((module) => module.runContextAdd),
});
