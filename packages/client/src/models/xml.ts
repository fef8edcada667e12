import { SkahaError } from '../errors/index.js';

/** One element of a document, names without their namespace prefix. */
export interface XmlElement {
  name: string;
  /** Attributes by name without prefix. */
  attributes: ReadonlyMap<string, string>;
  children: readonly XmlElement[];
  /** The element's own text, its children's not included. */
  text: string;
}

/** What a document may hold at most; beyond it, it is hostile or broken. */
const maximumDepth = 64;
const usualElements = 10_000;

/** What is read, and how much of it. */
export interface XmlOptions {
  /** @defaultValue 10,000 */
  maximumElements?: number | undefined;
  /** Stands for the document in errors. @defaultValue `The server's description of itself` */
  subject?: string | undefined;
}

const nameStart = '[A-Za-z_\\u0080-\\uffff]';
const name = `${nameStart}[\\w.:\\u0080-\\uffff-]*`;
const token = new RegExp(
  [
    '<!--(?<comment>[\\s\\S]*?)-->',
    '<!\\[CDATA\\[(?<cdata>[\\s\\S]*?)\\]\\]>',
    '<\\?(?<instruction>[\\s\\S]*?)\\?>',
    `</(?<close>${name})\\s*>`,
    `<(?<open>${name})(?<attributes>(?:\\s+${name}\\s*=\\s*(?:"[^"<]*"|'[^'<]*'))*)\\s*(?<empty>/?)>`,
    '(?<text>[^<]+)',
  ].join('|'),
  'y',
);
const attribute = new RegExp(`(${name})\\s*=\\s*(?:"([^"<]*)"|'([^'<]*)')`, 'g');

interface OpenElement {
  qualified: string;
  element: { name: string; attributes: Map<string, string>; children: XmlElement[]; text: string };
}

/**
 * Reads a small document. It knows no document type, and thereby no entities but the five of XML
 * itself and character numbers: nothing is ever expanded or fetched.
 *
 * @param source - the document
 * @param options - its bound, and what it is called in errors
 * @returns the root element
 * @throws {SkahaError} `response.invalid` for anything else, and for one that is too deep or long
 */
export function parseXml(source: string, options: XmlOptions = {}): XmlElement {
  try {
    return parse(source, options.maximumElements ?? usualElements);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw invalid(error.message, options.subject);
  }
}

/** What is wrong with a document, in words that follow its name. */
class Fault extends Error {}

function parse(source: string, maximumElements: number): XmlElement {
  const open: OpenElement[] = [];
  let root: XmlElement | undefined;
  let count = 0;
  token.lastIndex = source.charCodeAt(0) === 0xfeff ? 1 : 0;
  while (token.lastIndex < source.length) {
    const groups = token.exec(source)?.groups;
    if (groups === undefined) throw new Fault('is not well-formed XML');
    const parent = open.at(-1);
    if (groups['open'] !== undefined) {
      count += 1;
      if (count > maximumElements || open.length >= maximumDepth) throw new Fault('is too large');
      if (parent === undefined && root !== undefined) throw new Fault('has more than one root');
      const opened = openElement(groups['open'], groups['attributes'] ?? '');
      parent?.element.children.push(opened.element);
      root ??= opened.element;
      if (groups['empty'] === '') open.push(opened);
    } else if (groups['close'] !== undefined) {
      if (open.pop()?.qualified !== groups['close']) throw new Fault('is not well-formed XML');
    } else {
      const text = groups['cdata'] ?? decode(groups['text'] ?? '');
      if (parent !== undefined) parent.element.text += text;
      else if (text.trim() !== '') throw new Fault('is not well-formed XML');
    }
  }
  if (root === undefined || open.length > 0) throw new Fault('is not well-formed XML');
  return root;
}

/**
 * Every element of a name, at any depth, in document order.
 *
 * @param element - where to begin
 * @param wanted - name without prefix
 */
export function* descendants(element: XmlElement, wanted: string): Generator<XmlElement, void> {
  if (element.name === wanted) yield element;
  for (const child of element.children) yield* descendants(child, wanted);
}

function openElement(qualified: string, attributes: string): OpenElement {
  const found = new Map<string, string>();
  for (const [, key = '', double, single] of attributes.matchAll(attribute)) {
    found.set(local(key), decode(double ?? single ?? ''));
  }
  return {
    qualified,
    element: { name: local(qualified), attributes: found, children: [], text: '' },
  };
}

const local = (qualified: string) => qualified.slice(qualified.indexOf(':') + 1);

const entities: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

function decode(text: string): string {
  return text.replace(/&([^;&\s]{1,16});|&/g, (_whole, entity: string | undefined) => {
    const number = /^#(?:x([0-9a-fA-F]{1,6})|(\d{1,7}))$/.exec(entity ?? '');
    if (number !== null) {
      const code = number[1] === undefined ? Number(number[2]) : Number.parseInt(number[1], 16);
      if (code <= 0x10ffff) return String.fromCodePoint(code);
    }
    const known = entities.get(entity ?? '');
    if (known === undefined) throw new Fault('is not well-formed XML');
    return known;
  });
}

function invalid(fault: string, subject = "The server's description of itself"): SkahaError {
  return new SkahaError('response.invalid', `${subject} ${fault}.`, {
    hint: 'Check the address of the server: another service may answer there.',
  });
}
