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

const here = 'Any other path is on this machine, and so is local:/path.';

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
  description: `Copies files to a storage service, from one, and between them. What arrives is compared with what was sent before it counts, and no download has its name before it is whole; one that was broken off goes on from there. ${operands} ${here} ${patterns} A single - is standard input or output.`,
  arguments: [
    {
      key: 'paths',
      value: 'SOURCE... TARGET',
      help: 'what is copied, and at the end where to: a new name, or a folder that is there',
      required: true,
      many: true,
    },
  ],
  options: {
    recursive: {
      type: 'boolean',
      short: 'r',
      aliases: ['R'],
      help: 'also folders, with everything in them',
    },
    links: linksOption,
    keep: {
      type: 'boolean',
      short: 'k',
      help: 'skip files that already exist',
      aliases: ['no-clobber'],
    },
    noVerify: { type: 'boolean', help: 'compare lengths of downloads only, not checksums' },
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
  description: `Makes the target like the source: copies what is missing or different, and with --delete removes what the source does not have. Nothing is removed when anything failed. ${operands} ${here}`,
  arguments: [sourceArgument, targetArgument],
  options: {
    by: {
      type: 'string',
      value: 'WHAT',
      choices: ['time', 'size', 'checksum'],
      default: 'time',
      help: 'how files are compared: by size and time (or checksum, where the times differ), size alone, or checksum',
    },
    delete: { type: 'boolean', help: 'remove at the target what is not at the source' },
    dryRun: { type: 'boolean', short: 'n', help: 'only tell what would be done' },
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
  description: `Compares two folders or files by their checksums: what is missing, what is there besides, what is different. ${operands} ${here}`,
  arguments: [sourceArgument, targetArgument],
  options: {
    sizeOnly: { type: 'boolean', help: 'compare lengths only' },
    all: { type: 'boolean', short: 'a', help: 'list also what is the same' },
  },
  formats: ['json', 'yaml', 'name'],
  fields: { names: ['path', 'result', 'reason'] },
  list: true,
  examples: [
    { command: 'skaha data verify data arc:/home/me/data', help: 'before the original is removed' },
    { command: 'skaha data verify data arc:/home/me/data --size-only', help: 'quickly' },
  ],
  exitCodes: { ...dataExits, 1: 'both sides are not the same' },
  load: () => import('./copy.run.js').then((module) => module.runVerify),
});

const changed = {
  formats: ['json', 'yaml', 'name'],
  fields: { names: ['path', 'ok', 'action', 'error'] },
  exitCodes: dataExits,
} as const;

export const mvCommand = defineCommand<MvOptions, 'paths'>({
  ...changed,
  description: `Moves files and folders within one storage service, or gives them another name. Nothing that is there is overwritten. ${operands} ${patterns}`,
  arguments: [
    {
      key: 'paths',
      value: 'SOURCE... TARGET',
      help: 'what is moved, and at the end where to: a new name, or a folder that is there',
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
  description: `Makes folders. ${operands}`,
  arguments: [placesArgument],
  options: {
    parents: {
      type: 'boolean',
      short: 'p',
      help: 'also those above it; no failure if it exists',
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
    { command: "skaha data rmdir 'arc:/home/me/run-*'", help: 'those that fit' },
  ],
  load: () => import('./change.run.js').then((module) => module.runRmdir),
});

export const rmCommand = defineCommand<RmOptions, 'paths'>({
  ...changed,
  description: `Removes files and links, and with -r folders with all that is in them. It asks before it removes folders, or what a pattern fits; the root of a storage service is never removed. ${operands} ${patterns}`,
  arguments: [placesArgument],
  options: {
    recursive: {
      type: 'boolean',
      short: 'r',
      aliases: ['R'],
      help: 'also folders, with everything in them',
    },
    missing: { type: 'boolean', help: 'do not fail when something does not exist' },
  },
  confirms: true,
  examples: [
    { command: 'skaha data rm arc:/home/me/x.fits', help: 'one file' },
    { command: 'skaha data rm -r arc:/home/me/old --yes', help: 'a folder, without a question' },
  ],
  load: () => import('./change.run.js').then((module) => module.runRm),
});

export const lnCommand = defineCommand<LnOptions, 'link' | 'target'>({
  ...changed,
  description: `Makes a link to a place in the same storage service, or to an address. ${operands}`,
  arguments: [
    { key: 'target', value: 'TARGET', help: 'what it leads to', required: true },
    { key: 'link', value: 'LINK', help: 'the link that is made', required: true },
  ],
  options: {},
  examples: [
    { command: 'skaha data ln arc:/home/me/v3 arc:/home/me/latest', help: 'a link' },
    { command: 'skaha data ln https://example.org/x.fits arc:/home/me/x', help: 'to an address' },
  ],
  load: () => import('./change.run.js').then((module) => module.runLn),
});

export const chmodCommand = defineCommand<ChmodOptions, 'paths'>({
  ...changed,
  description: `Changes who may read and write files and folders: everybody, or the members of groups. What is not mentioned stays as it is. ${operands} ${patterns}`,
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
      help: 'also all that is below a folder',
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
