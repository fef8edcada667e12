import { defineCommand } from '../../command.js';
import type { ContextUseOptions } from './use.run.js';

export const contextUseCommand = defineCommand<ContextUseOptions, 'name'>({
  description: 'Makes a context the active one: other commands use it from now on.',
  arguments: [{ key: 'name', value: 'NAME', help: 'one of those in  context ls', required: true }],
  options: {},
  examples: [
    { command: 'skaha context use local', help: 'work on the platform of this machine' },
    { command: 'skaha --context canfar ps', help: 'use another context for one command only' },
  ],
  exitCodes: { 1: 'there is no such context, or the configuration file cannot be changed' },
  load: () => import('./use.run.js').then((module) => module.runContextUse),
});
