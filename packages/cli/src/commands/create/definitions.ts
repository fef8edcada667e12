import { defineCommand } from '../../command.js';
import { launchFields, launchOptions } from '../options.js';
import { type CreateCommandOptions, createOptions, type RelaunchOptions } from './options.js';
import type { HistoryOptions } from './relaunch.js';

/** The kinds that can be launched by themselves. */
const launchable = ['notebook', 'desktop', 'carta', 'contributed', 'firefly', 'headless'];

export const createCommand = defineCommand<CreateCommandOptions, 'kind' | 'image' | 'command'>({
  description:
    "Launches a session, several replicas of one, or a batch of many. Without arguments on a terminal it asks what to launch, offers what you have launched most often, and prints the equivalent command. Without --cpu and --memory the size is flexible. The command after '--' is for headless sessions; the platform cannot pass on spaces within an argument, quotes, backslashes or dollar signs there, but --sh and --script can contain them.",
  arguments: [
    {
      key: 'kind',
      value: 'KIND',
      help: 'what to launch; if left out, the kind that the platform gives for the image',
      choices: launchable,
      others: /[/:]/,
    },
    {
      key: 'image',
      value: 'IMAGE',
      help: "container image, for example skaha/astroml:latest; if left out, the platform's usual image for an interactive kind",
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
    { command: 'skaha create notebook skaha/astroml:latest', help: 'a notebook of flexible size' },
    {
      command: 'skaha create skaha/astroml:latest',
      help: 'the same: the kind comes from the image',
    },
    { command: 'skaha create notebook --open', help: 'the usual image, opened as soon as it runs' },
    {
      command: 'skaha create headless skaha/terminal:1.1.2 -n reduce -r 8 -- python reduce.py',
      help: 'eight replicas of a batch job',
    },
    {
      command: "skaha create headless skaha/terminal:1.1.2 --attach --rm --sh 'df -h | sort'",
      help: 'run a shell command there, show its output, leave nothing behind',
    },
    {
      command: 'skaha create headless skaha/astroml -c 2 -m 4Gi -e BAND=r -- ./fit.sh',
      help: 'fixed size, and a variable',
    },
    {
      command: 'skaha create headless skaha/astroml -n fit --array 0-999%20 -- ./fit.sh',
      help: "a thousand jobs, twenty at a time; 'skaha jobs resume fit' continues after a crash",
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
    'Repeats a launch that was made from this machine, and says which. Options given here replace those of the original launch.',
  arguments: [
    {
      key: 'launch',
      value: 'LAUNCH',
      help: "number in 'skaha history' (default 1, the most recent), or the id or name of one of its sessions",
    },
  ],
  options: {
    name: { type: 'string', short: 'n', value: 'NAME', help: 'use another name' },
    image: { type: 'string', value: 'IMAGE', help: 'use another image' },
    env: {
      type: 'list',
      short: 'e',
      value: 'KEY=VALUE',
      help: 'another variable, or the value of one that was not saved because it may be secret',
    },
    dryRun: { type: 'boolean', help: 'print the requests, and launch nothing' },
    ...launchOptions,
  },
  formats: ['json', 'yaml', 'name'],
  fields: launchFields,
  quiet: true,
  examples: [
    { command: 'skaha relaunch', help: 'the most recent launch again' },
    { command: 'skaha relaunch 3 --name second-try', help: 'an earlier one, under another name' },
    { command: 'skaha relaunch notebook1 --open', help: 'a launch by the name of its session' },
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
    "Lists what was launched from this machine, newest first, and what became of it; 'skaha relaunch NUMBER' launches it again. Once a command has seen how a session ended, that is remembered here, even after the platform has removed the session. The last hundred launches are kept, readable only by you, without the values of variables whose names suggest a secret.",
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
