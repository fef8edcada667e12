const steps = [
  ['year', 31_557_600_000],
  ['month', 2_629_800_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const;

/** A length of time in one unit of which there are at least two: `3 days`, `90 minutes`, `1 second`. */
export function about(milliseconds: number): string {
  for (const [unit, size] of steps) {
    if (milliseconds >= size * 2 || unit === 'second') {
      const amount = Math.round(milliseconds / size);
      return `${amount} ${unit}${amount === 1 ? '' : 's'}`;
    }
  }
  return '0 seconds';
}

/** A time as seen from now: `3 days ago`, `in 2 hours`. */
export function relative(time: Date, now: number): string {
  const distance = time.getTime() - now;
  return distance > 0 ? `in ${about(distance)}` : `${about(-distance)} ago`;
}

/** A time as RFC 3339 in UTC to the second. */
export const utc = (time: Date): string => time.toISOString().replace(/\.\d{3}Z$/, 'Z');
