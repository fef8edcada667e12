import { defineCommand } from '../../command.js';
import { launchFields, launchOptions } from '../options.js';
import { type CreateCommandOptions, createOptions, type RelaunchOptions } from './options.js';
import type { HistoryOptions } from './relaunch.js';

/** The kinds that can be launched by themselves. */
const launchable = ['notebook', 'desktop', 'carta', 'contributed', 'firefly', 'headless'];

export const createCommand = defineCommand<CreateCommandOptions, 'kind' | 'image' | 'command'>({
  description:
    "Launches a session, several replicas of one, or a batch of many. Alone on a terminal it asks what to launch, offers what was launched most, and prints the command it made. Without --cpu and --memory its size is flexible. The command after '--' is for headless sessions; the platform cannot pass on blanks, quotes, backslashes or dollar signs in it, but it can in --sh and --script.",
  arguments: [
    {
      key: 'kind',
      value: 'KIND',
      help: 'what to launch; left out before an image, what the platform says of that',
      choices: launchable,
      others: /[/:]/,
    },
    {
      key: 'image',
      value: 'IMAGE',
      help: "container image, for example skaha/astroml:latest; left out, the platform's usual one for an interactive kind",
    },
  ],
  rest: { key: 'command', value: 'COMMAND [ARG...]', help: 'what a headless session runs' },
  options: createOptions,
  notes: async (env, globals) => {
    const { configurationText } = await import('../../custom/aliases.js');
    let text = '';
    try {
      text = await configurationText(env, globals.config);
    } catch {
      // Help is there whatever the state of the configuration.
    }
    // What reads it takes long to load, and help is to be there at once.
    if (!text.includes('limits:')) return {};
    const { limitNotes } = await import('../server/kept-limits.js');
    return limitNotes(env, globals);
  },
  formats: ['json', 'yaml', 'name'],
  fields: launchFields,
  quiet: true,
  examples: [
    { command: 'skaha create notebook skaha/astroml:latest', help: 'a notebook, sized as needed' },
    {
      command: 'skaha create skaha/astroml:latest',
      help: 'the same: the kind is that of the image',
    },
    { command: 'skaha create notebook --open', help: 'the usual one, opened as soon as it runs' },
    {
      command: 'skaha create headless skaha/terminal:1.1.2 -n reduce -r 8 -- python reduce.py',
      help: 'eight replicas of a batch job',
    },
    {
      command: "skaha create headless skaha/terminal:1.1.2 --attach --rm --sh 'df -h | sort'",
      help: 'run a line of shell there, see what it says, leave nothing',
    },
    {
      command: 'skaha create headless skaha/astroml -c 2 -m 4Gi -e BAND=r -- ./fit.sh',
      help: 'fixed size, and a variable',
    },
    {
      command: 'skaha create headless skaha/astroml -n fit --array 0-999%20 -- ./fit.sh',
      help: "a thousand jobs, twenty at a time; 'skaha jobs resume fit' goes on after a crash",
    },
  ],
  exitCodes: {
    1: 'the server refused',
    3: '',
    5: '',
    6: '',
    7: 'some replicas were launched and some were not; both are listed',
    8: 'with --wait, --attach, --rm or --retries, a session failed',
  },
  load: () => import('./run.js').then((module) => module.runCreate),
});

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
    ...launchOptions,
  },
  formats: ['json', 'yaml', 'name'],
  fields: launchFields,
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
  load: () => import('./relaunch.js').then((module) => module.runRelaunch),
});

export const historyCommand = defineCommand<HistoryOptions>({
  description:
    "Lists what was launched from this machine, newest first, and what became of it; 'skaha relaunch NUMBER' launches it again. How a session ended is known here, once a command has seen it, also when the platform has forgotten the session. The last hundred launches are kept, readable by you only, without the values of variables whose names sound secret.",
  options: {},
  formats: ['json', 'yaml', 'name'],
  fields: {
    names: [
      ...['number', 'time', 'server', 'kind', 'name', 'image', 'command'],
      ...['sessions', 'total', 'withheld', 'specification'],
    ],
  },
  list: true,
  quiet: true,
  examples: [
    { command: 'skaha history', help: 'all of them' },
    { command: 'skaha history --limit 5', help: 'the last five' },
    { command: "skaha history --filter 'image=*astroml*' --json", help: 'for programs' },
  ],
  load: () => import('./relaunch.js').then((module) => module.runHistory),
});
