import {
  defineCommand,
  fieldsOf,
  flag,
  integer,
  itemsOf,
  listOf,
  required,
  text,
} from '../../command.js';
import { dataExits, operands, patterns, placesArgument } from './operands.js';
import { nodeFields } from './view.js';

const folderArgument = required('path', 'PLACE', 'a folder, for example arc:/home/me');

const depthOption = integer('LEVELS', [1, 10_000], 'at most this many levels below the folder', {
  short: 'L',
  aliases: ['maxdepth'],
});

export const lsCommand = defineCommand({
  description: `Lists the contents of folders, and individual files. ${operands} ${patterns}`,
  arguments: [placesArgument],
  options: {
    long: flag('show owner, permissions and checksum', { short: 'l' }),
    all: flag('include names that begin with a dot', { short: 'a', aliases: ['almost-all'] }),
    directory: flag('list folders themselves, not their contents', { short: 'd' }),
  },
  ...listOf(nodeFields),
  examples: {
    'skaha data ls arc:/home/me': 'a home',
    "skaha data ls 'arc:/home/me/*.fits' --sort-by -size_bytes": 'the largest first',
  },
  exitCodes: dataExits,
});

export const treeCommand = defineCommand({
  description: `Shows everything below a folder as a tree. ${operands}`,
  arguments: [folderArgument],
  options: { maxDepth: depthOption },
  ...itemsOf(nodeFields),
  quiet: false,
  examples: {
    'skaha data tree arc:/home/me -L 2': 'two levels of a home',
    'skaha data tree arc:/home/me/data --json': 'the same for a program',
  },
  exitCodes: dataExits,
});

export const findCommand = defineCommand({
  description: `Finds files and folders below a folder. ${operands}`,
  arguments: [folderArgument],
  options: {
    name: text('PATTERN', "only matching names, as in '*.fits'"),
    kind: text('KIND', 'only of this kind', {
      choices: ['file', 'folder', 'link', 'f', 'd', 'l'],
      aliases: ['type'],
    }),
    maxDepth: depthOption,
  },
  ...listOf(nodeFields),
  examples: {
    "skaha data find arc:/home/me --name '*.fits' --kind file": 'all FITS files',
    'skaha data find arc:/home/me -L 1 --sort-by -size_bytes --limit 5': 'the largest',
  },
  exitCodes: dataExits,
});

const about = { arguments: [placesArgument], ...itemsOf(), quiet: false, exitCodes: dataExits };

export const infoCommand = defineCommand({
  ...about,
  description: `Shows details of files, folders and links in a storage service: size, time, checksum, owner, permissions. ${operands} ${patterns}`,
  fields: nodeFields,
  examples: {
    'skaha data info arc:/home/me/x.fits': 'one file',
    'skaha data info arc:/home/me/x.fits -o template={md5}': 'only its checksum',
  },
});

export const duCommand = defineCommand({
  ...about,
  description: `Counts files, folders and bytes below folders. ${operands} ${patterns}`,
  fields: fieldsOf('path bytes files folders links unknown_sizes'),
  list: true,
  examples: {
    "skaha data du 'arc:/home/me/*'": 'each entry of a home',
    'skaha data du arc:/home/me -o template={bytes}': 'only bytes',
  },
});

export const quotaFields = fieldsOf('path folder quota_bytes used_bytes free_bytes');

export const quotaCommand = defineCommand({
  ...about,
  description: `Shows the quota that applies to a place, and how much of it is used. It is the quota of the nearest parent folder that has one. If the service does not report how much is used, the files are counted. ${operands}`,
  fields: quotaFields,
  list: true,
  examples: {
    'skaha data quota arc:/home/me': 'how much space is left',
    'skaha data quota arc:/home/me --json': 'in bytes, for a program',
  },
});

export const catCommand = defineCommand({
  description: `Prints files unchanged. If the connection breaks, it reconnects and continues where it stopped. It fails if what arrived differs from what the service has. ${operands} ${patterns}`,
  arguments: [placesArgument],
  examples: {
    'skaha data cat arc:/home/me/notes.txt': 'show a file',
    'skaha data cat arc:/home/me/data.tar | tar x': 'unpack without a copy',
  },
  exitCodes: dataExits,
});

const most = Number.MAX_SAFE_INTEGER;

const ends = {
  arguments: [placesArgument],
  options: {
    bytes: integer('COUNT', [0, most], 'this many bytes', { short: 'c' }),
    lines: integer('COUNT', [0, most], 'this many lines (default 10)', { short: 'n' }),
  },
  exitCodes: dataExits,
};

export const headCommand = defineCommand({
  ...ends,
  description: `Prints the beginning of files, without fetching the rest. ${operands} ${patterns}`,
  examples: {
    'skaha data head -c 2880 arc:/home/me/x.fits': 'a FITS header block',
    "skaha data head -n 1 'arc:/home/me/*.csv'": 'the first lines of tables',
  },
});

export const tailCommand = defineCommand({
  ...ends,
  description: `Prints the end of files, without fetching the rest if the service can send parts of files. ${operands} ${patterns}`,
  examples: {
    'skaha data tail -n 20 arc:/home/me/run.log': 'the last lines',
    'skaha data tail -c 100 arc:/home/me/run.log': 'the last 100 bytes',
  },
});
