import { progressOption } from '@skaha/terminal/output/progress-option.js';
import { defineCommand } from '../../command.js';
import type { RelaunchOptions } from './relaunch.run.js';
import { waitOptions } from './wait-options.js';

export const relaunchCommand = defineCommand<RelaunchOptions, 'launch'>({
  description:
    'Launches again what was launched from this machine, and says what that is. Options given here replace those of the first launch.',
  arguments: [
    {
      key: 'launch',
      value: 'LAUNCH',
      help: "number in 'skaha history' (default 1, the last one), or id or name of one of its sessions",
    },
  ],
  options: {
    name: { type: 'string', short: 'n', value: 'NAME', help: 'another name' },
    image: { type: 'string', value: 'IMAGE', help: 'another image' },
    env: {
      type: 'list',
      short: 'e',
      value: 'KEY=VALUE',
      help: 'another variable, or the value of one that was not kept because it may be secret',
    },
    dryRun: { type: 'boolean', help: 'print the requests, and launch nothing' },
    ...waitOptions,
    attach: { type: 'boolean', help: 'print what a headless session writes, and end as it ends' },
    rm: { type: 'boolean', help: 'delete it when it has ended; after Ctrl-C ask first' },
    progress: progressOption,
    details: { type: 'boolean', help: 'with --json or --yaml, print objects instead of ids' },
  },
  formats: ['json', 'yaml', 'name'],
  fields: { names: ['index', 'name', 'id', 'image', 'method', 'path', 'parameters'] },
  quiet: true,
  examples: [
    { command: 'skaha relaunch', help: 'the last one again' },
    { command: 'skaha relaunch 3 --name second-try', help: 'an earlier one, by another name' },
    { command: 'skaha relaunch notebook1 --open', help: 'by the name of its session' },
  ],
  exitCodes: {
    1: 'the server refused',
    3: '',
    4: 'there was no such launch',
    5: '',
    6: '',
    7: 'some replicas were launched and some were not; both are listed',
    8: 'with --wait, --attach or --rm, a session failed',
  },
  load: () => import('./relaunch.run.js').then((module) => module.runRelaunch),
});
