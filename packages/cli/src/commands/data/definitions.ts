import { progressOption } from '@skaha/terminal/output/progress-option.js';
import {
  type CommandDefinition,
  defineCommand,
  fieldsOf,
  flag,
  integer,
  itemsOf,
  list,
  listOf,
  required,
  text,
} from '../../command.js';

/** What the operands of all these commands are, for the descriptions. */
const operands =
  "A place in a storage service is written NAME:/path, for example arc:/home/me/x.fits; 'skaha server show' lists the services of a server.";

const patterns =
  'In a path, * stands for any characters within a name and ? for a single one; put such paths in quotes.';

/** Statuses of every command about files. */
const dataExits: CommandDefinition['exitCodes'] = {
  1: 'the service refused, or something did not arrive complete',
  3: '',
  4: 'there is nothing with that name, or no such storage service',
  5: 'the quota is used up',
  6: '',
  7: '',
};

/** What commands about any number of places take. */
const onPlaces = {
  arguments: [
    required('paths', 'PLACE', 'in a storage service, for example arc:/home/me/data', {
      many: true,
    }),
  ],
  exitCodes: dataExits,
};

const linksOption = text('HOW', 'what to do with links: skip them, or follow them to their file', {
  choices: ['skip', 'follow'],
  default: 'skip',
});

/** The fields of an entry of a storage service. */
export const nodeFields = fieldsOf(
  'path name kind size_bytes modified md5 content_type owner public groups_read groups_write locked quota_bytes target',
);

/** What commands about a folder and all below it take. */
const belowFolder = {
  arguments: [required('path', 'PLACE', 'a folder, for example arc:/home/me')],
  exitCodes: dataExits,
};

const depthOption = integer('LEVELS', [1, 10_000], 'at most this many levels below the folder', {
  short: 'L',
  aliases: ['maxdepth'],
});

export const dataLsCommand = defineCommand({
  ...onPlaces,
  ...listOf(nodeFields),
  description: `Lists the contents of folders, and individual files. ${operands} ${patterns}`,
  options: {
    long: flag('show owner, permissions and checksum', { short: 'l' }),
    all: flag('include names that begin with a dot', { short: 'a', aliases: ['almost-all'] }),
    directory: flag('list folders themselves, not their contents', { short: 'd' }),
  },
  examples: {
    'skaha data ls arc:/home/me': 'a home',
    "skaha data ls 'arc:/home/me/*.fits' --sort-by -size_bytes": 'the largest first',
  },
});

export const dataTreeCommand = defineCommand({
  ...belowFolder,
  ...itemsOf(nodeFields),
  quiet: false,
  description: `Shows everything below a folder as a tree. ${operands}`,
  options: { maxDepth: depthOption },
  examples: {
    'skaha data tree arc:/home/me -L 2': 'two levels of a home',
    'skaha data tree arc:/home/me/data --json': 'the same for a program',
  },
});

export const dataFindCommand = defineCommand({
  ...belowFolder,
  ...listOf(nodeFields),
  description: `Finds files and folders below a folder. ${operands}`,
  options: {
    name: text('PATTERN', "only matching names, as in '*.fits'"),
    kind: text('KIND', 'only of this kind', {
      choices: ['file', 'folder', 'link', 'f', 'd', 'l'],
      aliases: ['type'],
    }),
    maxDepth: depthOption,
  },
  examples: {
    "skaha data find arc:/home/me --name '*.fits' --kind file": 'all FITS files',
    'skaha data find arc:/home/me -L 1 --sort-by -size_bytes --limit 5': 'the largest',
  },
});

export const dataInfoCommand = defineCommand({
  ...onPlaces,
  ...itemsOf(nodeFields),
  quiet: false,
  description: `Shows details of files, folders and links in a storage service: size, time, checksum, owner, permissions. ${operands} ${patterns}`,
  examples: {
    'skaha data info arc:/home/me/x.fits': 'one file',
    'skaha data info arc:/home/me/x.fits -o template={md5}': 'only its checksum',
  },
});

export const dataDuCommand = defineCommand({
  ...onPlaces,
  ...listOf('path bytes files folders links unknown_sizes'),
  quiet: false,
  description: `Counts files, folders and bytes below folders. ${operands} ${patterns}`,
  examples: {
    "skaha data du 'arc:/home/me/*'": 'each entry of a home',
    'skaha data du arc:/home/me -o template={bytes}': 'only bytes',
  },
});

