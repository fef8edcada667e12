import { launchableKinds } from '@skaha/wire/kinds.js';
import { argument, defineCommand, flag, itemsOf, list, listOf, text } from '../../command.js';
import { launchFields, launchOptions } from '../options.js';
import { createOptions } from './options.js';

export const createCommand = defineCommand({
  description:
    "Launches a session, several replicas of one, or a batch of many. Without arguments on a terminal it asks what to launch, offers what you have launched most often, and prints the equivalent command. Without --cpu and --memory the size is flexible. The command after '--' is for headless sessions; the platform cannot pass on spaces within an argument, quotes, backslashes or dollar signs there, but --sh and --script can contain them.",
  arguments: [
    argument(
      'kind',
      'KIND',
      'what to launch (default: the kind that the platform lists for the image)',
      { choices: launchableKinds, others: /[/:]/ },
    ),
    argument(
      'image',
      'IMAGE',
      "container image, for example skaha/astroml:latest (default for interactive kinds: the platform's usual image)",
    ),
  ],
  rest: argument('command', 'COMMAND [ARG...]', 'what a headless session runs'),
  options: createOptions,
  notes: async (env, globals) => {
    const { configurationText } = await import('../../aliases.js');
    let text = '';
    try {
      text = await configurationText(env, globals.config);
    } catch {
      // Help is there whatever the state of the configuration.
    }
    // What reads it takes long to load, and help is to be there at once.
    if (!text.includes('limits:')) return {};
    const { limitNotes } = await import('../limits.js');
    return limitNotes(env, globals);
  },
  ...itemsOf(launchFields),
  examples: {
    'skaha create notebook skaha/astroml:latest': 'a notebook of flexible size',
    'skaha create skaha/astroml:latest': 'the same: the kind comes from the image',
    'skaha create notebook --open': 'the usual image, opened as soon as it runs',
    'skaha create headless skaha/terminal:1.1.2 -n reduce -r 8 -- python reduce.py':
      'eight replicas of a batch job',
    "skaha create headless skaha/terminal:1.1.2 --attach --rm --sh 'df -h | sort'":
      'run a shell command there, show its output, leave nothing behind',
    'skaha create headless skaha/astroml -c 2 -m 4Gi -e BAND=r -- ./fit.sh':
      'fixed size, and a variable',
    'skaha create headless skaha/astroml -n fit --array 0-999%20 -- ./fit.sh':
      "a thousand jobs, twenty at a time; 'skaha jobs resume fit' continues after a crash",
  },
  exitCodes: {
    1: 'the server refused',
    3: '',
    5: '',
    6: '',
    7: 'some replicas were launched and some were not; both are listed',
    8: 'with --wait, --attach, --rm or --retries, a session failed',
  },
});

export const relaunchCommand = defineCommand({
  description:
    'Repeats a launch that was made from this machine, and prints which one. Options given here replace those of the original launch.',
  arguments: [
    argument(
      'launch',
      'LAUNCH',
      "number in 'skaha history' (default 1, the most recent), or the id or name of one of its sessions",
    ),
  ],
  options: {
    name: text('NAME', 'use another name', { short: 'n' }),
    image: text('IMAGE', 'use another image'),
    env: list(
      'KEY=VALUE',
      'another variable, or the value of one that was not saved because it may be secret',
      { short: 'e' },
    ),
    dryRun: flag('print the requests, and launch nothing'),
    ...launchOptions,
  },
  ...itemsOf(launchFields),
  examples: {
    'skaha relaunch': 'the most recent launch again',
    'skaha relaunch 3 --name second-try': 'an earlier one, under another name',
    'skaha relaunch notebook1 --open': 'a launch by the name of its session',
  },
  exitCodes: {
    1: 'the server refused',
    3: '',
    4: 'there was no such launch',
    5: '',
    6: '',
    7: 'some replicas were launched and some were not; both are listed',
    8: 'with --wait, --attach or --rm, a session failed',
  },
});

export const historyCommand = defineCommand({
  description:
    "Lists what was launched from this machine, newest first, and what became of it; 'skaha relaunch NUMBER' launches it again. Once a command has seen how a session ended, the history keeps that, even after the platform has removed the session. It keeps the last hundred launches, without the values of variables whose names suggest a secret. Only you can read it.",
  ...listOf('number time server kind name image command sessions total withheld specification'),
  examples: {
    'skaha history': 'all of them',
    'skaha history --limit 5': 'the last five',
    "skaha history --filter 'image=*astroml*' --json": 'for programs',
  },
});
