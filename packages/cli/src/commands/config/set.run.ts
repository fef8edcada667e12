import { nearest } from '@skaha/terminal/nearest.js';
import { usageError } from '@skaha/terminal/usage.js';
import {
  type Assignment,
  changeSettings,
  formatPath,
  masked,
  parsePath,
  parseSettingValue,
  unknownSetting,
} from 'skaha/internal/config/index.js';
import type { Run } from '../../command.js';
import { configurationSource } from './source.js';

export interface ConfigSetOptions {
  words: readonly string[];
  string: boolean;
}

interface Pair {
  path: string;
  text: string;
}

// The key may hold = only inside quotes.
const joined = /^((?:"(?:[^"\\]|\\.)*"|[^"=])+)=(.*)$/s;

function readPairs(words: readonly string[]): Pair[] {
  const [first = '', second, ...more] = words;
  if (!joined.test(first)) {
    if (second === undefined || more.length > 0) {
      throw usageError(
        'Give one key and its value, or several as KEY=VALUE.',
        "For example: 'skaha config set contexts.night.server=canfar contexts.night.credential=cadc'",
      );
    }
    return [{ path: first, text: second }];
  }
  return words.map((word) => {
    const [, path, text] = joined.exec(word) ?? [];
    if (path !== undefined && text !== undefined) return { path, text };
    throw usageError(
      `The word for setting ${words.indexOf(word) + 1} is not of the form KEY=VALUE.`,
      'Put words with blanks in quotes.',
    );
  });
}

/** True when a part of the value would be hidden if it were shown. */
function holdsSecret(path: string, value: unknown): boolean {
  return JSON.stringify(masked(value, parsePath(path))) !== JSON.stringify(value);
}

function assignment({ path, text }: Pair, asText: boolean): Assignment {
  const value = asText ? text : parseSettingValue(text, path);
  if (holdsSecret(path, value)) {
    throw usageError(
      `The value for '${path}' is secret and cannot be given on the command line.`,
      `Give it on standard input: skaha config set '${path}' - < FILE`,
    );
  }
  return { path, value: value === null ? undefined : value };
}

/** What is misspelt would be kept and change nothing. */
function checkKnown(path: string, value: unknown): void {
  const found = value === undefined ? undefined : unknownSetting(parsePath(path), value);
  if (found === undefined) return;
  const { candidates } = found;
  const before = found.path.slice(0, -1);
  const guess = nearest(found.path.at(-1) ?? '', candidates);
  const written = parsePath(path).slice(found.path.length);
  const meant = guess === undefined ? undefined : formatPath([...before, guess, ...written]);
  const where = before.length === 0 ? '' : ` below ${formatPath(before)}`;
  throw usageError(
    `There is no setting '${formatPath(found.path)}'.`,
    meant !== undefined
      ? `Did you mean '${meant}'?`
      : candidates.length === 0
        ? `'${formatPath(before)}' is a single value.`
        : `These exist${where}: ${candidates.join(', ')}.`,
  );
}

/** Changes settings. */
export const runConfigSet: Run<ConfigSetOptions> = async (io, deps, { words, string }) => {
  const pairs = readPairs(words);
  if (pairs.filter(({ text }) => text === '-').length > 1) {
    throw usageError('Only one value can be read from standard input.', 'Set the others later.');
  }
  const assignments: Assignment[] = [];
  for (const pair of pairs) {
    assignments.push(
      pair.text === '-'
        ? { path: pair.path, value: (await io.readAll()).trim() }
        : assignment(pair, string),
    );
  }
  for (const { path, value } of assignments) checkKnown(path, value);
  const source = configurationSource(io, deps);
  await changeSettings(assignments, source, source);
  return undefined;
};
