import { defineCommand } from '../../command.js';
import type { ContextRmOptions } from './rm.run.js';

export const contextRmCommand = defineCommand<ContextRmOptions, 'name'>({
  description:
    'Removes a context, with its server and credential where no other context uses them. The files that hold credentials stay.',
  arguments: [{ key: 'name', value: 'NAME', help: 'one of those in  context ls', required: true }],
  options: {},
  examples: [
    { command: 'skaha context rm local', help: 'forget the context local' },
    { command: 'skaha context ls', help: 'see the contexts first' },
  ],
  exitCodes: { 1: 'there is no such context, or the configuration file cannot be changed' },
  load: () => import('./rm.run.js').then((module) => module.runContextRm),
});
