import { progressOption } from '@skaha/terminal/output/progress-option.js';
import { defineCommand } from '../../command.js';
import type { CreateCommandOptions } from './create.run.js';
import { waitOptions } from './wait-options.js';

/** The kinds that can be launched by themselves. */
const launchable = ['notebook', 'desktop', 'carta', 'contributed', 'firefly', 'headless'];

export const createCommand = defineCommand<CreateCommandOptions, 'kind' | 'image' | 'command'>({
  description:
    "Launches a session, several replicas of one, or a batch of many. Without --cpu and --memory its size is flexible. The command after '--' is for headless sessions; the platform cannot pass on blanks, quotes, backslashes or dollar signs in it, but it can in --sh and --script.",
  arguments: [
    { key: 'kind', value: 'KIND', help: 'what to launch', choices: launchable },
    {
      key: 'image',
      value: 'IMAGE',
      help: "container image, for example skaha/astroml:latest; left out, the platform's usual one for an interactive kind",
    },
  ],
  rest: { key: 'command', value: 'COMMAND [ARG...]', help: 'what a headless session runs' },
  options: {
    name: {
      type: 'string',
      short: 'n',
      value: 'NAME',
      help: 'name of the session (default: a word for a job, else the kind with a number)',
    },
    cpu: { type: 'string', short: 'c', value: 'CORES', help: 'cores of its own, for example 2' },
    memory: {
      type: 'string',
      short: 'm',
      value: 'SIZE',
      help: 'memory of its own in GiB, or with a unit: 4, 4G, 4Gi, 1500Mi; rounded up',
    },
    gpu: { type: 'integer', short: 'g', value: 'COUNT', min: 0, max: 28, help: 'number of GPUs' },
    flex: { type: 'boolean', help: 'flexible size, as when --cpu and --memory are left out' },
    fixed: {
      type: 'boolean',
      help: "fixed size; what --cpu and --memory do not say is the platform's usual one",
    },
    env: {
      type: 'list',
      short: 'e',
      value: 'KEY=VALUE',
      help: 'variable for a headless session; KEY alone takes its value from here',
    },
    envFile: {
      type: 'list',
      value: 'FILE',
      help: 'read variables from a file of KEY=VALUE lines; -e comes after',
    },
    replicas: {
      type: 'integer',
      short: 'r',
      value: 'COUNT',
      min: 1,
      max: 512,
      help: 'how many to launch (default 1); each finds its number in REPLICA_ID and their count in REPLICA_COUNT',
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
      help: "read these options from a YAML file, or '-' for standard input; options given here win",
    },
    job: {
      type: 'string',
      value: 'NAME',
      help: "name of the journal for 'skaha jobs' (default: the name of the sessions)",
    },
    retries: {
      type: 'integer',
      value: 'COUNT',
      min: 0,
      max: 100,
      help: 'try each session again at most COUNT times',
    },
    retryOn: {
      type: 'string',
      value: 'REASONS',
      help: 'what is tried again: failed, rejected, or both (default failed,rejected)',
    },
    backoff: {
      type: 'duration',
      value: 'TIME',
      min: 0,
      max: 86_400_000,
      help: 'pause before the first retry, doubled each time (default 30s)',
    },
    maxActive: {
      type: 'integer',
      value: 'COUNT',
      min: 1,
      max: 10_000,
      help: 'launch the next only when fewer than this are pending or running',
    },
    atomic: { type: 'boolean', help: 'delete what was launched when one launch is rejected' },
    dryRun: { type: 'boolean', help: 'check everything, print the requests, and launch nothing' },
    script: {
      type: 'string',
      value: 'FILE',
      help: 'what a headless session runs: a script on this machine, at most 32 KiB; its first line may name the program, as in #!/usr/bin/env python3',
    },
    sh: {
      type: 'string',
      value: 'TEXT',
      help: 'what a headless session runs: commands of a shell',
    },
    registryUser: {
      type: 'string',
      value: 'NAME',
      help: 'user name at the registry of a private image, for this launch only; asks for the secret',
    },
    registrySecretStdin: { type: 'boolean', help: 'read that secret from standard input' },
    ...waitOptions,
    attach: {
      type: 'boolean',
      help: 'print what a headless session writes, and end as it ends: 0 completed, 8 failed',
    },
    rm: { type: 'boolean', help: 'delete it when it has ended; after Ctrl-C ask first' },
    progress: progressOption,
    details: { type: 'boolean', help: 'with --json or --yaml, print objects instead of ids' },
  },
  formats: ['json', 'yaml', 'name'],
  fields: { names: ['index', 'name', 'id', 'image', 'method', 'path', 'parameters'] },
  quiet: true,
  examples: [
    { command: 'skaha create notebook skaha/astroml:latest', help: 'a notebook, sized as needed' },
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
  load: () => import('./create.run.js').then((module) => module.runCreate),
});
