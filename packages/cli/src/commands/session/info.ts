import { defineCommand } from '../../command.js';
import { sessionsArgument } from './arguments.js';
import { filterOptions } from './filter-options.js';
import type { InfoOptions } from './info.run.js';
import { sessionFields } from './session-fields.js';

export const infoCommand = defineCommand<InfoOptions, 'sessions'>({
  description: 'Shows everything that the server says about sessions.',
  arguments: [{ ...sessionsArgument, required: false }],
  options: { ...filterOptions },
  formats: ['json', 'yaml', 'name'],
  fields: sessionFields,
  examples: [
    { command: 'skaha info ab12cd34', help: 'one session by its id' },
    { command: 'skaha info reduce latest', help: 'one by its name, and the newest one' },
    { command: 'skaha ps -q | skaha info - --json', help: 'all that run, for a program' },
  ],
  exitCodes: { 3: '', 4: 'none of the sessions exists', 6: '', 7: 'some of them do not exist' },
  load: () => import('./info.run.js').then((module) => module.runInfo),
});
