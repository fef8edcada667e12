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
  description: `Lists the contents of folders, and individual files. ${operands} ${patterns}`,
  arguments: [placesArgument],
  options: {
    long: { type: 'boolean', short: 'l', help: 'show owner, permissions and checksum' },
    all: {
      type: 'boolean',
      short: 'a',
      help: 'include names that begin with a dot',
      aliases: ['almost-all'],
    },
    directory: { type: 'boolean', short: 'd', help: 'list folders themselves, not their contents' },
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
  description: `Finds files and folders below a folder. ${operands}`,
  arguments: [folderArgument],
  options: {
    name: {
      type: 'string',
      value: 'PATTERN',
      help: "only matching names, as in '*.fits'",
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
  description: `Shows details of files, folders and links in a storage service: size, time, checksum, owner, permissions. ${operands} ${patterns}`,
  fields: nodeFields,
  examples: [
    { command: 'skaha data info arc:/home/me/x.fits', help: 'one file' },
    { command: 'skaha data info arc:/home/me/x.fits -o template={md5}', help: 'only its checksum' },
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
    { command: 'skaha data du arc:/home/me -o template={bytes}', help: 'only bytes' },
  ],
  load: look('runDu'),
});

export const quotaCommand = defineCommand<InfoOptions, 'paths'>({
  ...about,
  description: `Shows the quota that applies to a place, which is that of the nearest folder upwards that has one, and how much of it is used. If the service does not say how much is used, the files are counted. ${operands}`,
  fields: { names: ['path', 'folder', 'quota_bytes', 'used_bytes', 'free_bytes'] },
  list: true,
  examples: [
    { command: 'skaha data quota arc:/home/me', help: 'how much space is left' },
    { command: 'skaha data quota arc:/home/me --json', help: 'in bytes, for a program' },
  ],
  load: look('runQuota'),
});

export const catCommand = defineCommand<CatOptions, 'paths'>({
  description: `Prints files unchanged. If the connection breaks, reading continues from there; it ends with an error if what arrived differs from what the service has. ${operands} ${patterns}`,
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
      help: 'this many bytes',
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
    { command: "skaha data head -n 1 'arc:/home/me/*.csv'", help: 'the first lines of tables' },
  ],
  load: () => import('./content.run.js').then((module) => module.runHead),
});

export const tailCommand = defineCommand<EndsOptions, 'paths'>({
  ...ends,
  description: `Prints the end of files; the rest is not fetched if the service can send parts of files. ${operands} ${patterns}`,
  examples: [
    { command: 'skaha data tail -n 20 arc:/home/me/run.log', help: 'the last lines' },
    { command: 'skaha data tail -c 100 arc:/home/me/run.log', help: 'the last 100 bytes' },
  ],
  load: () => import('./content.run.js').then((module) => module.runTail),
});
