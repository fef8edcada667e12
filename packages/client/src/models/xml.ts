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
/** Its groups have no names, which would take a third of the time of a long list. */
const token = new RegExp(
  [
    '<!--[\\s\\S]*?-->',
    '<\\?[\\s\\S]*?\\?>',
    '<!\\[CDATA\\[([\\s\\S]*?)\\]\\]>',
    `</(${name})\\s*>`,
    `<(${name})((?:\\s+${name}\\s*=\\s*(?:"[^"<]*"|'[^'<]*'))*)\\s*(/?)>`,
    '([^<]+)',
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
    const found = token.exec(source);
    if (found === null) throw new Fault('is not well-formed XML');
    const [, cdata, closed, opened, attributes = '', empty, text = ''] = found;
    const parent = open.at(-1);
    if (opened !== undefined) {
      count += 1;
      if (count > maximumElements || open.length >= maximumDepth) throw new Fault('is too large');
      if (parent === undefined && root !== undefined) throw new Fault('has more than one root');
      const inner = openElement(opened, attributes);
      parent?.element.children.push(inner.element);
      root ??= inner.element;
      if (empty === '') open.push(inner);
    } else if (closed !== undefined) {
      if (open.pop()?.qualified !== closed) throw new Fault('is not well-formed XML');
    } else {
      const words = cdata ?? decode(text);
      if (parent !== undefined) parent.element.text += words;
      else if (words.trim() !== '') throw new Fault('is not well-formed XML');
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
  if (!text.includes('&')) return text;
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
