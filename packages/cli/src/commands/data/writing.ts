import { progressOption } from '@skaha/terminal/output/progress-option.js';
import { defineCommand } from '../../command.js';
import type {
  ChmodOptions,
  LnOptions,
  MkdirOptions,
  MvOptions,
  RmdirOptions,
  RmOptions,
} from './change.run.js';
import type { CpOptions, SyncOptions, VerifyOptions } from './copy.run.js';
import {
  dataExits,
  jobsOption,
  linksOption,
  operands,
  patterns,
  placesArgument,
} from './operands.js';

const here = 'Any other path, including local:/path, is on this machine.';

const copyFields = {
  names: [
    ...['from', 'to', 'result', 'planned', 'size_bytes', 'md5', 'verified', 'reason', 'error'],
  ],
};

const sourceArgument = {
  key: 'source',
  value: 'SOURCE',
  help: 'a file or a folder, for example data or arc:/home/me/data',
  required: true,
} as const;

const targetArgument = {
  key: 'target',
  value: 'TARGET',
  help: 'its counterpart on the other side',
  required: true,
} as const;

export const cpCommand = defineCommand<CpOptions, 'paths'>({
  description: `Copies files to, from and between storage services. What arrives is compared with what was sent before it counts as copied. A download gets its name only when it is complete, and an interrupted one resumes where it stopped. ${operands} ${here} ${patterns} A single - is standard input or output.`,
  arguments: [
    {
      key: 'paths',
      value: 'SOURCE... TARGET',
      help: 'what to copy, then where to: a new name, or an existing folder',
      required: true,
      many: true,
    },
  ],
  options: {
    recursive: {
      type: 'boolean',
      short: 'r',
      aliases: ['R'],
      help: 'include folders, with everything in them',
    },
    links: linksOption,
    keep: {
      type: 'boolean',
      short: 'k',
      help: 'skip files that already exist',
      aliases: ['no-clobber'],
    },
    noVerify: { type: 'boolean', help: 'for downloads, compare only lengths, not checksums' },
    jobs: jobsOption,
    progress: progressOption,
  },
  formats: ['json', 'yaml', 'name'],
  fields: copyFields,
  list: true,
  examples: [
    { command: 'skaha data cp stars.fits arc:/home/me/', help: 'one file up' },
    { command: 'skaha data cp -r arc:/home/me/results .', help: 'a folder down' },
    { command: "skaha data cp 'arc:/home/me/*.log' logs", help: 'several files, into a folder' },
    { command: 'tar c data | skaha data cp - arc:/home/me/data.tar', help: 'from a pipe' },
  ],
  exitCodes: { ...dataExits, 7: 'some files were copied and some were not' },
  load: () => import('./copy.run.js').then((module) => module.runCp),
});

export const syncCommand = defineCommand<SyncOptions, 'source' | 'target'>({
  description: `Makes the target match the source: copies what is missing or different, and with --delete removes what the source does not have. Nothing is removed if anything failed. ${operands} ${here}`,
  arguments: [sourceArgument, targetArgument],
  options: {
    by: {
      type: 'string',
      value: 'WHAT',
      choices: ['time', 'size', 'checksum'],
      default: 'time',
      help: 'how files are compared: by size and time (or by checksum if the times differ), only by size, or by checksum',
    },
    delete: { type: 'boolean', help: 'remove from the target what is not in the source' },
    dryRun: { type: 'boolean', short: 'n', help: 'only report what would be done' },
    links: linksOption,
    jobs: jobsOption,
    progress: progressOption,
  },
  formats: ['json', 'yaml', 'name'],
  fields: copyFields,
  list: true,
  examples: [
    { command: 'skaha data sync data arc:/home/me/data', help: 'send what is new' },
    {
      command: 'skaha data sync arc:/home/me/results results --delete --dry-run',
      help: 'what would change here',
    },
  ],
  exitCodes: { ...dataExits, 7: 'some files were copied and some were not' },
  load: () => import('./copy.run.js').then((module) => module.runSync),
});

export const verifyCommand = defineCommand<VerifyOptions, 'source' | 'target'>({
  description: `Compares two folders or files by their checksums, and lists what is missing, what is extra and what is different. ${operands} ${here}`,
  arguments: [sourceArgument, targetArgument],
  options: {
    sizeOnly: { type: 'boolean', help: 'compare only lengths' },
    all: { type: 'boolean', short: 'a', help: 'also list what is the same' },
  },
  formats: ['json', 'yaml', 'name'],
  fields: { names: ['path', 'result', 'reason'] },
  list: true,
  examples: [
    { command: 'skaha data verify data arc:/home/me/data', help: 'before the original is removed' },
    { command: 'skaha data verify data arc:/home/me/data --size-only', help: 'quickly' },
  ],
  exitCodes: { ...dataExits, 1: 'the two sides are not the same' },
  load: () => import('./copy.run.js').then((module) => module.runVerify),
});

