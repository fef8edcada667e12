import { usageError } from '@skaha/terminal/usage.js';

// What people type who know docker, kubectl or gh, and what it is called here.

/** By what is typed; of a group with its name in front. */
const ofCommands: Readonly<Record<string, string>> = {
  apply: "Launch what a file describes with 'skaha create -f FILE'",
  attach: "Follow a session with 'skaha logs -f SESSION' or work in it with 'skaha shell SESSION'",
  cancel: "End sessions with 'skaha delete SESSION' or a batch with 'skaha jobs cancel NAME'",
  cp: "Copy files with 'skaha data cp SOURCE TARGET' where NAME:/path is a place on the platform",
  'data size':
    "See the size of a file with 'skaha data info PLACE' and of a folder with 'skaha data du'",
  'data stat': "Show details of a file or folder with 'skaha data info PLACE'",
  'data test': "Use 'skaha data info PLACE' whose exit code is 0 if it exists and 4 if not",
  'data unlink': "Remove a file or a link with 'skaha data rm PLACE'",
  describe:
    "Show sessions in detail with 'skaha info SESSION' and their events with 'skaha events SESSION'",
  extend: "Move the expiry of sessions with 'skaha renew SESSION'",
  'get pods': "List your sessions with 'skaha ps'",
  'image search': "Search images with 'skaha image ls WORDS'",
  inspect: "Show sessions in detail with 'skaha info SESSION --json'",
  kill: "End sessions with 'skaha delete SESSION'",
  port: "Open the page of a session with 'skaha open SESSION'",
  pull: "Images are pulled by the platform; see what is available with 'skaha image ls'",
  restart: "Launch a session again, as it was, with 'skaha relaunch SESSION'",
  scale: "Launch several sessions at once with 'skaha create --replicas N'",
  search: "Search images with 'skaha image ls WORDS'",
  start: "Launch a session with 'skaha create' or the local platform with 'skaha platform start'",
  stop: "End sessions with 'skaha delete SESSION' or the local platform with 'skaha platform stop'",
  terminate: "End sessions with 'skaha delete SESSION'",
};

const noVolumes =
  "Sessions cannot mount folders of your machine, but your home and projects are in all of them. Copy files with 'skaha data cp'";

const ofOptions: Readonly<Record<string, string>> = {
  '--detach':
    'Sessions run in the background; wait for one with --wait, or follow it with --attach.',
  '--mount': noVolumes,
  '--port': "A session has one page; open it with 'skaha open SESSION'",
  '--publish': "A session has one page; open it with 'skaha open SESSION'",
  '--volume': noVolumes,
};

const lookUp = (table: Readonly<Record<string, string>>, name: string): string | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;

/** What a command of another program is called here; undefined for what is no habit. */
export const commandHabit = (name: string): string | undefined => lookUp(ofCommands, name);

/** What the Python clients have in place of the command `completion`. */
const formerCompletion = new Set(['--install-completion', '--show-completion']);

/**
 * What to write in place of an option of another program.
 *
 * @param command - what the words belong to, by its canonical name; undefined where none is named
 */
export function optionHabit(option: string, command?: string): string | undefined {
  const [name = ''] = option.split('=', 1);
  if (command === undefined)
    return formerCompletion.has(name)
      ? "Use 'skaha completion bash', or zsh, fish, powershell."
      : undefined;
  if (name === '--type') {
    return command === 'create' || command === 'app create'
      ? "The kind is a separate argument: 'skaha create KIND [IMAGE]'"
      : "It is called '--kind' here.";
  }
  return lookUp(ofOptions, name);
}

/**
 * Refuses what would be read as something else than was meant, or refused without the next step:
 * `-v /here:/there`, which is no switch for more words, and a word too many, as in `get sessions`.
 *
 * @param words - all up to `--`
 * @param others - those that are no options
 * @throws {UsageError} `command.usage`
 */
export function refuseHabits(
  command: string,
  words: readonly string[],
  others: readonly string[],
): void {
  const mounted = words[words.indexOf('-v') + 1] ?? '';
  if (command === 'create' && words.includes('-v') && /^[./~][^:]*:[./~]/.test(mounted))
    throw usageError('Nothing can be mounted in a session.', noVolumes);
  const [surplus = ''] = others;
  if (command === 'ps' && /^(?:sessions?|pods?|jobs?|all)$/i.test(surplus))
    throw usageError(
      `'${surplus}' is one argument too many.`,
      "List your sessions with 'skaha ps', and batches with 'skaha jobs ls'",
    );
}
