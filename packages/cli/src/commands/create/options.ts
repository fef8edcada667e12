import type { OptionSpec } from '../../command.js';
import { launchOptions, type RetryOptions, retryOptions } from '../options.js';

/** The options about what happens once the sessions are launched. */
export interface AfterOptions {
  wait: boolean;
  waitTimeout?: number | undefined;
  open: boolean;
  attach: boolean;
  rm: boolean;
  progress: string;
  notify?: string | undefined;
}

/** The options that are about launching many sessions. */
export interface ManyOptions extends RetryOptions {
  replicas?: number | undefined;
  array?: string | undefined;
  params?: string | undefined;
  /** Rows of a specification; there is no option for them. */
  rows?: readonly Readonly<Record<string, string>>[] | undefined;
  job?: string | undefined;
  atomic: boolean;
}

/** The options about the files of a headless session. */
export interface StagingOptions {
  upload: readonly string[];
  download: readonly string[];
  noWait: boolean;
}

/** The options about what a headless session runs. */
export interface CommandOptions {
  command: readonly string[];
  script?: string | undefined;
  sh?: string | undefined;
}

/** The options about the size of a session. */
export interface SizeOptions {
  cpu?: string | undefined;
  memory?: string | undefined;
  flex: boolean;
  fixed: boolean;
}

/** The options about the registry of a private image. */
export interface RegistryOptions {
  registryUser?: string | undefined;
  registrySecretStdin: boolean;
}

/** The options about what all sessions of one launch have in common. */
export interface TemplateOptions extends CommandOptions, RegistryOptions, SizeOptions {
  kind?: string | undefined;
  image?: string | undefined;
  name?: string | undefined;
  gpu?: number | undefined;
  env: readonly string[];
  envFile: readonly string[];
  dryRun: boolean;
}

/** The options of `create`, from the command line or from a document. */
export interface CreateCommandOptions
  extends AfterOptions,
    Omit<ManyOptions, 'rows'>,
    StagingOptions,
    TemplateOptions {
  file?: string | undefined;
  details: boolean;
}

/** The options of `relaunch`. */
export interface RelaunchOptions extends AfterOptions {
  launch?: string | undefined;
  name?: string | undefined;
  image?: string | undefined;
  env: readonly string[];
  dryRun: boolean;
  details: boolean;
}

/** The options of `create`; a file of launches has them as its keys. */
export const createOptions: {
  readonly [Key in Exclude<keyof CreateCommandOptions, 'command' | 'image' | 'kind'>]-?: OptionSpec<
    CreateCommandOptions[Key]
  >;
} = {
  name: {
    type: 'string',
    short: 'n',
    value: 'NAME',
    help: 'name of the session (default: a word for a job, otherwise the kind with a number)',
  },
  cpu: { type: 'string', short: 'c', value: 'CORES', help: 'cores reserved for it, for example 2' },
  memory: {
    type: 'string',
    short: 'm',
    value: 'SIZE',
    help: 'memory reserved for it in GiB, or with a unit: 4, 4G, 4Gi, 1500Mi; rounded up',
  },
  gpu: { type: 'integer', short: 'g', value: 'COUNT', min: 0, max: 28, help: 'number of GPUs' },
  flex: { type: 'boolean', help: 'flexible size, as if --cpu and --memory were left out' },
  fixed: {
    type: 'boolean',
    help: "fixed size; for --cpu or --memory left out, the platform's default applies",
  },
  env: {
    type: 'list',
    short: 'e',
    value: 'KEY=VALUE',
    help: 'variable for a headless session; KEY alone takes the value from your environment',
  },
  envFile: {
    type: 'list',
    value: 'FILE',
    help: 'read variables from a file of KEY=VALUE lines; -e takes precedence',
  },
  replicas: {
    type: 'integer',
    short: 'r',
    value: 'COUNT',
    min: 1,
    max: 512,
    help: 'how many to launch (default 1); each finds its number in REPLICA_ID and the total in REPLICA_COUNT',
  },
  array: {
    type: 'string',
    value: 'RANGE[%ACTIVE]',
    help: 'launch one session for each number, found in ARRAY_INDEX: 0-99, 1,5,9-12 or 0-100:10; %20 keeps at most 20 of them active',
  },
  params: {
    type: 'string',
    value: 'FILE',
    help: 'launch one session for each row of a .csv or .jsonl file; its columns become variables',
  },
  file: {
    type: 'string',
    short: 'f',
    value: 'FILE',
    help: "read options from a YAML file, or '-' for standard input; options on the command line take precedence",
  },
  job: {
    type: 'string',
    value: 'NAME',
    help: "name of the journal for 'skaha jobs' (default: the name of the sessions)",
  },
  ...retryOptions({
    retries: '',
    retryOn: ' (default failed,rejected)',
    backoff: ' (default 30s)',
  }),
  atomic: { type: 'boolean', help: 'if one launch is rejected, delete what was launched' },
  upload: {
    type: 'list',
    value: 'LOCAL:REMOTE',
    help: 'for headless sessions: send a file or folder before the launch, as in data:arc:/home/me/data; {name}, {REPLICA_ID} and the columns of --params stand for the values of each session',
  },
  download: {
    type: 'list',
    value: 'REMOTE:LOCAL',
    help: "wait, and fetch a file or folder when its session has completed, as in 'arc:/home/me/out/{name}:out/{name}'",
  },
  noWait: {
    type: 'boolean',
    help: "with --download, do not wait: 'skaha jobs resume' fetches it later",
  },
  dryRun: { type: 'boolean', help: 'check everything, print the requests, and launch nothing' },
  script: {
    type: 'string',
    value: 'FILE',
    help: 'what a headless session runs: a script on this machine, at most 32 KiB; its first line may specify the program, as in #!/usr/bin/env python3',
  },
  sh: {
    type: 'string',
    value: 'TEXT',
    help: 'what a headless session runs: shell commands',
  },
  registryUser: {
    type: 'string',
    value: 'NAME',
    help: 'user name for the registry of a private image, for this launch only; asks for the secret',
  },
  registrySecretStdin: { type: 'boolean', help: 'read that secret from standard input' },
  ...launchOptions,
  attach: {
    type: 'boolean',
    help: `${launchOptions.attach.help}: 0 completed, 8 failed`,
  },
};
