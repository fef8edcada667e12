import type { Alias, Document, Node, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import { usageError } from '../usage.js';

type Yaml = typeof import('yaml');

/** A value of a YAML or JSON file: numbers are the text that stands in the file. */
export type YamlValue = boolean | string | null | YamlValue[] | { [name: string]: YamlValue };

/** More are no description of launches, but aliases that multiply each other. */
const mostNodes = 200_000;

const scalarTags = new Set([
  '',
  '!',
  '!!bool',
  '!!float',
  '!!int',
  '!!null',
  '!!str',
  '!!timestamp',
]);
const collectionTags = new Set(['', '!!map', '!!seq']);

class YamlReader {
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

  read(node: unknown): YamlValue {
    const { isAlias, isMap, isScalar, isSeq } = this.#yaml;
    this.#nodes += 1;
    if (this.#nodes > mostNodes) this.#refuse('contains too many values');
    if (node === null || node === undefined) return null;
    if (isAlias(node)) return this.#alias(node);
    if (isScalar(node)) return this.#scalar(node);
    if (isMap(node)) return this.#inside(node, () => Object.fromEntries(this.#entries(node)));
    if (isSeq(node)) return this.#inside(node, () => node.items.map((item) => this.read(item)));
    return this.#refuse('contains something that is not a value');
  }

  #refuse(what: string): never {
    throw usageError(`${this.#source} ${what}.`, 'Correct the file.');
  }

  #alias(node: Alias): YamlValue {
    const target = node.resolve(this.#document);
    if (target === undefined) return this.#refuse(`uses *${node.source}, which is not defined`);
    return this.read(target);
  }

  #inside<T>(node: YAMLMap | YAMLSeq, read: () => T): T {
    this.#checkTag(node, collectionTags);
    if (this.#open.has(node)) this.#refuse('contains an alias that refers to itself');
    this.#open.add(node);
    const value = read();
    this.#open.delete(node);
    return value;
  }

  #checkTag({ tag = '' }: Node, known: ReadonlySet<string>): void {
    const name = tag.replace('tag:yaml.org,2002:', '!!');
    if (!known.has(name)) this.#refuse(`uses the tag ${name}, which has no meaning here`);
  }

  #scalar(node: Scalar): YamlValue {
    this.#checkTag(node, scalarTags);
    const { type, value, source } = node;
    if (value === null || typeof value === 'string') return value;
    const isPlain = source === undefined || (type === 'PLAIN' && source === String(value));
    return typeof value === 'boolean' && isPlain ? value : (source ?? String(value));
  }

  #key(key: unknown): string {
    const { isScalar } = this.#yaml;
    if (isScalar(key) && key.type === 'PLAIN' && key.source !== undefined) return key.source;
    const value = this.read(key);
    return typeof value === 'string' ? value : this.#refuse('has a key that is not text');
  }

  /** What a map says itself comes before what is merged into it, as YAML 1.1 has it. */
  #entries(map: YAMLMap): Map<string, YamlValue> {
    const { isScalar } = this.#yaml;
    const own = new Map<string, YamlValue>();
    const merged: Map<string, YamlValue>[] = [];
    for (const pair of map.items) {
      const key = this.#key(pair.key);
      const isMerge = key === '<<' && isScalar(pair.key) && pair.key.type === 'PLAIN';
      if (isMerge) merged.push(...this.#merged(pair.value));
      else if (own.has(key)) this.#refuse(`contains '${key}' twice`);
      else own.set(key, this.read(pair.value));
    }
    for (const [key, value] of merged.flatMap((one) => [...one]))
      if (!own.has(key)) own.set(key, value);
    return own;
  }

  #merged(node: unknown): Map<string, YamlValue>[] {
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
 * @throws {UsageError} `command.usage` naming what is wrong
 */
export async function readYaml(text: string, source: string): Promise<YamlValue[]> {
  const yaml = await import('yaml');
  const parsed = yaml.parseAllDocuments(text, { logLevel: 'silent' });
  return (Array.isArray(parsed) ? parsed : []).map((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw usageError(`${source}: ${error.message.split('\n')[0]}`);
    return new YamlReader(yaml, document, source).read(document.contents);
  });
}
