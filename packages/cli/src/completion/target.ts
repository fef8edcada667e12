import { allSpecs, longName } from '@skaha/terminal/parse/specs.js';
import type { AnyOptionSpec, ArgumentSpec, CommandDefinition, CommandEntry } from '../command.js';
import { globalSpecs } from '../parse/globals.js';
import { type Candidate, globalSource, sourceOf, type Target } from './sources.js';

type Specs = Readonly<Record<string, AnyOptionSpec>>;

const offered = (choices: readonly string[] | undefined): Candidate[] =>
  (choices ?? []).map((value) => ({ value }));

/** The option that a word names, by any of its names. */
function optionNamed(word: string, specs: Specs): [key: string, spec: AnyOptionSpec] | undefined {
  return Object.entries(specs).find(
    ([key, spec]) =>
      word === longName(key) ||
      word === `-${spec.short}` ||
      spec.aliases?.some((alias) => word === `--${alias}`) === true,
  );
}

const optionNames = (specs: Specs): Candidate[] => [
  ...Object.entries(specs).map(([key, { help }]) => ({ value: longName(key), description: help })),
  { value: '--help', description: 'show help' },
];

/** What the words before the cursor say. */
class Reading {
  /** Words that are no options. */
  readonly words: string[] = [];
  readonly globals: Record<string, string> = {};
  readonly given = new Set<string>();
  /** The option whose value comes next. */
  pending: [key: string, spec: AnyOptionSpec] | undefined;
  /** `--` was there. */
  isRest = false;

  read(before: readonly string[], specs: Specs): this {
    for (const word of before) this.#take(word, specs);
    return this;
  }

  #take(word: string, specs: Specs): void {
    if (this.pending !== undefined) {
      this.#keep(this.pending[0], word);
      this.pending = undefined;
    } else if (this.isRest || !word.startsWith('-') || word === '-') this.words.push(word);
    else if (word === '--') this.isRest = true;
    else this.#takeOption(word, specs);
  }

  #takeOption(word: string, specs: Specs): void {
    const equals = word.indexOf('=');
    const found = optionNamed(equals < 0 ? word : word.slice(0, equals), specs);
    if (found === undefined) return;
    this.given.add(found[0]);
    if (found[1].type === 'boolean') return;
    if (equals < 0) this.pending = found;
    else this.#keep(found[0], word.slice(equals + 1));
  }

  #keep(key: string, value: string): void {
    if (Object.hasOwn(globalSpecs, key)) this.globals[key] = value;
  }
}

interface Place {
  current: string;
  reading: Reading;
  specs: Specs;
  /** Canonical name; undefined before the command is known. */
  command: string | undefined;
  own: Specs;
}

const target = ({ reading, current }: Place, rest: Partial<Target>): Target => ({
  candidates: [],
  prefix: '',
  typed: current,
  globals: reading.globals,
  words: reading.words,
  ...rest,
});

function optionValue(
  place: Place,
  [key, spec]: [string, AnyOptionSpec],
  split: { prefix: string; typed: string },
): Target {
  const { command, own } = place;
  const choices = spec.type === 'string' ? offered(spec.choices) : [];
  const value = spec.type === 'boolean' ? '' : spec.value;
  const source = Object.hasOwn(own, key) ? sourceOf(command ?? '', key, value) : globalSource(key);
  return target(place, { ...split, candidates: choices, source });
}

/** The word under the cursor where it is an option or the value of one. */
function optionTarget(place: Place): Target | undefined {
  const { reading, current, specs } = place;
  if (reading.pending !== undefined)
    return optionValue(place, reading.pending, { prefix: '', typed: current });
  if (reading.isRest || !current.startsWith('-')) return undefined;
  const equals = current.indexOf('=');
  if (equals < 0) {
    const open = Object.entries(specs).filter(
      ([key, { type }]) => type === 'list' || !reading.given.has(key),
    );
    return target(place, { candidates: optionNames(Object.fromEntries(open)) });
  }
  const found = optionNamed(current.slice(0, equals), specs);
  if (found === undefined || found[1].type === 'boolean') return target(place, {});
  const split = { prefix: current.slice(0, equals + 1), typed: current.slice(equals + 1) };
  return optionValue(place, found, split);
}

