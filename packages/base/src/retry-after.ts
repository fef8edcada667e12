/**
 * Reads the header with which a server says when to come back.
 *
 * @param text - seconds or a date (RFC 9110)
 * @param now - milliseconds since the epoch
 * @returns milliseconds from now, or undefined when it says nothing
 */
export function readRetryAfter(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text.trim())) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
