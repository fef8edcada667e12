const newline = 0x0a;

/** Where the last `count` lines begin; line ends are counted, so text and bytes stay untouched. */
export function tailStart(bytes: Uint8Array, count: number): number {
  if (count === 0) return bytes.length;
  let seen = 0;
  for (let index = bytes.length - 2; index >= 0; index -= 1) {
    if (bytes[index] !== newline) continue;
    seen += 1;
    if (seen === count) return index + 1;
  }
  return 0;
}

/**
 * Puts a text before each line; bytes that are no text stay as they are.
 *
 * @param prefix - when empty, nothing is changed
 * @returns the last line ends in a line end where there is a prefix
 */
export function withPrefix(bytes: Uint8Array, prefix: string): Uint8Array {
  if (prefix === '' || bytes.length === 0) return bytes;
  const head = Buffer.from(prefix);
  const parts: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(newline, start);
    const next = end < 0 ? bytes.length : end + 1;
    parts.push(head, bytes.subarray(start, next));
    if (end < 0) parts.push(Buffer.of(newline));
    start = next;
  }
  return Buffer.concat(parts);
}