const changed = {
  formats: ['json', 'yaml', 'name'],
  fields: { names: ['path', 'ok', 'action', 'error'] },
  exitCodes: dataExits,
} as const;

export const mvCommand = defineCommand<MvOptions, 'paths'>({
  ...changed,
  description: `Moves or renames files and folders within one storage service. Existing files are never overwritten. ${operands} ${patterns}`,
  arguments: [
    {
      key: 'paths',
      value: 'SOURCE... TARGET',
      help: 'what to move, then where to: a new name, or an existing folder',
      required: true,
      many: true,
    },
  ],
  options: {},
  examples: [
    { command: 'skaha data mv arc:/home/me/a arc:/home/me/b', help: 'another name' },
    { command: "skaha data mv 'arc:/home/me/*.fits' arc:/home/me/fits", help: 'into a folder' },
  ],
  load: () => import('./change.run.js').then((module) => module.runMv),
});

export const mkdirCommand = defineCommand<MkdirOptions, 'paths'>({
  ...changed,
  description: `Creates folders. ${operands}`,
  arguments: [placesArgument],
  options: {
    parents: {
      type: 'boolean',
      short: 'p',
      help: 'create parent folders, too; do not fail if it exists',
    },
  },
  examples: [
    { command: 'skaha data mkdir -p arc:/home/me/survey/raw', help: 'two at once' },
    { command: 'skaha data mkdir arc:/home/me/results', help: 'one folder' },
  ],
  load: () => import('./change.run.js').then((module) => module.runMkdir),
});

export const rmdirCommand = defineCommand<RmdirOptions, 'paths'>({
  ...changed,
  description: `Removes empty folders. ${operands} ${patterns}`,
  arguments: [placesArgument],
  options: {},
  examples: [
    { command: 'skaha data rmdir arc:/home/me/empty', help: 'one folder' },
    { command: "skaha data rmdir 'arc:/home/me/run-*'", help: 'those that match' },
  ],
  load: () => import('./change.run.js').then((module) => module.runRmdir),
});

export const rmCommand = defineCommand<RmOptions, 'paths'>({
  ...changed,
  description: `Removes files and links and, with -r, folders and everything in them. It asks before it removes folders or what a pattern matches; the root of a storage service is never removed. ${operands} ${patterns}`,
  arguments: [placesArgument],
  options: {
    recursive: {
      type: 'boolean',
      short: 'r',
      aliases: ['R'],
      help: 'include folders, with everything in them',
    },
    missing: { type: 'boolean', help: 'do not fail when something does not exist' },
  },
  confirms: true,
  examples: [
    { command: 'skaha data rm arc:/home/me/x.fits', help: 'one file' },
    { command: 'skaha data rm -r arc:/home/me/old --yes', help: 'a folder, without asking' },
  ],
  load: () => import('./change.run.js').then((module) => module.runRm),
});

export const lnCommand = defineCommand<LnOptions, 'link' | 'target'>({
  ...changed,
  description: `Creates a link to a place in the same storage service, or to a URL. ${operands}`,
  arguments: [
    { key: 'target', value: 'TARGET', help: 'what it points to', required: true },
    { key: 'link', value: 'LINK', help: 'the link to create', required: true },
  ],
  options: {},
  examples: [
    { command: 'skaha data ln arc:/home/me/v3 arc:/home/me/latest', help: 'a link' },
    { command: 'skaha data ln https://example.org/x.fits arc:/home/me/x', help: 'to a URL' },
  ],
  load: () => import('./change.run.js').then((module) => module.runLn),
});

export const chmodCommand = defineCommand<ChmodOptions, 'paths'>({
  ...changed,
  description: `Changes who may read and write files and folders: everybody, or the members of groups. Permissions that you do not mention stay as they are. ${operands} ${patterns}`,
  arguments: [placesArgument],
  options: {
    public: { type: 'boolean', help: 'everybody may read it' },
    private: { type: 'boolean', help: 'not everybody may read it' },
    read: { type: 'list', value: 'GROUP', help: 'the groups that may read it' },
    write: { type: 'list', value: 'GROUP', help: 'the groups that may read and change it' },
    noGroups: { type: 'boolean', help: 'no group may' },
    recursive: {
      type: 'boolean',
      short: 'r',
      aliases: ['R'],
      help: 'also everything below a folder',
    },
  },
  examples: [
    { command: 'skaha data chmod --public arc:/home/me/poster.pdf', help: 'for everybody' },
    {
      command: 'skaha data chmod -r --read my-team --write my-team arc:/home/me/shared',
      help: 'a folder for a group',
    },
  ],
  load: () => import('./change.run.js').then((module) => module.runChmod),
});
