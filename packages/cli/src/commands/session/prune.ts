import { progressOption } from '@skaha/terminal/output/progress-option.js';
import { sessionKinds, sessionStatuses } from '@skaha/wire/kinds.js';
import { defineCommand } from '../../command.js';
import { itemFields } from './item-fields.js';
import type { PruneOptions } from './prune.run.js';
import { sessionFields } from './session-fields.js';

export const pruneCommand = defineCommand<PruneOptions, 'selector' | 'kind' | 'status'>({
  description:
    'Deletes the sessions whose names fit, after showing them: finished headless ones unless you say otherwise.\nPlain text means names that begin with it; with * or ? it means whole names; with other special characters it is a regular expression found anywhere in the name.',
  arguments: [
    { key: 'selector', value: 'NAME', help: 'which names', required: true },
    {
      key: 'kind',
      value: 'KIND',
      help: 'only this kind (default headless)',
      choices: [...sessionKinds, 'all'],
    },
    {
      key: 'status',
      value: 'STATUS',
      help: 'only this status (default: any finished one)',
      choices: [...sessionStatuses, 'Succeeded', 'Error', 'all'],
    },
  ],
  options: {
    prefix: { type: 'boolean', help: 'NAME is the beginning of names' },
    glob: { type: 'boolean', help: 'NAME is a pattern with * and ?' },
    regex: { type: 'boolean', help: 'NAME is a regular expression' },
    olderThan: {
      type: 'duration',
      value: 'TIME',
      min: 0,
      max: 315_360_000_000,
      help: 'only sessions that started longer ago, for example 2d',
    },
    dryRun: { type: 'boolean', help: 'show them and delete nothing' },
    progress: progressOption,
  },
  formats: ['json', 'yaml', 'name'],
  fields: { ...sessionFields, names: [...itemFields.names, ...sessionFields.names] },
  quiet: true,
  confirms: true,
  examples: [
    { command: 'skaha prune reduce', help: 'finished jobs reduce, reduce-1, reduce-2, …' },
    { command: "skaha prune 'fit-*' --older-than 2d --yes", help: 'old ones, without a question' },
    { command: 'skaha prune note notebook Running --dry-run', help: 'see what would be deleted' },
  ],
  exitCodes: { 3: '', 6: '', 7: 'some could not be deleted' },
  load: () => import('./prune.run.js').then((module) => module.runPrune),
});
