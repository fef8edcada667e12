import { isReservedKey } from './names.js';

/** A value of a file in plain style. */
export type PlainValue = string | number | boolean | null | PlainValue[] | PlainMap;

/** A map of a file in plain style. */
export interface PlainMap {
  [key: string]: PlainValue;
}

interface Line {
  indent: number;
  text: string;
}

/** Thrown and caught here only: the file is for the real parser. */
class NotPlain extends Error {}

const entryPattern = /^([A-Za-z_][A-Za-z0-9_.-]*):(?: +(\S.*))?$/;
const quoted = /^"([^"\\]*)"$|^'([^']*)'$/;
/** Words that begin with a letter, `/` or `~/`; neither a comment nor another key can be in it. */
const words = /^(?:[A-Za-z/]|~\/)(?:[A-Za-z0-9_/.@%+=~-]|:(?=[A-Za-z0-9_/])| (?=[A-Za-z0-9_/]))*$/;
/** When something was read; YAML 1.2 takes it for text. */
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z$/;
/** What YAML reads as something else than text. */
const special = /^(?:null|true|false)$/i;

function scalar(text: string): PlainValue {
  if (text === '{}') return {};
  if (text === '[]') return [];
  if (text === 'null') return null;
  if (text === 'true' || text === 'false') return text === 'true';
  if (/^(?:0|[1-9]\d{0,14})(?:\.\d{1,6})?$/.test(text)) return Number(text);
  const inside = quoted.exec(text);
  if (inside !== null) return inside[1] ?? inside[2] ?? '';
  if ((words.test(text) && !special.test(text)) || time.test(text)) return text;
  throw new NotPlain();
}

/** The lines that say something. */
function linesOf(source: string): Line[] {
  // Other characters mean something to YAML, or to the checks of the real parser.
  if (/[^\n\x20-\x7E]/.test(source)) throw new NotPlain();
  return source.split('\n').flatMap((line) => {
    const text = line.trimStart();
    if (text === '' || text.startsWith('#')) return [];
    return [{ indent: line.length - text.length, text: text.trimEnd() }];
  });
}

class PlainReader {
  readonly #lines: readonly Line[];
  #next = 0;

  constructor(lines: readonly Line[]) {
    this.#lines = lines;
  }

  /** The whole file. */
  read(): PlainMap {
    const map = this.#map(0, 0);
    if (this.#next < this.#lines.length) throw new NotPlain();
    return map;
  }

  #map(indent: number, depth: number): PlainMap {
    if (depth > 8) throw new NotPlain();
    const map: PlainMap = {};
    for (let line = this.#lines[this.#next]; line?.indent === indent; ) {
      const match = entryPattern.exec(line.text);
      const key = match?.[1];
      if (key === undefined || special.test(key) || isReservedKey(key) || Object.hasOwn(map, key))
        throw new NotPlain();
      this.#next += 1;
      map[key] = match?.[2] === undefined ? this.#nested(indent, depth) : scalar(match[2]);
      line = this.#lines[this.#next];
      // What goes on deeper belongs to text over several lines.
      if (line !== undefined && line.indent > indent) throw new NotPlain();
    }
    return map;
  }

  /** What is below a key. */
  #nested(indent: number, depth: number): PlainValue {
    const first = this.#lines[this.#next];
    if (first === undefined || first.indent < indent) return null;
    if (first.indent === indent) {
      if (first.text.startsWith('-')) throw new NotPlain();
      return null;
    }
    return first.text.startsWith('-')
      ? this.#list(first.indent)
      : this.#map(first.indent, depth + 1);
  }

  #list(indent: number): PlainValue[] {
    const list: PlainValue[] = [];
    for (let line = this.#lines[this.#next]; line?.indent === indent; ) {
      const item = /^- +(\S.*)$/.exec(line.text)?.[1];
      if (item === undefined) throw new NotPlain();
      list.push(scalar(item));
      this.#next += 1;
      line = this.#lines[this.#next];
    }
    return list;
  }
}

/**
 * Reads YAML that uses nothing but the plain style in which this program writes its file: block
 * maps and lists of short values. The YAML library takes longer to load than all the rest of a
 * short command; whatever is not plain is left to it.
 *
 * @param source - the text of a file
 * @returns what the YAML library would make of it, or undefined when it is to be asked
 */
export function parsePlain(source: string): PlainMap | undefined {
  try {
    return new PlainReader(linesOf(source)).read();
  } catch (error) {
    if (error instanceof NotPlain) return undefined;
    throw error;
  }
}
