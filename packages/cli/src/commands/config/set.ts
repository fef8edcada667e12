import { defineCommand } from '../../command.js';
import type { ConfigSetOptions } from './set.run.js';

export const configSetCommand = defineCommand<ConfigSetOptions, 'words'>({
  description:
    'Changes settings, all of them or none when the result would not be valid. Values are YAML: 130 is a number, false a boolean, [a, b] a list, and null removes the setting. Secrets are not taken from the command line, where others could see them: give - as the value and the secret on standard input.',
  arguments: [
    {
      key: 'words',
      value: 'KEY VALUE | KEY=VALUE',
      help: 'one key and its value, or several joined by =',
      required: true,
      many: true,
    },
  ],
  options: {
    string: { type: 'boolean', help: 'take values as text, not as YAML' },
  },
  examples: [
    { command: 'skaha config set active canfar', help: 'the context to work in from now on' },
    {
      command: 'skaha config set contexts.night.server=canfar contexts.night.credential=cadc',
      help: 'two at once: a new context',
    },
    {
      command: `skaha config set 'registries."r.example.org".username=ada' 'registries."r.example.org".secret=-' < secret.txt`,
      help: 'credentials of a registry, the secret from a file',
    },
  ],
  exitCodes: {
    1: 'the file cannot be read or written, or is not valid',
    2: 'a key or value is not valid; nothing was changed',
  },
  load: () => import('./set.run.js').then((module) => module.runConfigSet),
});
