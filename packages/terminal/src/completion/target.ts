import type { AnyOptionSpec, ArgumentSpec } from '../command-shape.js';
import { plain } from '../output/text.js';
import { allSpecs, longName, optionNames } from '../parse/specs.js';
import { type CommandEntry, commandNamed, type Program } from '../program.js';

/** A word that would fit, and what it stands for. */
export interface Candidate {
  value: string;
  description?: string | undefined;
}

/** What the word under the cursor may become. */
export interface Target {
  /** What the definitions offer. */
  candidates: readonly Candidate[];
  /** What is looked up besides; `files` are known to the shell. */
  source?: string | undefined;
  /** Stands before each candidate, as `--kind=` in `--kind=note`. */
  prefix: string;
  /** What has been typed of it, without the prefix. */
  typed: string;
  /** Values of the common options given before, by key. */
  globals: Readonly<Record<string, string>>;
  /** The words before it that are no options. */
  words: readonly string[];
}

/** Where values come from that the definitions do not know. */
export interface Sources {
  /**
   * Of an argument or an option.
   *
   * @param command - undefined for an option that every command takes
   * @param value - what stands for it in help
   */
  sourceOf(command: string | undefined, key: string, value: string): string | undefined;
  /** Of names that may stand in place of a command. */
  otherCommands: string;
}

type Specs = Readonly<Record<string, AnyOptionSpec>>;

const offered = (choices: readonly string[] | undefined): Candidate[] =>
  (choices ?? []).map((value) => ({ value }));

/** The option that a word names, by any of its names. */
function optionNamed(word: string, specs: Specs): [key: string, spec: AnyOptionSpec] | undefined {
  return Object.entries(specs).find(([key, spec]) => optionNames(key, spec).includes(word));
}

const longNames = (specs: Specs): Candidate[] => [
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

  readonly #common: Specs;

  constructor(common: Specs) {
    this.#common = common;
  }

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
    if (Object.hasOwn(this.#common, key)) this.globals[key] = value;
  }
}

interface Place {
  sources: Sources;
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
  const { command, own, sources } = place;
  const choices = spec.type === 'string' ? offered(spec.choices) : [];
  const value = spec.type === 'boolean' ? '' : spec.value;
  const source = sources.sourceOf(Object.hasOwn(own, key) ? command : undefined, key, value);
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
    return target(place, { candidates: longNames(Object.fromEntries(open)) });
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
  const source = place.sources.sourceOf(place.command, spec.key, spec.value);
  return target(place, { candidates: offered(spec.choices), source });
}

/** Everything up to the command's own words; undefined when a name is still to come. */
interface Found {
  entry: CommandEntry;
  /** The words that are not part of its name. */
  rest: readonly string[];
}

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
  commands: readonly CommandEntry[],
): Found | undefined {
  const [first = '', second] = words;
  const long = second === undefined ? undefined : commandNamed(commands, `${first} ${second}`);
  if (long !== undefined) return { entry: long, rest: without(before, [first, second ?? '']) };
  const entry = commandNamed(commands, first);
  return entry === undefined ? undefined : { entry, rest: without(before, [first]) };
}

/** The next word of the canonical names that begin with these words, each once. */
function nextWords(words: readonly string[], commands: readonly CommandEntry[]): Candidate[] {
  const prefix = words.map((word) => `${word} `).join('');
  const next = new Map<string, Candidate>();
  for (const { name, summary } of commands) {
    if (!name.startsWith(prefix)) continue;
    const [value = '', ...more] = name.slice(prefix.length).split(' ');
    const description = more.length === 0 ? summary : `commands about ${value}`;
    if (!next.has(value)) next.set(value, { value, description });
  }
  return [...next.values()];
}

async function commandTarget(
  found: Found,
  current: string,
  globals: Readonly<Record<string, string>>,
  program: Program,
  sources: Sources,
): Promise<Target> {
  const definition = await found.entry.load();
  const specs = allSpecs(definition, program);
  const reading = new Reading(program.options).read(found.rest, specs);
  Object.assign(reading.globals, globals, reading.globals);
  const command = found.entry.name;
  const place = { sources, current, reading, specs, command, own: definition.options };
  return (
    optionTarget(place) ??
    (reading.isRest && definition.rest !== undefined
      ? target(place, { source: 'files' })
      : argumentTarget(place, definition.arguments))
  );
}

/**
 * Finds out what the word under the cursor may become.
 *
 * @param before - the words before it, without the program's name
 * @param current - what has been typed of it
 */
export async function completionTarget(
  before: readonly string[],
  current: string,
  program: Program,
  sources: Sources,
): Promise<Target> {
  const { commands, options: common, topics } = program;
  const reading = new Reading(common).read(before, common);
  const place = { sources, current, reading, specs: common, command: undefined, own: {} };
  const { words } = reading;
  const [first] = words;
  if (first === 'help') {
    const names = nextWords(words.slice(1), commands);
    const named = topics.map(({ name, summary }) => ({ value: name, description: summary }));
    return target(place, { candidates: words.length === 1 ? [...names, ...named] : names });
  }
  const found = first === undefined ? undefined : find(before, words, commands);
  if (found !== undefined) {
    const own = await commandTarget(found, current, reading.globals, program, sources);
    // A bare group may be a command as well: `auth` shows the login, and `auth ls` lists them.
    if (words.length > 1 || current.startsWith('-')) return own;
    return { ...own, candidates: [...own.candidates, ...nextWords(words, commands)] };
  }
  const options = optionTarget(place);
  if (options !== undefined) return options;
  const help = { value: 'help', description: 'show help about a command or a topic' };
  const names = nextWords(words, commands);
  return target(place, {
    candidates: first === undefined ? [...names, help] : names,
    source: first === undefined ? sources.otherCommands : undefined,
  });
}

const matches = (value: string, typed: string): boolean =>
  value.toLowerCase().startsWith(typed.toLowerCase());

/**
 * The lines that answer the script of a shell: of each candidate that fits, the word, and after a tab
 * what it stands for.
 */
export const completionLines = (
  { prefix, typed }: Pick<Target, 'prefix' | 'typed'>,
  candidates: readonly Candidate[],
): string[] =>
  candidates
    .filter(({ value }) => matches(value, typed) && !/[\t\r\n]/.test(value))
    .map(
      ({ value, description }) =>
        `${prefix}${plain(value)}${description ? `\t${plain(description)}` : ''}\n`,
    );
