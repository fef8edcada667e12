import { flag, integer, list, type OptionValues, text } from '../../command.js';
import { launchOptions, retryOptions } from '../options.js';

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

/** What is to be launched: the options and arguments of `create`, or a document with the same keys. */
export interface CreateCommandOptions extends OptionValues<typeof createOptions> {
  kind?: string | undefined;
  image?: string | undefined;
  command: readonly string[];
  /** Rows of a document; there is no option for them. */
  rows?: readonly Readonly<Record<string, string>>[] | undefined;
}
