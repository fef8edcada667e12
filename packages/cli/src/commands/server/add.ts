import { defineCommand } from '../../command.js';
import type { ServerAddOptions } from './add.run.js';

export const serverAddCommand = defineCommand<ServerAddOptions, 'name'>({
  description:
    "Adds a server that no registry lists, or one under a name of your own. The server is asked, without any credential, for its API version and the logins it takes; one that does not answer is added all the same. Use it afterwards with 'skaha server use NAME', or add a credential too with 'skaha context add'.",
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
    idp: { type: 'string', value: 'IDP', help: 'the identity provider whose logins it takes' },
    storage: {
      type: 'list',
      value: 'NAME=URL',
      help: 'a storage service of it, for example arc=https://host/arc',
    },
    ca: { type: 'string', value: 'FILE', help: 'authorities to trust for it (PEM)' },
  },
  confirms: true,
  examples: [
    {
      command: 'skaha server add lab --url https://skaha.lab.example.org/skaha --idp srcnet',
      help: 'a server that takes the logins of srcnet',
    },
    {
      command: 'skaha server add lab --url https://skaha.lab.example.org/skaha --ca lab.pem',
      help: 'one whose authority only that file knows',
    },
  ],
  exitCodes: {
    1: 'the configuration file cannot be written or is not valid',
    3: 'there is no such identity provider',
  },
  load: () => import('./add.run.js').then((module) => module.runServerAdd),
});
