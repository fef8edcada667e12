import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { fixedEnvironment } from './programs.js';
import type { SpawnRequest } from './spawn.js';

const run = promisify(execFile);

/** The one program that is at this place on every system. */
export const environmentProgram = '/usr/bin/env';

/** The most variables: all their names must fit into one word, of 128 KiB on Linux. */
const most = 10_000;

/** So many can be put into words that the starter reads; more are left to `env`. */
const mostInWords = 200;

/** Names that shells may do something of their own with are left to `env`, as are those with `_` first. */
const plainName = /^[A-Za-z][A-Za-z0-9_]*$/;
const special =
  /^(?:BASH|DIRSTACK|ENV|EUID|FUNCNAME|GROUPS|HIST|HOSTFILE|IFS|INPUTRC|KSH|LINENO|MAIL|OPT|POSIX|PPID|PROMPT|PS\d|RANDOM|REPLY|SECONDS|SHELLOPTS|SHLVL|TMOUT|UID|ZSH)/;

/** What the starter has besides the variables that it carries. */
const leftover = [...Object.keys(fixedEnvironment), 'OLDPWD', 'PWD', 'skaha_sessionid'];

/** Variables of a session on their way through programs that must not obey them. */
interface PackedVariables {
  /** Each as `NAME=VALUE`, or its value alone, under a name without meaning. */
  readonly environment: Readonly<Record<string, string>>;
  /** How the starter brings them into being: lines for it, a word for `env -S`, or their number. */
  readonly word: string;
}

/**
 * Packs variables so that they have no effect until the last step, in the session, unpacks them.
 * They go by the environment, which other users cannot read, and never by arguments, which they
 * can. What a shell might obey it never gets: where there are such names, `env` unpacks them all.
 *
 * @param program - the first word of what is run with them
 * @throws when there are too many
 */
async function packVariables(
  variables: Readonly<Record<string, string>>,
  program = '-',
): Promise<PackedVariables> {
  const names = Object.keys(variables);
  if (names.length > most)
    throw new Error(`it has ${names.length} variables; at most ${most} are possible`);
  const isPlain = (name: string) => plainName.test(name) && !special.test(name);
  // A shell takes such a program for options of its own.
  const fits = !program.startsWith('-') && names.length <= mostInWords && names.every(isPlain);
  if (fits && (await canUnpack())) return plainly(variables);
  const pairs = Object.entries(variables).map((pair) => pair.join('='));
  const environment = Object.fromEntries(pairs.map((pair, index) => [`_e${index}`, pair]));
  return { environment, word: (await canSplit()) ? wordFor(pairs.length) : String(pairs.length) };
}

/**
 * The arguments with which the starter begins a command, and what carries its variables.
 *
 * @param start - the home, where it begins, and the variables
 * @param most - the most processes it may have; undefined when they are not counted here
 * @param program - the first word of what is run with the variables
 * @throws when there are too many variables
 */
export async function packCommand(
  command: readonly string[],
  start: { readonly home: string; readonly environment: Readonly<Record<string, string>> },
  most: number | undefined,
  program = command[0],
): Promise<SpawnRequest> {
  const { environment, word } = await packVariables(start.environment, program);
  const path = start.environment['PATH'] ?? '';
  return { words: [String(most ?? 'any'), start.home, path, word, ...command], environment };
}

function plainly(variables: Readonly<Record<string, string>>): PackedVariables {
  const names = Object.keys(variables);
  const carriers = names.map((_, index) => `_e${index}`);
  const environment = Object.fromEntries(
    Object.values(variables).map((value, index) => [`_e${index}`, value]),
  );
  const gone = [...carriers, ...leftover.filter((name) => !Object.hasOwn(variables, name))];
  const set = names.map((name, index) => ` ${name}="$_e${index}"`);
  return { environment, word: `export${set.join('')}; unset ${gone.join(' ')}` };
}

const wordFor = (count: number): string =>
  ['-i --', ...Array.from({ length: count }, (_, index) => `\${_e${index}}`)].join(' ');

/** What shells, and programs that split values, might not leave as it is. */
const hardValue = `it's "\${_e0}" \`x\` \\n\\ $(x) *\n à āĈ‚ˆ \u0081\u0082\u0088 `;

/** Finds out how variables can be carried here, so that the first session need not wait for that. */
export function checkPacking(): void {
  void canUnpack();
}

let unpacks: Promise<boolean> | undefined;

/** Whether the shell here brings variables into being unchanged, and no others; asked once. */
async function canUnpack(): Promise<boolean> {
  const variables = { A: hardValue, HOME: '/', LANG: 'C.UTF-8', PATH: '/usr/bin', TERM: '' };
  const { environment, word } = plainly(variables);
  const env = { ...fixedEnvironment, skaha_sessionid: '-', PWD: '/', ...environment };
  const words = ['-c', 'cd / && eval "$1" && exec "$2" -0', 'sh', word, environmentProgram];
  unpacks ??= run('/bin/sh', words, { env, cwd: '/usr' }).then(
    ({ stdout, stderr }) => {
      const expected = Object.entries(variables).map((pair) => `${pair.join('=')}\0`);
      return stderr === '' && [...stdout.split(/(?<=\0)/)].sort().join() === expected.sort().join();
    },
    () => false,
  );
  return await unpacks;
}

let split: Promise<boolean> | undefined;

/** Whether `env` here takes values out of variables, as those of GNU and BSD do; asked once. */
async function canSplit(): Promise<boolean> {
  const value = `no name=${hardValue}`;
  const env = { ...fixedEnvironment, _e0: value };
  const words = ['-S', wordFor(1), environmentProgram, '-0'];
  split ??= run(environmentProgram, words, { env }).then(
    ({ stdout }) => stdout === `${value}\0`,
    () => false,
  );
  return await split;
}
