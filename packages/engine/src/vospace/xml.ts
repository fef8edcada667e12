import { createRequire } from 'node:module';
import type { SaxesTagNS } from 'saxes';
import { VospaceFault } from './fault.js';

/** One element of a document. */
export interface Element {
  /** Without its prefix. */
  readonly name: string;
  readonly namespace: string;
  /** By name without prefix; without declarations of namespaces. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly Element[];
  /** Its own text, without that of its children. */
  readonly text: string;
}

type Growing = { -readonly [Key in keyof Element]: Element[Key] } & { children: Element[] };

/** Limits of a client's document. */
const bounds = { bytes: 1024 * 1024, depth: 16, elements: 10_000 } as const;

/** The largest document that is accepted, in bytes. */
export const documentLimit = bounds.bytes;

/** Loaded with the first document: it is a fifteenth of the memory of an idle platform. */
const saxes = (): typeof import('saxes') => createRequire(import.meta.url)('saxes');

const refuse = (reason: string, cause?: unknown) =>
  new VospaceFault('InvalidArgument', `the document ${reason}`, cause);

/**
 * Parses a client's document. A document type is refused, and so is every entity except the five
 * predefined ones: nothing is expanded or fetched.
 *
 * @throws {VospaceFault} `InvalidArgument` if it is not well-formed, too large or too deep
 */
export function readXml(bytes: Buffer): Element {
  if (bytes.length > bounds.bytes) throw refuse('is too large');
  let source: string;
  try {
    source = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw refuse('is not UTF-8 text', cause);
  }
  const reading = new Reading();
  const parser = new (saxes().SaxesParser)({ xmlns: true });
  parser.on('doctype', () => {
    throw refuse('has a document type, which is not read');
  });
  parser.on('opentag', (tag) => reading.open(tag));
  parser.on('closetag', () => reading.close());
  parser.on('text', (text) => reading.add(text));
  parser.on('cdata', (text) => reading.add(text));
  try {
    parser.write(source).close();
  } catch (error) {
    throw error instanceof VospaceFault ? error : refuse('is not well-formed XML', error);
  }
  if (reading.root === undefined) throw refuse('is empty');
  return reading.root;
}

class Reading {
  root: Element | undefined;
  readonly #open: Growing[] = [];
  #count = 0;

  open(tag: SaxesTagNS): void {
    this.#count += 1;
    if (this.#count > bounds.elements) throw refuse('has too many elements');
    if (this.#open.length >= bounds.depth) throw refuse('is nested too deeply');
    const attributes = Object.values(tag.attributes)
      .filter(({ prefix, name }) => prefix !== 'xmlns' && name !== 'xmlns')
      .map(({ local, value }) => [local, value] as const);
    const element: Growing = {
      name: tag.local,
      namespace: tag.uri,
      attributes: new Map(attributes),
      children: [],
      text: '',
    };
    this.#open.at(-1)?.children.push(element);
    this.root ??= element;
    this.#open.push(element);
  }

  close(): void {
    this.#open.pop();
  }

  add(text: string): void {
    const element = this.#open.at(-1);
    if (element !== undefined) element.text += text;
  }
}

/** The first child with a name. */
export const child = (element: Element, name: string): Element | undefined =>
  element.children.find((one) => one.name === name);

/** All children with a name. */
export const childrenOf = (element: Element, name: string): Element[] =>
  element.children.filter((one) => one.name === name);

const named: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

/** A fast check for texts without special characters, which almost all are. */
const plain = /^[ !#-%'-;=?-~]*$/;

/** Escapes text for an element or an attribute; invalid characters become U+FFFD. */
export function escapeXml(text: string): string {
  if (plain.test(text)) return text;
  return (
    text
      .replace(/\p{Surrogate}/gu, '\ufffd')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: just those cannot stand in XML
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
      .replace(/[&<>"\t\n\r]/g, (sign) => named[sign] ?? sign)
  );
}
