import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { fixedEnvironment } from './programs.js';

const run = promisify(execFile);

/** The one program that is at this place on every system. */
export const environmentProgram = '/usr/bin/env';

/** The most variables: all their names must fit into one word, of 128 KiB on Linux. */
const most = 10_000;

/** Variables of a session on their way through programs that must not obey them. */
export interface Carried {
  /** Each as `NAME=VALUE` under a name without meaning. */
  readonly environment: Readonly<Record<string, string>>;
  /** Tells the starter how to bring them into being: a word for `env -S`, or their number. */
  readonly word: string;
}

/**
 * Packs variables so that they have no effect until the last step, in the session, unpacks them.
 * They go by the environment, which other users cannot read, and never by arguments, which they
 * can; no shell reads a name or a value of them.
 *
 * @throws when there are too many
 */
export async function carry(variables: Readonly<Record<string, string>>): Promise<Carried> {
  const pairs = Object.entries(variables).map((pair) => pair.join('='));
  if (pairs.length > most)
    throw new Error(`it has ${pairs.length} variables; at most ${most} are possible`);
  const environment = Object.fromEntries(pairs.map((pair, index) => [`_e${index}`, pair]));
  return { environment, word: (await canSplit()) ? wordFor(pairs.length) : String(pairs.length) };
}

const wordFor = (count: number): string =>
  ['-i --', ...Array.from({ length: count }, (_, index) => `\${_e${index}}`)].join(' ');

let split: Promise<boolean> | undefined;

/** Whether `env` here takes values out of variables, as those of GNU and BSD do; asked once. */
async function canSplit(): Promise<boolean> {
  const value = `no name=it's \${_e0} \\n $(x)`;
  const env = { ...fixedEnvironment, _e0: value };
  const words = ['-S', wordFor(1), environmentProgram, '-0'];
  split ??= run(environmentProgram, words, { env }).then(
    ({ stdout }) => stdout === `${value}\0`,
    () => false,
  );
  return await split;
}
