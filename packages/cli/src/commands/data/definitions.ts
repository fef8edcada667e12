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

const placesArgument = required(
  'paths',
  'PLACE',
  'in a storage service, for example arc:/home/me/data',
  { many: true },
);

/** Statuses of every command about files. */
const dataExits: CommandDefinition['exitCodes'] = {
  1: 'the service refused, or something did not arrive complete',
  3: '',
  4: 'there is nothing with that name, or no such storage service',
  5: 'the quota is used up',
  6: '',
  7: '',
};

const jobsOption = integer('COUNT', [1, 64], 'files transferred at the same time', {
  short: 'j',
  default: 8,
});

const linksOption = text('HOW', 'what to do with links: skip them, or follow them to their file', {
  choices: ['skip', 'follow'],
  default: 'skip',
});

/** The fields of an entry of a storage service. */
export const nodeFields = fieldsOf(
  'path name kind size_bytes modified md5 content_type owner public groups_read groups_write locked quota_bytes target',
);

const folderArgument = required('path', 'PLACE', 'a folder, for example arc:/home/me');

const depthOption = integer('LEVELS', [1, 10_000], 'at most this many levels below the folder', {
  short: 'L',
  aliases: ['maxdepth'],
});

export const dataLsCommand = defineCommand({
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

export const dataTreeCommand = defineCommand({
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

export const dataFindCommand = defineCommand({
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

export const dataInfoCommand = defineCommand({
  ...about,
  description: `Shows details of files, folders and links in a storage service: size, time, checksum, owner, permissions. ${operands} ${patterns}`,
  fields: nodeFields,
  examples: {
    'skaha data info arc:/home/me/x.fits': 'one file',
    'skaha data info arc:/home/me/x.fits -o template={md5}': 'only its checksum',
  },
});

export const dataDuCommand = defineCommand({
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

export const dataQuotaCommand = defineCommand({
  ...about,
  description: `Shows the quota that applies to a place, and how much of it is used. It is the quota of the nearest parent folder that has one. If the service does not report how much is used, the files are counted. ${operands}`,
  fields: quotaFields,
  list: true,
  examples: {
    'skaha data quota arc:/home/me': 'how much space is left',
    'skaha data quota arc:/home/me --json': 'in bytes, for a program',
  },
});

export const dataCatCommand = defineCommand({
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

export const dataHeadCommand = defineCommand({
  ...ends,
  description: `Prints the beginning of files, without fetching the rest. ${operands} ${patterns}`,
  examples: {
    'skaha data head -c 2880 arc:/home/me/x.fits': 'a FITS header block',
    "skaha data head -n 1 'arc:/home/me/*.csv'": 'the first lines of tables',
  },
});

export const dataTailCommand = defineCommand({
  ...ends,
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

const sourceArgument = required(
  'source',
  'SOURCE',
  'a file or a folder, for example data or arc:/home/me/data',
);

const targetArgument = required('target', 'TARGET', 'its counterpart on the other side');

export const dataCpCommand = defineCommand({
  description: `Copies files to, from and between storage services. Each copy is compared with its original before it counts as done. A download gets its name only when it is complete, and an interrupted download resumes where it stopped. ${operands} ${here} ${patterns} A single - is standard input or output.`,
  arguments: [
    required(
      'paths',
      'SOURCE... TARGET',
      'what to copy, then where to: a new name, or an existing folder',
      { many: true },
    ),
  ],
  options: {
    recursive: recursiveOption,
    links: linksOption,
    keep: flag('skip files that already exist', { short: 'k', aliases: ['no-clobber'] }),
    noVerify: flag('for downloads, compare only lengths, not checksums'),
    jobs: jobsOption,
    progress: progressOption,
  },
  ...listOf(copyFields),
  quiet: false,
  examples: {
    'skaha data cp stars.fits arc:/home/me/': 'one file up',
    'skaha data cp -r arc:/home/me/results .': 'a folder down',
    "skaha data cp 'arc:/home/me/*.log' logs": 'several files, into a folder',
    'tar c data | skaha data cp - arc:/home/me/data.tar': 'from a pipe',
  },
  exitCodes: { ...dataExits, 7: 'some files were copied and some were not' },
});

export const dataSyncCommand = defineCommand({
  description: `Makes the target match the source: copies what is missing or different, and with --delete removes what the source does not have. Nothing is removed if anything failed. ${operands} ${here}`,
  arguments: [sourceArgument, targetArgument],
  options: {
    by: text(
      'WHAT',
      'how files are compared: by size and time (or by checksum if the times differ), only by size, or by checksum',
      { choices: ['time', 'size', 'checksum'], default: 'time' },
    ),
    delete: flag('remove from the target what is not in the source'),
    dryRun: flag('only report what would be done', { short: 'n' }),
    links: linksOption,
    jobs: jobsOption,
    progress: progressOption,
  },
  ...listOf(copyFields),
  quiet: false,
  examples: {
    'skaha data sync data arc:/home/me/data': 'send what is new',
    'skaha data sync arc:/home/me/results results --delete --dry-run': 'what would change here',
  },
  exitCodes: { ...dataExits, 7: 'some files were copied and some were not' },
});

export const dataVerifyCommand = defineCommand({
  description: `Compares two folders or files by their checksums, and lists what is missing, what is extra and what is different. ${operands} ${here}`,
  arguments: [sourceArgument, targetArgument],
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

const changed = { ...itemsOf('path ok action error'), quiet: false, exitCodes: dataExits };

export const dataMvCommand = defineCommand({
  ...changed,
  description: `Moves or renames files and folders within one storage service. Existing files are never overwritten. ${operands} ${patterns}`,
  arguments: [
    required(
      'paths',
      'SOURCE... TARGET',
      'what to move, then where to: a new name, or an existing folder',
      { many: true },
    ),
  ],
  examples: {
    'skaha data mv arc:/home/me/a arc:/home/me/b': 'another name',
    "skaha data mv 'arc:/home/me/*.fits' arc:/home/me/fits": 'into a folder',
  },
});

export const dataMkdirCommand = defineCommand({
  ...changed,
  description: `Creates folders. ${operands}`,
  arguments: [placesArgument],
  options: {
    parents: flag('create parent folders, too; do not fail if it exists', { short: 'p' }),
  },
  examples: {
    'skaha data mkdir -p arc:/home/me/survey/raw': 'two at once',
    'skaha data mkdir arc:/home/me/results': 'one folder',
  },
});

export const dataRmdirCommand = defineCommand({
  ...changed,
  description: `Removes empty folders. ${operands} ${patterns}`,
  arguments: [placesArgument],
  examples: {
    'skaha data rmdir arc:/home/me/empty': 'one folder',
    "skaha data rmdir 'arc:/home/me/run-*'": 'those that match',
  },
});

export const dataRmCommand = defineCommand({
  ...changed,
  description: `Removes files and links and, with -r, folders and everything in them. It asks before it removes folders, or anything that a pattern matches. It never removes the root of a storage service. ${operands} ${patterns}`,
  arguments: [placesArgument],
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
  ...changed,
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
  ...changed,
  description: `Changes who may read and write files and folders: everybody, or the members of groups. Permissions that you do not mention stay as they are. ${operands} ${patterns}`,
  arguments: [placesArgument],
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
