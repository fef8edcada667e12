import { isRecord } from '@skaha/base/record.js';
import type { Io } from '@skaha/terminal/io.js';
import { didYouMean } from '@skaha/terminal/nearest.js';
import { longName } from '@skaha/terminal/parse/specs.js';
import { readOption } from '@skaha/terminal/parse/values.js';
import { usageError } from '@skaha/terminal/usage.js';
import type { Alias, Document, Node, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import type { AnyOptionSpec } from '../../command.js';
import type { Deps } from '../../deps.js';
import { readText } from '../../text-file.js';
import { type CreateCommandOptions, createOptions, type ManyOptions } from './options.js';

type Yaml = typeof import('yaml');

/** A value of a YAML or JSON file: numbers are the text that stands in the file. */
export type Written = boolean | string | null | Written[] | { [name: string]: Written };

/** More are no description of launches, but aliases that multiply each other. */
const mostNodes = 200_000;

const scalarTags = new Set(
  ['', '!', 'bool', 'float', 'int', 'null', 'str', 'timestamp'].map((name) =>
    /^!?$/.test(name) ? name : `tag:yaml.org,2002:${name}`,
  ),
);
const collectionTags = new Set(['', 'tag:yaml.org,2002:map', 'tag:yaml.org,2002:seq']);

class Reader {
  readonly #yaml: Yaml;
  readonly #document: Document;
  readonly #source: string;
  readonly #open = new Set<Node>();
  #nodes = 0;

  constructor(yaml: Yaml, document: Document, source: string) {
    this.#yaml = yaml;
    this.#document = document;
    this.#source = source;
  }

  read(node: unknown): Written {
    const { isAlias, isMap, isScalar, isSeq } = this.#yaml;
    this.#nodes += 1;
    if (this.#nodes > mostNodes) this.#refuse('contains too many values');
    if (node === null || node === undefined) return null;
    if (isAlias(node)) return this.#alias(node);
    if (isScalar(node)) return this.#scalar(node);
    if (isMap(node)) return this.#inside(node, () => Object.fromEntries(this.#entries(node)));
    if (isSeq(node)) return this.#inside(node, () => this.#list(node));
    return this.#refuse('contains something that is not a value');
  }

  #refuse(what: string): never {
    throw usageError(`${this.#source} ${what}.`, 'Correct the file.');
  }

  #alias(node: Alias): Written {
    const target = node.resolve(this.#document);
    if (target === undefined) return this.#refuse(`uses *${node.source}, which is not defined`);
    return this.read(target);
  }

  #inside<T>(node: YAMLMap | YAMLSeq, read: () => T): T {
    this.#checkTag(node.tag ?? '', collectionTags);
    if (this.#open.has(node)) this.#refuse('contains an alias that refers to itself');
    this.#open.add(node);
    const value = read();
    this.#open.delete(node);
    return value;
  }

  #checkTag(tag: string, known: ReadonlySet<string>): void {
    if (!known.has(tag)) {
      const name = tag.replace('tag:yaml.org,2002:', '!!');
      this.#refuse(`uses the tag ${name}, which has no meaning here`);
    }
  }

  #scalar({ tag, type, value, source }: Scalar): Written {
    this.#checkTag(tag ?? '', scalarTags);
    if (value === null || typeof value === 'string') return value;
    if (typeof value === 'boolean' && source === undefined) return value;
    if (typeof value === 'boolean' && type === 'PLAIN' && source === String(value)) return value;
    return source ?? String(value);
  }

  #list({ items }: YAMLSeq): Written[] {
    return items.map((item) => this.read(item));
  }

  #key(key: unknown): string {
    const { isScalar } = this.#yaml;
    if (isScalar(key) && key.type === 'PLAIN' && key.source !== undefined) return key.source;
    const value = this.read(key);
    return typeof value === 'string' ? value : this.#refuse('has a key that is not text');
  }

  /** What a map says itself comes before what is merged into it, as YAML 1.1 has it. */
  #entries(map: YAMLMap): Map<string, Written> {
    const own = new Map<string, Written>();
    const merged: Map<string, Written>[] = [];
    for (const pair of map.items) {
      const key = this.#key(pair.key);
      if (key === '<<' && this.#isPlain(pair)) merged.push(...this.#merged(pair.value));
      else if (own.has(key)) this.#refuse(`contains '${key}' twice`);
      else own.set(key, this.read(pair.value));
    }
    for (const [key, value] of merged.flatMap((one) => [...one]))
      if (!own.has(key)) own.set(key, value);
    return own;
  }

  #isPlain({ key }: Pair): boolean {
    return this.#yaml.isScalar(key) && key.type === 'PLAIN';
  }

  #merged(node: unknown): Map<string, Written>[] {
    const { isAlias, isMap, isSeq } = this.#yaml;
    const target = isAlias(node) ? node.resolve(this.#document) : node;
    if (isMap(target)) return [this.#inside(target, () => this.#entries(target))];
    if (isSeq(target)) return target.items.flatMap((item) => this.#merged(item));
    return this.#refuse("uses '<<' to merge something that is not a map");
  }
}

/**
 * Reads YAML, and JSON with it, such that what only passes through stays as it was written: `007`,
 * `1.10` and `12345678901234567890` are texts for the session and no numbers for us.
 *
 * @throws {SkahaError} command.usage naming what is wrong
 */
export async function readWritten(text: string, source: string): Promise<Written[]> {
  const yaml = await import('yaml');
  const parsed = yaml.parseAllDocuments(text, { logLevel: 'silent' });
  return (Array.isArray(parsed) ? parsed : []).map((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw usageError(`${source}: ${error.message.split('\n')[0]}`);
    return new Reader(yaml, document, source).read(document.contents);
  });
}

/** One launch, with the long names of the options as keys. */
export type RequestOptions = Record<string, unknown> & {
  rows?: Record<string, string>[] | undefined;
};

interface Request {
  name: string;
  parameters: Readonly<Record<string, unknown>>;
  env: Record<string, string>;
}

/** Set for each session again. */
const ownVariables = new Set(['REPLICA_ID', 'REPLICA_COUNT']);

const text = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined;

function variables(value: unknown): Record<string, string> {
  const entries = Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
  return Object.fromEntries(
    entries.map((entry): [string, string] => {
      const equals = entry.indexOf('=');
      return [entry.slice(0, equals), entry.slice(equals + 1)];
    }),
  );
}

function readRequest(value: unknown, where: string): Request & { index: number } {
  const parameters = isRecord(value) ? value['parameters'] : undefined;
  const name = isRecord(parameters) ? text(parameters['name']) : undefined;
  if (!isRecord(value) || !isRecord(parameters) || name === undefined)
    throw usageError(
      `${where} contains neither options with values nor a list of requests.`,
      "Write for example name: fit, or save what 'skaha create ... --dry-run -o yaml' prints.",
    );
  const index = Number(value['index'] ?? 1);
  return { index, name, parameters, env: variables(parameters['env']) };
}

/** The requests of one launch are together, and count from 1. */
function groups(requests: readonly (Request & { index: number })[]): Request[][] {
  const all: Request[][] = [];
  for (const request of requests) {
    const last = all.at(-1);
    if (last === undefined || request.index === 1) all.push([request]);
    else last.push(request);
  }
  return all;
}

function toOptions(requests: readonly Request[]): RequestOptions {
  const [first] = requests;
  const { name = '', parameters = {} } = first ?? {};
  const rows = requests.map(({ env }) =>
    Object.fromEntries(Object.entries(env).filter(([key]) => !ownVariables.has(key))),
  );
  const isMany = requests.length > 1;
  const { image, type, cores, ram, gpus, cmd, args } = parameters;
  const options: RequestOptions = {
    kind: text(type) ?? 'headless',
    image: text(image),
    name: isMany ? name.replace(/-1$/, '') : name,
    cpu: text(cores),
    memory: text(ram),
    gpu: text(gpus) === undefined ? undefined : Number(gpus),
    command: [text(cmd), ...(text(args)?.split(' ') ?? [])].filter((word) => word !== undefined),
  };
  const isSame = rows.every((row) => JSON.stringify(row) === JSON.stringify(rows[0]));
  if (!isSame) return { ...options, rows };
  const env = Object.entries(rows[0] ?? {}).map(([key, value]) => `${key}=${value}`);
  return { ...options, env, ...(isMany ? { replicas: requests.length } : {}) };
}

/**
 * Reads the requests that a dry run printed, as the options that lead to the same requests.
 *
 * @throws {SkahaError} command.usage when it is no such list
 */
export const readRequests = (values: readonly unknown[], where: string): RequestOptions[] =>
  groups(values.map((value) => readRequest(value, where))).map(toOptions);

/** Options that are about this one call and not about what is launched. */
const notInFiles = new Set([
  ...['file', 'dryRun', 'details', 'progress', 'notify', 'registryUser', 'registrySecretStdin'],
]);

const specs = new Map<string, AnyOptionSpec>(
  Object.entries<AnyOptionSpec>(createOptions)
    .filter(([key]) => !notInFiles.has(key))
    .map(([key, spec]) => [longName(key).slice(2), spec]),
);
const keys = ['kind', 'image', 'command', ...specs.keys()];

const camelCase = (name: string): string =>
  name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

const isScalar = (value: unknown): value is boolean | number | string =>
  ['boolean', 'number', 'string'].includes(typeof value);

/** The other spellings that YAML has; a text in quotes is the same to us. */
const truths: Readonly<Record<string, boolean>> = {
  True: true,
  TRUE: true,
  False: false,
  FALSE: false,
};

function wrongValue(key: string, where: string, expected: string): never {
  throw usageError(`${where}: the value of ${key} must be ${expected}.`, 'Correct the file.');
}

const expected = (value: unknown): string =>
  value === null
    ? "text or a number; null means none, and '~' in quotes is text"
    : 'text or a number';

function words(key: string, value: unknown, where: string): string[] {
  if (typeof value === 'string') return value.split(/\s+/).filter((word) => word !== '');
  if (Array.isArray(value) && value.every(isScalar)) return value.map(String);
  return wrongValue(key, where, 'text or a list of arguments');
}

function list(key: string, value: unknown, where: string): string[] {
  if (isRecord(value)) {
    return Object.entries(value).map(([name, one]) =>
      isScalar(one) ? `${name}=${one}` : wrongValue(`${key}.${name}`, where, expected(one)),
    );
  }
  const items: unknown[] = Array.isArray(value) ? value : [value];
  return items.every(isScalar)
    ? items.map(String)
    : wrongValue(key, where, 'a list of texts, or names with values');
}

function readValue(key: string, value: unknown, where: string): unknown {
  if (key === 'command') return words(key, value, where);
  const spec = specs.get(key);
  if (spec?.type === 'list') return list(key, value, where);
  if (spec?.type === 'boolean') {
    const truth = typeof value === 'string' ? truths[value] : value;
    return typeof truth === 'boolean' ? truth : wrongValue(key, where, 'true or false');
  }
  if (!isScalar(value)) return wrongValue(key, where, 'text or a number');
  return spec === undefined ? String(value) : readOption(`${where}: ${key}`, spec, String(value));
}

/**
 * Reads one launch from its document.
 *
 * @throws {SkahaError} command.usage naming what is wrong
 */
export function readDocument(value: unknown, where: string): Record<string, unknown> {
  if (!isRecord(value))
    throw usageError(
      `${where} does not contain options with values.`,
      'Write for example name: fit.',
    );
  const read: Record<string, unknown> = {};
  for (const [key, content] of Object.entries(value)) {
    if (!keys.includes(key)) {
      const hint = didYouMean(key, keys) ?? `Valid keys: ${keys.join(', ')}.`;
      throw usageError(`${where}: there is no option '${key}'.`, hint);
    }
    if (content !== null) read[camelCase(key)] = readValue(key, content, where);
  }
  return read;
}

/** One launch of a file. */
export type Specification = CreateCommandOptions & Pick<ManyOptions, 'rows'>;

/** What was given on the command line wins; lists are added to those of the file. */
export function merge(
  given: CreateCommandOptions,
  document: Readonly<Record<string, unknown>>,
): CreateCommandOptions {
  const merged: Record<string, unknown> = { ...document };
  for (const [key, value] of Object.entries(given)) {
    const known = merged[key];
    if (Array.isArray(value) && key !== 'command') {
      merged[key] = [...(Array.isArray(known) ? known : []), ...value];
    } else if (value === undefined || value === false || (Array.isArray(value) && !value.length)) {
      merged[key] = known ?? value;
    } else merged[key] = value;
  }
  // The values come from the same declarations as those of the command line.
  return merged as unknown as CreateCommandOptions;
}

/**
 * Reads a specification: one YAML document for each launch, with the long names of the options as
 * keys, or the list of requests that a dry run printed.
 *
 * @param path - of the file; `-` is standard input
 * @throws {SkahaError} command.usage naming what is wrong, and where
 */
export async function readSpecification(
  io: Io,
  deps: Deps,
  given: CreateCommandOptions,
  path: string,
): Promise<Specification[]> {
  const source = path === '-' ? 'Standard input' : path;
  const text = path === '-' ? await io.readAll() : await readText(deps, path, '-f');
  const values = (await readWritten(text, source)).filter((one) => one !== null);
  if (values.length === 0) throw usageError(`${source} contains nothing to launch.`);
  return values.flatMap((value, index): Specification[] => {
    const where = values.length === 1 ? source : `${source}, document ${index + 1}`;
    if (!Array.isArray(value)) return [merge(given, readDocument(value, where))];
    return readRequests(value, where).map(({ rows, ...document }) => {
      return { ...merge(given, document), rows };
    });
  });
}
