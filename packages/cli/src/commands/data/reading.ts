import { type CommandDeclaration, defineCommand, type IntegerSpec } from '../../command.js';
import type { CatOptions, EndsOptions } from './content.run.js';
import type { FindCommandOptions, InfoOptions, LsOptions, TreeOptions } from './look.run.js';
import { dataExits, operands, patterns, placesArgument } from './operands.js';
import { nodeFields } from './view.js';

const look = (name: 'runDu' | 'runInfo' | 'runQuota') => () =>
  import('./look.run.js').then((module) => module[name]);

const folderArgument = {
  key: 'path',
  value: 'PLACE',
  help: 'a folder, for example arc:/home/me',
  required: true,
} as const;

const depthOption: IntegerSpec = {
  type: 'integer',
  short: 'L',
  value: 'LEVELS',
  min: 1,
  max: 10_000,
  help: 'at most this many levels below the folder',
  aliases: ['maxdepth'],
};

export const lsCommand = defineCommand<LsOptions, 'paths'>({
  description: `Lists what is in folders, and files by themselves. ${operands} ${patterns}`,
  arguments: [placesArgument],
  options: {
    long: { type: 'boolean', short: 'l', help: 'with owner, permissions and checksum' },
    all: {
      type: 'boolean',
      short: 'a',
      help: 'also what begins with a dot',
      aliases: ['almost-all'],
    },
    directory: { type: 'boolean', short: 'd', help: 'folders themselves, not what is in them' },
  },
  formats: ['json', 'yaml', 'name'],
  fields: nodeFields,
  list: true,
  quiet: true,
  examples: [
    { command: 'skaha data ls arc:/home/me', help: 'a home' },
    {
      command: "skaha data ls 'arc:/home/me/*.fits' --sort-by -size_bytes",
      help: 'the largest first',
    },
  ],
  exitCodes: dataExits,
  load: () => import('./look.run.js').then((module) => module.runLs),
});

export const treeCommand = defineCommand<TreeOptions, 'path'>({
  description: `Shows everything below a folder as a tree. ${operands}`,
  arguments: [folderArgument],
  options: { maxDepth: depthOption },
  formats: ['json', 'yaml', 'name'],
  fields: nodeFields,
  examples: [
    { command: 'skaha data tree arc:/home/me -L 2', help: 'two levels of a home' },
    { command: 'skaha data tree arc:/home/me/data --json', help: 'the same for a program' },
  ],
  exitCodes: dataExits,
  load: () => import('./look.run.js').then((module) => module.runTree),
});

export const findCommand = defineCommand<FindCommandOptions, 'path'>({
  description: `Finds what is below a folder. ${operands}`,
  arguments: [folderArgument],
  options: {
    name: {
      type: 'string',
      value: 'PATTERN',
      help: "only names that fit, as in '*.fits'",
    },
    kind: {
      type: 'string',
      value: 'KIND',
      choices: ['file', 'folder', 'link', 'f', 'd', 'l'],
      aliases: ['type'],
      help: 'only of this kind',
    },
    maxDepth: depthOption,
  },
  formats: ['json', 'yaml', 'name'],
  fields: nodeFields,
  list: true,
  quiet: true,
  examples: [
    { command: "skaha data find arc:/home/me --name '*.fits' --kind file", help: 'all FITS files' },
    {
      command: 'skaha data find arc:/home/me -L 1 --sort-by -size_bytes --limit 5',
      help: 'the largest',
    },
  ],
  exitCodes: dataExits,
  load: () => import('./look.run.js').then((module) => module.runFind),
});

const about = {
  arguments: [placesArgument],
  options: {},
  formats: ['json', 'yaml', 'name'],
  exitCodes: dataExits,
} as const satisfies Partial<CommandDeclaration<InfoOptions, 'paths'>>;

export const infoCommand = defineCommand<InfoOptions, 'paths'>({
  ...about,
  description: `Shows what a storage service knows about files, folders and links: size, time, checksum, owner, permissions. ${operands} ${patterns}`,
  fields: nodeFields,
  examples: [
    { command: 'skaha data info arc:/home/me/x.fits', help: 'one file' },
    { command: 'skaha data info arc:/home/me/x.fits -o template={md5}', help: 'its checksum only' },
  ],
  load: look('runInfo'),
});

export const duCommand = defineCommand<InfoOptions, 'paths'>({
  ...about,
  description: `Counts files, folders and bytes below folders. ${operands} ${patterns}`,
  fields: { names: ['path', 'bytes', 'files', 'folders', 'links', 'unknown_sizes'] },
  list: true,
  examples: [
    { command: "skaha data du 'arc:/home/me/*'", help: 'each entry of a home' },
    { command: 'skaha data du arc:/home/me -o template={bytes}', help: 'bytes only' },
  ],
  load: look('runDu'),
});

export const quotaCommand = defineCommand<InfoOptions, 'paths'>({
  ...about,
  description: `Shows the bound of the nearest folder that has one, from a place upwards, and how much of it is used. Where the service does not say how much that is, the files are counted. ${operands}`,
  fields: { names: ['path', 'folder', 'quota_bytes', 'used_bytes', 'free_bytes'] },
  list: true,
  examples: [
    { command: 'skaha data quota arc:/home/me', help: 'how much room is left' },
    { command: 'skaha data quota arc:/home/me --json', help: 'in bytes, for a program' },
  ],
  load: look('runQuota'),
});

export const catCommand = defineCommand<CatOptions, 'paths'>({
  description: `Prints files as they are. Where the connection breaks, reading goes on from there; it ends with an error when what came is not what the service has. ${operands} ${patterns}`,
  arguments: [placesArgument],
  options: {},
  examples: [
    { command: 'skaha data cat arc:/home/me/notes.txt', help: 'show a file' },
    { command: 'skaha data cat arc:/home/me/data.tar | tar x', help: 'unpack without a copy' },
  ],
  exitCodes: dataExits,
  load: () => import('./content.run.js').then((module) => module.runCat),
});

const most = Number.MAX_SAFE_INTEGER;

const ends = {
  arguments: [placesArgument],
  options: {
    bytes: {
      type: 'integer',
      short: 'c',
      value: 'COUNT',
      min: 0,
      max: most,
      help: 'so many bytes',
    },
    lines: {
      type: 'integer',
      short: 'n',
      value: 'COUNT',
      min: 0,
      max: most,
      help: 'this many lines (default 10)',
    },
  },
  exitCodes: dataExits,
} as const satisfies Partial<CommandDeclaration<EndsOptions, 'paths'>>;

export const headCommand = defineCommand<EndsOptions, 'paths'>({
  ...ends,
  description: `Prints the beginning of files; the rest is not fetched. ${operands} ${patterns}`,
  examples: [
    { command: 'skaha data head -c 2880 arc:/home/me/x.fits', help: 'a FITS header block' },
    { command: "skaha data head -n 1 'arc:/home/me/*.csv'", help: 'the headings of tables' },
  ],
  load: () => import('./content.run.js').then((module) => module.runHead),
});

export const tailCommand = defineCommand<EndsOptions, 'paths'>({
  ...ends,
  description: `Prints the end of files; the rest is not fetched, where the service can send a part. ${operands} ${patterns}`,
  examples: [
    { command: 'skaha data tail -n 20 arc:/home/me/run.log', help: 'the last lines' },
    { command: 'skaha data tail -c 100 arc:/home/me/run.log', help: 'the last 100 bytes' },
  ],
  load: () => import('./content.run.js').then((module) => module.runTail),
});
