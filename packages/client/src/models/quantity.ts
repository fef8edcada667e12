const gibibyte = 2 ** 30;
const zeroCode = 48;

/** Texts by which servers before 1.0 say that there is no value. */
const absent = new Set(['', '<none>', '<nil>', 'not-applicable']);
/** How those begin; to look a text up takes longer. */
const absentBegins = new Set([Number.NaN, 0x3c, 0x6e]);

/**
 * A text field's value, or undefined where a server says that there is none.
 *
 * @param value - what the server sent
 */
export function presentText(value: unknown): string | undefined {
  if (typeof value === 'string') {
    const text = value.trim();
    return absentBegins.has(text.charCodeAt(0)) && absent.has(text) ? undefined : text;
  }
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : undefined;
}

/** What nearly every quantity is; lists of thousands of sessions are read sooner for it. */
const plainNumber = /^\d+(?:\.\d+)?$/;

const cpuFactors: Readonly<Record<string, number>> = { m: 1e-3, u: 1e-6, n: 1e-9 };

/**
 * Reads a number of cores, with the suffixes `m`, `u` and `n` that metrics may carry.
 *
 * @param value - for example `2`, `0.043`, `250m` or `43012u`
 * @returns cores, or undefined when the text is no quantity
 */
export function parseCores(value: unknown): number | undefined {
  const text = presentText(value) ?? '';
  if (plainNumber.test(text)) return Number(text);
  const match = /^(\d+(?:\.\d+)?)([mun]?)$/.exec(text);
  if (match?.[1] === undefined) return undefined;
  return Number(match[1]) * (cpuFactors[match[2] ?? ''] ?? 1);
}

const powers = ['', 'K', 'M', 'G', 'T', 'P', 'E'];

/** How a memory text without the letter `i` is to be read. */
export type MemoryReading = 'decimal' | 'binary';

/**
 * Reads an amount of memory and gives it in GiB.
 *
 * A session's `8.59` has no unit and means decimal gigabytes (Skaha API, 1.0 and later), its
 * `8G` is a Kubernetes quantity less the `i` (before 1.0). Platform totals are decimal.
 *
 * @param value - for example `8.59`, `8G`, `512M`, `32Gi` or `137.439G`
 * @param unsuffixed - how `K`, `M`, `G`, … without `i` are to be read
 * @returns GiB, or undefined when the text is no quantity
 */
export function parseMemoryGiB(value: unknown, unsuffixed: MemoryReading): number | undefined {
  const text = presentText(value) ?? '';
  if (plainNumber.test(text)) return (Number(text) * 1e9) / gibibyte;
  const match = /^(\d+(?:\.\d+)?)\s*([KMGTPE]?)(i?)B?$/i.exec(text);
  if (match?.[1] === undefined) return undefined;
  const letter = (match[2] ?? '').toUpperCase();
  if (letter === '') return (Number(match[1]) * 1e9) / gibibyte;
  const binary = match[3] !== '' || unsuffixed === 'binary';
  return (Number(match[1]) * (binary ? 1024 : 1000) ** powers.indexOf(letter)) / gibibyte;
}

/** The server prints two decimals of a decimal gigabyte: at most 0.005 × 10⁹ bytes are lost. */
const printedErrorGiB = (0.0051 * 1e9) / gibibyte;

/**
 * Undoes the rounding of a requested amount: `4.29` was 4 GiB.
 *
 * @param gibibytes - as parsed
 * @returns the nearest whole number when the rounding explains the difference
 */
export function snapGiB(gibibytes: number): number {
  const whole = Math.round(gibibytes);
  return whole > 0 && Math.abs(gibibytes - whole) <= printedErrorGiB ? whole : round(gibibytes, 3);
}

/** Rounds to a number of decimals. */
export function round(value: number, decimals: number): number {
  const factor = 10 ** decimals;
  return Math.round(value * factor) / factor;
}

const timePattern =
  /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?(Z|[+-]\d{2}:?\d{2})?$/;

/** As the server nearly always prints a time, on days that every month has. */
const plainTime =
  /^[12]\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3])(?::[0-5]\d){2}Z$/;

/**
 * Reads an ISO 8601 time. Seconds may be missing: the server leaves them out when they are zero.
 * A time without a zone is UTC, as all times of the platform are.
 *
 * @param value - for example `2026-08-06T15:25Z`
 */
export function parseTime(value: unknown): Date | undefined {
  const text = presentText(value) ?? '';
  if (plainTime.test(text)) return plainDate(text);
  const match = timePattern.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second = '00', fraction = '0', zone = 'Z'] = match;
  const offset = zone === 'Z' ? 'Z' : zone.replace(/^(.\d\d):?(\d\d)$/, '$1:$2');
  const milliseconds = fraction.padEnd(3, '0').slice(0, 3);
  return validTime(`${year}-${month}-${day}T${hour}:${minute}:${second}.${milliseconds}${offset}`);
}

/** Several times as quick as leaving it to `Date`, which matters for lists of thousands. */
function plainDate(text: string): Date {
  const two = (at: number) => text.charCodeAt(at) * 10 + text.charCodeAt(at + 1) - 11 * zeroCode;
  const year = two(0) * 100 + two(2);
  return new Date(Date.UTC(year, two(5) - 1, two(8), two(11), two(14), two(17)));
}

function validTime(text: string): Date | undefined {
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? undefined : time;
}
