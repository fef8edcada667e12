import { progressOption } from '@skaha/terminal/output/progress-option.js';
import {
  defineCommand,
  fieldsOf,
  flag,
  itemsOf,
  list,
  listOf,
  required,
  text,
} from '../../command.js';
import {
  dataExits,
  jobsOption,
  linksOption,
  operands,
  patterns,
  placesArgument,
} from './operands.js';

const here = 'Any other path, including local:/path, is on this machine.';

export const copyFields = fieldsOf('from to result planned size_bytes md5 verified reason error');

const sourceArgument = required(
  'source',
  'SOURCE',
  'a file or a folder, for example data or arc:/home/me/data',
);

const targetArgument = required('target', 'TARGET', 'its counterpart on the other side');

export const cpCommand = defineCommand({
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
    recursive: flag('include folders, with everything in them', { short: 'r', aliases: ['R'] }),
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

export const syncCommand = defineCommand({
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

export const verifyCommand = defineCommand({
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

export const mvCommand = defineCommand({
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

export const mkdirCommand = defineCommand({
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

export const rmdirCommand = defineCommand({
  ...changed,
  description: `Removes empty folders. ${operands} ${patterns}`,
  arguments: [placesArgument],
  examples: {
    'skaha data rmdir arc:/home/me/empty': 'one folder',
    "skaha data rmdir 'arc:/home/me/run-*'": 'those that match',
  },
});

export const rmCommand = defineCommand({
  ...changed,
  description: `Removes files and links and, with -r, folders and everything in them. It asks before it removes folders, or anything that a pattern matches. It never removes the root of a storage service. ${operands} ${patterns}`,
  arguments: [placesArgument],
  options: {
    recursive: flag('include folders, with everything in them', { short: 'r', aliases: ['R'] }),
    missing: flag('do not fail when something does not exist'),
  },
  confirms: true,
  examples: {
    'skaha data rm arc:/home/me/x.fits': 'one file',
    'skaha data rm -r arc:/home/me/old --yes': 'a folder, without asking',
  },
});

export const lnCommand = defineCommand({
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

export const chmodCommand = defineCommand({
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
