import type { CommandDefinition, CommandEntry } from '../../command.js';

const group = 'Data';

const reading = (pick: (module: typeof import('./reading.js')) => CommandDefinition) => () =>
  import('./reading.js').then(pick);
const writing = (pick: (module: typeof import('./writing.js')) => CommandDefinition) => () =>
  import('./writing.js').then(pick);

/** The commands about files in storage services. */
export const dataCommands: readonly CommandEntry[] = [
  {
    name: 'data ls',
    aliases: ['data list'],
    group,
    summary: 'List folders of a storage service',
    load: reading((module) => module.lsCommand),
  },
  {
    name: 'data tree',
    group,
    summary: 'Show a folder as a tree',
    load: reading((module) => module.treeCommand),
  },
  {
    name: 'data find',
    group,
    summary: 'Find files below a folder',
    load: reading((module) => module.findCommand),
  },
  {
    name: 'data info',
    aliases: ['data stat'],
    group,
    summary: 'Show what is known about a file or folder',
    load: reading((module) => module.infoCommand),
  },
  {
    name: 'data du',
    group,
    summary: 'Count files and bytes below a folder',
    load: reading((module) => module.duCommand),
  },
  {
    name: 'data quota',
    group,
    summary: 'Show how much room there is',
    load: reading((module) => module.quotaCommand),
  },
  {
    name: 'data cat',
    group,
    summary: 'Print files',
    load: reading((module) => module.catCommand),
  },
  {
    name: 'data head',
    group,
    summary: 'Print the beginning of files',
    load: reading((module) => module.headCommand),
  },
  {
    name: 'data tail',
    group,
    summary: 'Print the end of files',
    load: reading((module) => module.tailCommand),
  },
  {
    name: 'data cp',
    aliases: ['data copy'],
    group,
    summary: 'Copy files to, from and between storage services',
    load: writing((module) => module.cpCommand),
  },
  {
    name: 'data sync',
    group,
    summary: 'Make one folder like another',
    load: writing((module) => module.syncCommand),
  },
  {
    name: 'data verify',
    group,
    summary: 'Compare two folders or files',
    load: writing((module) => module.verifyCommand),
  },
  {
    name: 'data mv',
    aliases: ['data move'],
    group,
    summary: 'Move or rename files and folders',
    load: writing((module) => module.mvCommand),
  },
  {
    name: 'data mkdir',
    group,
    summary: 'Make folders',
    load: writing((module) => module.mkdirCommand),
  },
  {
    name: 'data rmdir',
    group,
    summary: 'Remove empty folders',
    load: writing((module) => module.rmdirCommand),
  },
  {
    name: 'data rm',
    aliases: ['data remove'],
    group,
    summary: 'Remove files and folders',
    load: writing((module) => module.rmCommand),
  },
  {
    name: 'data ln',
    group,
    summary: 'Make a link',
    load: writing((module) => module.lnCommand),
  },
  {
    name: 'data chmod',
    group,
    summary: 'Change who may read and write',
    load: writing((module) => module.chmodCommand),
  },
];
