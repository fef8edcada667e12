/** One line of a FITS header. */
export interface Card {
  readonly keyword: string;
  readonly value: string;
  readonly comment: string;
}

/** A header, and how far its data reach. */
export interface Header {
  readonly cards: readonly Card[];
  /** Bytes of the header in its file. */
  readonly headerBytes: number;
  /** Bytes of the data behind it, filled up to whole blocks. */
  readonly dataBytes: number;
}

/** Everything in a FITS file comes in blocks of this many bytes (FITS Standard 4.0, 3.1). */
export const blockBytes = 2_880;
const cardBytes = 80;

/**
 * Reads a header from its first byte on.
 *
 * @param bytes - of the file
 * @param start - where the header begins
 * @returns undefined where it is none, or does not end within the bytes
 */
export function readHeader(bytes: Uint8Array, start: number): Header | undefined {
  const decoder = new TextDecoder('latin1');
  const cards: Card[] = [];
  for (let at = start; at + cardBytes <= bytes.length; at += cardBytes) {
    const line = decoder.decode(bytes.subarray(at, at + cardBytes));
    if (at === start && !/^(?:SIMPLE|XTENSION) {0,3}=/.test(line)) return undefined;
    if (/^END\s*$/.test(line)) {
      const headerBytes = Math.ceil((at + cardBytes - start) / blockBytes) * blockBytes;
      return { cards: joined(cards), headerBytes, dataBytes: dataBytes(cards) };
    }
    const card = readCard(line);
    if (card !== undefined) cards.push(card);
  }
  return undefined;
}

/** Reads one line of 80 characters (FITS Standard 4.0, 4.1 and 4.2). */
function readCard(line: string): Card | undefined {
  const keyword = line.slice(0, 8).trimEnd();
  const rest = line.slice(8);
  if (keyword === '' && rest.trim() === '') return undefined;
  const isValue = rest.startsWith('= ') || keyword === 'CONTINUE';
  if (!isValue) return { keyword, value: '', comment: rest.trim() };
  const field = rest.slice(2);
  const text = /^\s*'((?:[^']|'')*)'\s*(?:\/(.*))?$/.exec(field);
  if (text !== null) {
    const [, value = '', comment = ''] = text;
    return { keyword, value: value.replaceAll("''", "'").trimEnd(), comment: comment.trim() };
  }
  const slash = field.indexOf('/');
  const value = slash < 0 ? field : field.slice(0, slash);
  const comment = slash < 0 ? '' : field.slice(slash + 1);
  return { keyword, value: value.trim(), comment: comment.trim() };
}

/** Long texts go on in lines of their own, each but the last with an ampersand at its end. */
function joined(cards: readonly Card[]): Card[] {
  const whole: Card[] = [];
  for (const card of cards) {
    const last = whole.at(-1);
    if (card.keyword === 'CONTINUE' && last?.value.endsWith('&') === true) {
      const comment = `${last.comment} ${card.comment}`.trim();
      whole[whole.length - 1] = { ...last, value: last.value.slice(0, -1) + card.value, comment };
    } else whole.push(card);
  }
  return whole;
}

/** The value of a keyword. */
export const valueFor = (cards: readonly Card[], keyword: string): string | undefined =>
  cards.find((card) => card.keyword === keyword)?.value;

/** How much stands behind a header (FITS Standard 4.0, 4.4.1 and 7.1.1). */
function dataBytes(cards: readonly Card[]): number {
  const number = (keyword: string, usual: number) => {
    const value = Number(valueFor(cards, keyword) ?? usual);
    return Number.isSafeInteger(value) ? value : usual;
  };
  const axes = Math.min(999, number('NAXIS', 0));
  if (axes <= 0) return 0;
  const lengths = Array.from({ length: axes }, (_, index) => number(`NAXIS${index + 1}`, 0));
  // The first axis of random groups is 0 and does not count.
  const isGroups = valueFor(cards, 'GROUPS') === 'T' && lengths[0] === 0;
  const elements = (isGroups ? lengths.slice(1) : lengths).reduce((all, one) => all * one, 1);
  const perElement = Math.abs(number('BITPIX', 8)) / 8;
  const bytes = perElement * number('GCOUNT', 1) * (number('PCOUNT', 0) + elements);
  return bytes > 0 ? Math.ceil(bytes / blockBytes) * blockBytes : 0;
}
