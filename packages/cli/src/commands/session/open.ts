import { progressOption } from '@skaha/terminal/output/progress-option.js';
import { defineCommand } from '../../command.js';
import { sessionsArgument } from './arguments.js';
import type { OpenOptions } from './open.run.js';

export const openCommand = defineCommand<OpenOptions, 'sessions'>({
  description:
    'Opens running sessions in the browser. Where no browser can be started, the addresses are printed.',
  arguments: [sessionsArgument],
  options: {
    print: { type: 'boolean', help: 'print the addresses only' },
    wait: { type: 'boolean', help: 'wait until the sessions run' },
    waitTimeout: {
      type: 'duration',
      value: 'TIME',
      min: 1000,
      max: 86_400_000,
      default: 300_000,
      help: 'longest time for --wait',
    },
    progress: progressOption,
  },
  formats: ['json', 'yaml'],
  fields: { names: ['id', 'name', 'ok', 'action', 'error', 'url'] },
  examples: [
    { command: 'skaha open notebook1', help: 'open a notebook' },
    { command: 'skaha open --wait latest', help: 'the newest session, as soon as it runs' },
    { command: 'skaha open --print ab12cd34', help: 'its address only' },
  ],
  exitCodes: {
    1: 'none of the sessions is ready',
    3: '',
    4: 'none of the sessions exists',
    6: '',
    7: 'some could not be opened',
  },
  load: () => import('./open.run.js').then((module) => module.runOpen),
});