function argumentTarget(place: Place, specs: readonly ArgumentSpec[]): Target {
  const position = place.reading.words.length;
  const last = specs.at(-1);
  const spec = specs[position] ?? (last?.many === true ? last : undefined);
  if (spec === undefined) return target(place, {});
  const source = sourceOf(place.command ?? '', spec.key, spec.value);
  return target(place, { candidates: offered(spec.choices), source });
}

/** Everything up to the command's own words; undefined when a name is still to come. */
interface Found {
  entry: CommandEntry;
  /** The words that are not part of its name. */
  rest: readonly string[];
}

const namesOf = ({ name, aliases = [] }: CommandEntry): readonly string[] => [name, ...aliases];

/** Removes the words of a name, which may have options between them. */
function without(before: readonly string[], name: readonly string[]): string[] {
  const left = [...name];
  return before.filter((word) => {
    if (word !== left[0]) return true;
    left.shift();
    return false;
  });
}

function find(
  before: readonly string[],
  words: readonly string[],
  entries: readonly CommandEntry[],
): Found | undefined {
  const [first = '', second] = words;
  const named = (name: string) => entries.find((entry) => namesOf(entry).includes(name));
  const long = second === undefined ? undefined : named(`${first} ${second}`);
  if (long !== undefined) return { entry: long, rest: without(before, [first, second ?? '']) };
  const entry = named(first);
  return entry === undefined ? undefined : { entry, rest: without(before, [first]) };
}

/** The next word of the canonical names that begin with these words, each once. */
function nextWords(words: readonly string[], entries: readonly CommandEntry[]): Candidate[] {
  const prefix = words.map((word) => `${word} `).join('');
  const next = new Map<string, Candidate>();
  for (const { name, summary } of entries) {
    if (!name.startsWith(prefix)) continue;
    const [value = '', ...more] = name.slice(prefix.length).split(' ');
    const description = more.length === 0 ? summary : `commands about ${value}`;
    if (!next.has(value)) next.set(value, { value, description });
  }
  return [...next.values()];
}

const commandTarget = async (
  found: Found,
  current: string,
  globals: Readonly<Record<string, string>>,
): Promise<Target> => {
  const definition: CommandDefinition = await found.entry.load();
  const specs = allSpecs(definition, globalSpecs);
  const reading = new Reading().read(found.rest, specs);
  Object.assign(reading.globals, globals, reading.globals);
  const own = definition.options;
  const place: Place = { current, reading, specs, command: found.entry.name, own };
  const { rest } = definition;
  return (
    optionTarget(place) ??
    (reading.isRest && rest !== undefined
      ? target(place, { source: 'files' })
      : argumentTarget(place, definition.arguments))
  );
};

/**
 * Finds out what the word under the cursor may become.
 *
 * @param before - the words before it, without the program's name
 */
export async function completionTarget(
  before: readonly string[],
  current: string,
  entries: readonly CommandEntry[],
  topics: readonly Candidate[],
): Promise<Target> {
  const reading = new Reading().read(before, globalSpecs);
  const place: Place = { current, reading, specs: globalSpecs, command: undefined, own: {} };
  const { words } = reading;
  const [first] = words;
  if (first === 'help') {
    const commands = nextWords(words.slice(1), entries);
    return target(place, { candidates: words.length === 1 ? [...commands, ...topics] : commands });
  }
  const found = first === undefined ? undefined : find(before, words, entries);
  if (found !== undefined) {
    const own = await commandTarget(found, current, reading.globals);
    // A bare group may be a command as well: `auth` shows the login, and `auth ls` lists them.
    if (words.length > 1 || current.startsWith('-')) return own;
    return { ...own, candidates: [...own.candidates, ...nextWords(words, entries)] };
  }
  const options = optionTarget(place);
  if (options !== undefined) return options;
  const help = { value: 'help', description: 'show help about a command or a topic' };
  const commands = nextWords(words, entries);
  return target(place, {
    candidates: first === undefined ? [...commands, help] : commands,
    source: first === undefined ? 'aliases' : undefined,
  });
}
