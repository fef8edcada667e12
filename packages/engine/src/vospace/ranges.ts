import type { BigIntStats } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';

/** A part of a file: first byte and number of bytes. */
export interface Part {
  readonly start: number;
  readonly length: number;
}

/** The entity tag of a file's content. */
export const etagOf = ({ ino, size, mtimeNs }: BigIntStats): string =>
  `"${ino.toString(16)}-${size.toString(16)}-${mtimeNs.toString(16)}"`;

const lists = (header: string | undefined, etag: string): boolean =>
  (header ?? '')
    .split(',')
    .some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === etag);

/** The status that the conditions of a request lead to; undefined if they hold. */
export function conditionStatus(headers: IncomingHttpHeaders, etag: string): 304 | 412 | undefined {
  const match = headers['if-match'];
  if (match !== undefined && !lists(match, etag)) return 412;
  return lists(headers['if-none-match'], etag) ? 304 : undefined;
}

/**
 * The part of a file that is requested. Requests for several parts, in other units, or for a part
 * of a different content get the whole file.
 *
 * @returns undefined for the whole file
 */
export function partOf(
  headers: IncomingHttpHeaders,
  size: number,
  etag: string,
): Part | 'unsatisfiable' | undefined {
  const condition = headers['if-range'];
  if (condition !== undefined && condition !== etag) return undefined;
  const [, from = '', to = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(headers.range ?? '') ?? [];
  if (from === '' && to === '') return undefined;
  if (from === '') {
    const length = Math.min(Number(to), size);
    return length === 0 ? 'unsatisfiable' : { start: size - length, length };
  }
  const start = Number(from);
  const end = to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (to !== '' && Number(to) < start) return undefined;
  return start >= size ? 'unsatisfiable' : { start, length: end - start + 1 };
}
