import { defineCommand } from '../../command.js';
import type { ConfigValidateOptions } from './validate.run.js';

export const configValidateCommand = defineCommand<ConfigValidateOptions, 'file'>({
  description:
    'Checks a configuration file: its grammar, its settings, and the names that settings use for each other. Says what is wrong and in which line. Changes nothing.',
  arguments: [{ key: 'file', value: 'FILE', help: 'another file than the one in use' }],
  options: {
    strict: {
      type: 'boolean',
      help: 'treat warnings as errors, such as a key that skaha does not know',
    },
  },
  formats: ['json', 'yaml'],
  fields: { names: ['path', 'exists', 'valid', 'warnings'] },
  examples: [
    { command: 'skaha config validate', help: 'the file in use' },
    { command: 'skaha config validate --strict ./config.yaml', help: 'another one, strictly' },
  ],
  exitCodes: { 1: 'the file is not valid, or --strict was given and there are warnings' },
  load: () => import('./validate.run.js').then((module) => module.runConfigValidate),
});
