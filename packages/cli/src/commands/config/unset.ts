import { defineCommand } from '../../command.js';
import type { ConfigUnsetOptions } from './unset.run.js';

export const configUnsetCommand = defineCommand<ConfigUnsetOptions, 'keys'>({
  description:
    'Removes settings, all of them or none when the result would not be valid. Everything below a key goes with it.',
  arguments: [
    { key: 'keys', value: 'KEY', help: 'for example contexts.night', required: true, many: true },
  ],
  options: {},
  examples: [
    { command: 'skaha config unset contexts.night', help: 'one context less' },
    { command: `skaha config unset 'registries."r.example.org"'`, help: 'a key with dots in it' },
  ],
  exitCodes: {
    1: 'the file cannot be read or written, or is not valid',
    2: 'there is no such setting, or others need it; nothing was changed',
  },
  load: () => import('./unset.run.js').then((module) => module.runConfigUnset),
});
