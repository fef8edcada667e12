import { usageError } from '@skaha/terminal/usage.js';
import type { Alias, Document, Node, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml';

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

/** Reads the nodes of one document. */
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
    if (this.#nodes > mostNodes) this.#refuse('holds too many values');
    if (node === null || node === undefined) return null;
    if (isAlias(node)) return this.#alias(node);
    if (isScalar(node)) return this.#scalar(node);
    if (isMap(node)) return this.#inside(node, () => Object.fromEntries(this.#entries(node)));
    if (isSeq(node)) return this.#inside(node, () => this.#list(node));
    return this.#refuse('holds something that is no value');
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
    if (this.#open.has(node)) this.#refuse('holds an alias inside of what it stands for');
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
    return typeof value === 'string' ? value : this.#refuse('has a name that is no text');
  }

  /** What a map says itself comes before what is merged into it, as YAML 1.1 has it. */
  #entries(map: YAMLMap): Map<string, Written> {
    const own = new Map<string, Written>();
    const merged: Map<string, Written>[] = [];
    for (const pair of map.items) {
      const key = this.#key(pair.key);
      if (key === '<<' && this.#isPlain(pair)) merged.push(...this.#merged(pair.value));
      else if (own.has(key)) this.#refuse(`names '${key}' twice`);
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
    return this.#refuse("merges with '<<' what has no names");
  }
}

/**
 * Reads YAML, and JSON with it, such that what only passes through stays as it was written: `007`,
 * `1.10` and `12345678901234567890` are texts for the session and no numbers for us.
 *
 * @param text - of the file
 * @param source - its name, for errors
 * @returns the value of each document
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