export const quotaFields = fieldsOf('path folder quota_bytes used_bytes free_bytes');

export const dataQuotaCommand = defineCommand({
  ...onPlaces,
  ...listOf(quotaFields),
  quiet: false,
  description: `Shows the quota that applies to a place, and how much of it is used. It is the quota of the nearest parent folder that has one. If the service does not report how much is used, the files are counted. ${operands}`,
  examples: {
    'skaha data quota arc:/home/me': 'how much space is left',
    'skaha data quota arc:/home/me --json': 'in bytes, for a program',
  },
});

export const dataCatCommand = defineCommand({
  ...onPlaces,
  description: `Prints files unchanged. If the connection breaks, it reconnects and continues where it stopped. It fails if what arrived differs from what the service has. ${operands} ${patterns}`,
  examples: {
    'skaha data cat arc:/home/me/notes.txt': 'show a file',
    'skaha data cat arc:/home/me/data.tar | tar x': 'unpack without a copy',
  },
});

const most = Number.MAX_SAFE_INTEGER;

const onePart = {
  ...onPlaces,
  options: {
    bytes: integer('COUNT', [0, most], 'this many bytes', { short: 'c' }),
    lines: integer('COUNT', [0, most], 'this many lines (default 10)', { short: 'n' }),
  },
};

export const dataHeadCommand = defineCommand({
  ...onePart,
  description: `Prints the beginning of files, without fetching the rest. ${operands} ${patterns}`,
  examples: {
    'skaha data head -c 2880 arc:/home/me/x.fits': 'a FITS header block',
    "skaha data head -n 1 'arc:/home/me/*.csv'": 'the first lines of tables',
  },
});

export const dataTailCommand = defineCommand({
  ...onePart,
  description: `Prints the end of files, without fetching the rest if the service can send parts of files. ${operands} ${patterns}`,
  examples: {
    'skaha data tail -n 20 arc:/home/me/run.log': 'the last lines',
    'skaha data tail -c 100 arc:/home/me/run.log': 'the last 100 bytes',
  },
});

const recursiveOption = flag('include folders, with everything in them', {
  short: 'r',
  aliases: ['R'],
});

const here = 'Any other path, including local:/path, is on this machine.';

export const copyFields = fieldsOf('from to result planned size_bytes md5 verified reason error');

/** What commands that copy print and how they end. */
const copies = {
  ...listOf(copyFields),
  quiet: false,
  exitCodes: { ...dataExits, 7: 'some files were copied and some were not' },
};

const copyOptions = {
  jobs: integer('COUNT', [1, 64], 'files transferred at the same time', { short: 'j', default: 8 }),
  progress: progressOption,
};

const bothSides = [
  required('source', 'SOURCE', 'a file or a folder, for example data or arc:/home/me/data'),
  required('target', 'TARGET', 'its counterpart on the other side'),
] as const;

const sourcesAndTarget = (doing: string) =>
  required(
    'paths',
    'SOURCE... TARGET',
    `what to ${doing}, then where to: a new name, or an existing folder`,
    { many: true },
  );

export const dataCpCommand = defineCommand({
  ...copies,
  description: `Copies files to, from and between storage services. Each copy is compared with its original before it counts as done. A download gets its name only when it is complete, and an interrupted download resumes where it stopped. ${operands} ${here} ${patterns} A single - is standard input or output.`,
  arguments: [sourcesAndTarget('copy')],
  options: {
    recursive: recursiveOption,
    links: linksOption,
    keep: flag('skip files that already exist', { short: 'k', aliases: ['no-clobber'] }),
    noVerify: flag('for downloads, compare only lengths, not checksums'),
    ...copyOptions,
  },
  examples: {
    'skaha data cp stars.fits arc:/home/me/': 'one file up',
    'skaha data cp -r arc:/home/me/results .': 'a folder down',
    "skaha data cp 'arc:/home/me/*.log' logs": 'several files, into a folder',
    'tar c data | skaha data cp - arc:/home/me/data.tar': 'from a pipe',
  },
});

