import { defineCommand } from '../../command.js';
import type { ConfigImportOptions } from './import.run.js';

export const configImportCommand = defineCommand<ConfigImportOptions, 'file'>({
  description:
    'Takes over the settings of the Python clients: logins, servers, the choice of both, image registry and console. Reads ~/.canfar/config.yaml first, then what only ~/.skaha/config.yaml has; both stay as they are. Settings that you have here are kept unless --force is given. Tells what was taken and what was not, and shows no secret.',
  arguments: [{ key: 'file', value: 'FILE', help: 'one file instead of those two' }],
  options: {
    force: { type: 'boolean', short: 'f', help: 'replace settings of the same name' },
    dryRun: { type: 'boolean', help: 'change nothing, only tell' },
  },
  formats: ['json', 'yaml'],
  fields: { names: ['files', 'changed', 'dry_run', 'items'] },
  examples: [
    { command: 'skaha config import --dry-run', help: 'see what would be taken' },
    { command: 'skaha config import', help: 'take it' },
    {
      command: 'skaha config import ~/backup/config.yaml --json',
      help: 'another file, for a program',
    },
  ],
  exitCodes: {
    1: 'there is no such file, it cannot be read, or the configuration cannot be changed',
  },
  load: () => import('./import.run.js').then((module) => module.runConfigImport),
});
