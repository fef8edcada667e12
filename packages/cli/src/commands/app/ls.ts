import { defineCommand } from '../../command.js';
import { sessionFields } from '../session/session-fields.js';
import { desktopArgument } from './desktop.js';
import type { AppLsOptions } from './ls.run.js';

export const appLsCommand = defineCommand<AppLsOptions, 'desktop'>({
  description: 'Lists the programs that were started on a desktop, each with an id of its own.',
  arguments: [desktopArgument],
  options: {},
  formats: ['json', 'yaml', 'name'],
  fields: sessionFields,
  list: true,
  quiet: true,
  examples: [
    { command: 'skaha app ls desktop1', help: 'all programs on it' },
    { command: 'skaha app ls desktop1 -q', help: 'their ids only' },
  ],
  exitCodes: { 1: 'the server refused', 3: '', 4: 'there is no such desktop', 6: '' },
  load: () => import('./ls.run.js').then((module) => module.runAppLs),
});
