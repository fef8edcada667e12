/**
 * Reads the header with which a server says when to come back.
 *
 * @param text - seconds or a date (RFC 9110)
 * @param now - milliseconds since the epoch; the server's own time where it gives it, so that a
 *   wrong clock here does not make anybody come back early
 * @returns milliseconds from now, or undefined when it says nothing
 */
export function readRetryAfter(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  const seconds = /^\d+(?:\.\d+)?$/.exec(text.trim())?.[0];
  if (seconds !== undefined) return Math.min(Math.ceil(Number(seconds) * 1000), longest);
  // The parser of dates takes any number for a year.
  const date = /[a-z]/i.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** About three years; more than this means never. */
const longest = 1e11;

const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const;

/**
 * A time span for people: `7 seconds`, `5 minutes`, `1 hour 30 minutes`. Rounded up, so that
 * nobody comes too early.
 *
 * @param milliseconds - below a second it is written in milliseconds
 */
export function inWords(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.ceil(milliseconds)} ms`;
  const at = units.findIndex(([, length]) => milliseconds >= length);
  const [unit, length] = units[at] ?? units[3];
  const [smaller, step] = units[at + 1] ?? [unit, length];
  const parts = Math.ceil(milliseconds / step);
  const whole = Math.floor((parts * step) / length);
  const rest = Math.round((parts * step - whole * length) / step);
  const count = (number: number, name: string) => `${number} ${name}${number === 1 ? '' : 's'}`;
  return rest === 0 || smaller === unit
    ? count(whole, unit)
    : `${count(whole, unit)} ${count(rest, smaller)}`;
}