export const dataSyncCommand = defineCommand({
  ...copies,
  description: `Makes the target match the source: copies what is missing or different, and with --delete removes what the source does not have. Nothing is removed if anything failed. ${operands} ${here}`,
  arguments: bothSides,
  options: {
    by: text(
      'WHAT',
      'how files are compared: by size and time (or by checksum if the times differ), only by size, or by checksum',
      { choices: ['time', 'size', 'checksum'], default: 'time' },
    ),
    delete: flag('remove from the target what is not in the source'),
    dryRun: flag('only report what would be done', { short: 'n' }),
    links: linksOption,
    ...copyOptions,
  },
  examples: {
    'skaha data sync data arc:/home/me/data': 'send what is new',
    'skaha data sync arc:/home/me/results results --delete --dry-run': 'what would change here',
  },
});

export const dataVerifyCommand = defineCommand({
  description: `Compares two folders or files by their checksums, and lists what is missing, what is extra and what is different. ${operands} ${here}`,
  arguments: bothSides,
  options: {
    sizeOnly: flag('compare only lengths'),
    all: flag('also list what is the same', { short: 'a' }),
  },
  ...listOf('path result reason'),
  quiet: false,
  examples: {
    'skaha data verify data arc:/home/me/data': 'before the original is removed',
    'skaha data verify data arc:/home/me/data --size-only': 'quickly',
  },
  exitCodes: { ...dataExits, 1: 'the two sides differ' },
});

const changes = { ...onPlaces, ...itemsOf('path ok action error'), quiet: false };

export const dataMvCommand = defineCommand({
  ...changes,
  description: `Moves or renames files and folders within one storage service. Existing files are never overwritten. ${operands} ${patterns}`,
  arguments: [sourcesAndTarget('move')],
  examples: {
    'skaha data mv arc:/home/me/a arc:/home/me/b': 'another name',
    "skaha data mv 'arc:/home/me/*.fits' arc:/home/me/fits": 'into a folder',
  },
});

export const dataMkdirCommand = defineCommand({
  ...changes,
  description: `Creates folders. ${operands}`,
  options: {
    parents: flag('create parent folders, too; do not fail if it exists', { short: 'p' }),
  },
  examples: {
    'skaha data mkdir -p arc:/home/me/survey/raw': 'two at once',
    'skaha data mkdir arc:/home/me/results': 'one folder',
  },
});

export const dataRmdirCommand = defineCommand({
  ...changes,
  description: `Removes empty folders. ${operands} ${patterns}`,
  examples: {
    'skaha data rmdir arc:/home/me/empty': 'one folder',
    "skaha data rmdir 'arc:/home/me/run-*'": 'those that match',
  },
});

export const dataRmCommand = defineCommand({
  ...changes,
  description: `Removes files and links and, with -r, folders and everything in them. It asks before it removes folders, or anything that a pattern matches. It never removes the root of a storage service. ${operands} ${patterns}`,
  options: {
    recursive: recursiveOption,
    missing: flag('do not fail when something does not exist'),
  },
  confirms: true,
  examples: {
    'skaha data rm arc:/home/me/x.fits': 'one file',
    'skaha data rm -r arc:/home/me/old --yes': 'a folder, without asking',
  },
});

export const dataLnCommand = defineCommand({
  ...changes,
  description: `Creates a link to a place in the same storage service, or to a URL. ${operands}`,
  arguments: [
    required('target', 'TARGET', 'what it points to'),
    required('link', 'LINK', 'the link to create'),
  ],
  examples: {
    'skaha data ln arc:/home/me/v3 arc:/home/me/latest': 'a link',
    'skaha data ln https://example.org/x.fits arc:/home/me/x': 'to a URL',
  },
});

export const dataChmodCommand = defineCommand({
  ...changes,
  description: `Changes who may read and write files and folders: everybody, or the members of groups. Permissions that you do not mention stay as they are. ${operands} ${patterns}`,
  options: {
    public: flag('everybody may read it'),
    private: flag('only its owner and its groups may read it'),
    read: list('GROUP', 'the groups that may read it'),
    write: list('GROUP', 'the groups that may read and change it'),
    noGroups: flag('no group may read or change it'),
    recursive: flag('also everything below a folder', { short: 'r', aliases: ['R'] }),
  },
  examples: {
    'skaha data chmod --public arc:/home/me/poster.pdf': 'for everybody',
    'skaha data chmod -r --read my-team --write my-team arc:/home/me/shared':
      'a folder for a group',
  },
});
