import { usageError } from './usage.js';

const strict = () => new TextDecoder('utf-8', { fatal: true });

const isUtf8 = (bytes: Uint8Array): boolean => {
  try {
    strict().decode(bytes);
    return true;
  } catch {
    return false;
  }
};

/** The first line, from 1, that is not UTF-8; no character of more than one byte holds a line feed. */
function firstWrongLine(bytes: Uint8Array): number {
  let line = 1;
  for (let start = 0; ; line += 1) {
    const end = bytes.indexOf(0x0a, start);
    if (end < 0 || !isUtf8(bytes.subarray(start, end))) return line;
    start = end + 1;
  }
}

const isUtf16 = ([first, second]: Uint8Array): boolean =>
  (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);

/**
 * Reads bytes as UTF-8, without the mark that some editors begin a file with. Nothing is replaced:
 * another character in a value would be another value.
 *
 * @param source - where they are from, at the beginning of a sentence
 * @throws {UsageError} `command.usage` naming the line; its text may hold a secret and is not shown
 */
export function decodeText(bytes: Uint8Array, source: string): string {
  const hint = "Save it as UTF-8, for example with 'iconv -f latin1 -t utf-8'.";
  if (isUtf16(bytes)) throw usageError(`${source} is UTF-16, not UTF-8 text.`, 'Save it as UTF-8.');
  let text: string;
  try {
    text = strict().decode(bytes);
  } catch {
    throw usageError(`Line ${firstWrongLine(bytes)} of ${source} is not UTF-8 text.`, hint);
  }
  const zero = text.indexOf('\0');
  if (zero < 0) return text;
  const line = text.slice(0, zero).split('\n').length;
  throw usageError(`Line ${line} of ${source} contains a null character, so it is not text.`, hint);
}
