import { abortable, withDeadline } from '@skaha/base/signals.js';
import { aliasWords } from '@skaha/terminal/aliases.js';
import {
  type Candidate,
  completionLines,
  completionTarget,
  type Target,
} from '@skaha/terminal/completion/target.js';
import type { Terminal } from '@skaha/terminal/io.js';
import { firstWords } from '@skaha/terminal/program.js';
import { readAliases } from '../configuration/aliases.js';
import type { Services } from '../environment/deps.js';
import { program } from '../program.js';
import type { LookedUp } from './values.js';

/** What may be completed at a place, where the definitions alone do not say; the shell knows files. */
type Source = LookedUp | 'files' | 'folders';

/** By what stands for a value in help. */
const byValue: ReadonlyMap<string, Source> = new Map(
  Object.entries({
    CLUSTER: 'clusters',
    DIR: 'folders',
    FILE: 'files',
    IDP: 'providers',
    IMAGE: 'images',
    BATCH: 'jobs',
    LINK: 'places',
    PLACE: 'places',
    KEY: 'settings',
    'KEY VALUE | KEY=VALUE': 'settings',
    SERVER: 'servers',
    SOURCE: 'places',
    'SOURCE... TARGET': 'places',
    TARGET: 'places',
    SESSION: 'sessions',
    STATE: 'waitStates',
  }),
);

/** Where the same word stands for different things: by command and key; of an option of every command, by key. */
const byPlace: ReadonlyMap<string, Source> = new Map(
  Object.entries({
    'alias rm names': 'aliases',
    'alias set name': 'aliases',
    'auth use server': 'servers',
    'config get key': 'settings',
    context: 'contexts',
    'context rm name': 'contexts',
    'context show name': 'contexts',
    'context use name': 'contexts',
    'create cpu': 'cores',
    'create gpu': 'gpus',
    'create memory': 'memory',
    'login server': 'servers',
    'platform start runner': 'runners',
    'prune selector': 'sessionNames',
    'registry logout host': 'registries',
    server: 'servers',
    'server rm name': 'servers',
  }),
);

/**
 * Where the values of an argument or an option come from.
 *
 * @param command - undefined for an option that every command takes
 * @param value - what stands for it in help
 */
export const sourceOf = (
  command: string | undefined,
  key: string,
  value: string,
): Source | undefined =>
  byPlace.get(command === undefined ? key : `${command} ${key}`) ?? byValue.get(value);

/** Longest time for what must be looked up. A shell stands still meanwhile. */
const patienceMs = 1_000;

/** Puts what an alias stands for in its place. */
async function expanded(before: readonly string[], env: Terminal['env']): Promise<string[]> {
  const at = before.findIndex((word) => !word.startsWith('-'));
  const name = before[at];
  if (name === undefined || firstWords(program).has(name)) return [...before];
  const aliases = (await readAliases(env)) ?? {};
  const text = Object.hasOwn(aliases, name) ? aliases[name] : undefined;
  return text === undefined ? [...before] : before.toSpliced(at, 1, ...aliasWords(text));
}

/** What is looked up, or nothing when that takes too long or fails. */
async function dynamic(
  { source, globals, typed, words }: Target,
  terminal: Terminal,
  services: Services,
): Promise<readonly Candidate[]> {
  if (source === undefined || source === 'files' || source === 'folders') return [];
  const look = async (signal: AbortSignal) => {
    const { lookUp } = await import('./values.js');
    return lookUp(source, { services, environment: terminal.env, signal, globals, typed, words });
  };
  return withDeadline(services.clock, patienceMs, undefined, (signal) =>
    abortable(look(signal), signal),
  ).catch(() => []);
}

/**
 * Answers the shell: prints the words that fit, one a line; `:files` and `:folders` ask the shell
 * for its own. Prints nothing about anything that goes wrong.
 *
 * @param argv - `--current=TEXT`, `--`, and the words before the cursor
 */
export async function complete(
  argv: readonly string[],
  terminal: Terminal,
  services: Services,
): Promise<void> {
  try {
    const current = (argv[0] ?? '').replace(/^--current=/, '');
    const before = await expanded(argv.slice(argv.indexOf('--') + 1), terminal.env);
    const found = await completionTarget(before, current, program, {
      sourceOf,
      otherCommands: 'aliases',
    });
    const { candidates, typed, source } = found;
    const lookedUp = await dynamic(found, terminal, services);
    const lines = completionLines(found, [...candidates, ...lookedUp]);
    // Of a place on this machine the shell knows more.
    const isLocal = source === 'places' && !typed.includes(':');
    if (source === 'files' || source === 'folders') lines.push(`:${source}\n`);
    else if (isLocal) lines.push(':files\n');
    if (lines.length > 0) terminal.out(lines.join(''));
  } catch {
    // A complaint would appear in the middle of what is being typed.
  }
}
