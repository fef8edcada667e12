import { launchableKinds } from '@skaha/wire/kinds.js';
import {
  argument,
  defineCommand,
  flag,
  integer,
  itemsOf,
  list,
  listOf,
  type OptionsOf,
  text,
} from '../../command.js';
import { launchFields, launchOptions, retryOptions } from '../options.js';

/** The options of `create`; a file of launches has them as its keys. */
export const createOptions = {
  name: text(
    'NAME',
    "name of the session (default: an astronomer's name for a job, otherwise for example notebook1)",
    { short: 'n' },
  ),
  cpu: text('CORES', 'cores reserved for it, for example 2', { short: 'c' }),
  memory: text(
    'SIZE',
    'memory reserved for it in GiB, or with a unit: 4, 4G, 4Gi, 1500Mi; rounded up',
    { short: 'm' },
  ),
  gpu: integer('COUNT', [0, 28], 'number of GPUs', { short: 'g' }),
  flex: flag('flexible size, as without --cpu and --memory'),
  fixed: flag("fixed size; without --cpu or --memory, the platform's default applies"),
  env: list(
    'KEY=VALUE',
    'variable for a headless session; KEY alone takes the value from your environment',
    { short: 'e' },
  ),
  envFile: list('FILE', 'read variables from a file of KEY=VALUE lines; -e takes precedence'),
  replicas: integer(
    'COUNT',
    [1, 512],
    'how many to launch (default 1); each can read its number in REPLICA_ID and the total in REPLICA_COUNT',
    { short: 'r' },
  ),
  array: text(
    'RANGE[%ACTIVE]',
    'launch one session for each number, found in ARRAY_INDEX: 0-99, 1,5,9-12 or 0-100:10; %20 keeps at most 20 of them active',
  ),
  params: text(
    'FILE',
    'launch one session for each row of a .csv or .jsonl file; its columns become variables',
  ),
  file: text(
    'FILE',
    "read options from a YAML file, or '-' for standard input; options on the command line take precedence",
    { short: 'f' },
  ),
  job: text('NAME', "name of the journal for 'skaha jobs' (default: the name of the sessions)"),
  ...retryOptions({
    retries: '',
    retryOn: ' (default failed,rejected)',
    backoff: ' (default 30s)',
  }),
  atomic: flag('if one launch is rejected, delete what was launched'),
  upload: list(
    'LOCAL:REMOTE',
    'for headless sessions: send a file or folder before the launch, as in data:arc:/home/me/data; {name}, {REPLICA_ID} and the columns of --params stand for the values of each session',
  ),
  download: list(
    'REMOTE:LOCAL',
    "wait, and fetch a file or folder when its session has completed, as in 'arc:/home/me/out/{name}:out/{name}'",
  ),
  noWait: flag("with --download, do not wait: 'skaha jobs resume' fetches it later"),
  dryRun: flag('check everything, print the requests, and launch nothing'),
  script: text(
    'FILE',
    'what a headless session runs: a script on this machine, at most 32 KiB; its first line may specify the program, as in #!/usr/bin/env python3',
  ),
  sh: text('TEXT', 'what a headless session runs: shell commands'),
  registryUser: text(
    'NAME',
    'user name for the registry of a private image, for this launch only; asks for the secret',
  ),
  registrySecretStdin: flag('read that secret from standard input'),
  ...launchOptions,
  attach: flag(`${launchOptions.attach.help}: 0 completed, 8 failed`),
};

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
    const { configurationText } = await import('../../configuration/aliases.js');
    try {
      const configuration = await configurationText(env, globals.config);
      // What reads it takes long to load, and help is to be there at once.
      if (!configuration.includes('limits:')) return {};
    } catch {
      // Help is there whatever the state of the configuration.
      return {};
    }
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

/** What is to be launched: the options and arguments of `create`, or a document with the same keys. */
export interface CreateCommandOptions extends OptionsOf<typeof createCommand> {
  /** Rows of a document; there is no option for them. */
  rows?: readonly Readonly<Record<string, string>>[] | undefined;
}

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
