const steps = [
  ['year', 31_557_600_000],
  ['month', 2_629_800_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const;

/** A length of time in one unit of which there are at least two: `3 days`, `90 minutes`, `1 second`. */
export function roughDuration(milliseconds: number): string {
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
  return distance > 0 ? `in ${roughDuration(distance)}` : `${roughDuration(-distance)} ago`;
}

/** A time as RFC 3339 in UTC to the second. */
export const utc = (time: Date): string => time.toISOString().replace(/\.\d{3}Z$/, 'Z');

/** A length of time as a countdown shows it: `9:05`. */
export function clockFace(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/**
 * A length of time as kubectl writes ages: `45s`, `5m30s`, `90m`, `3h12m`, `2d`. Two units while the
 * smaller one still says something, one after that.
 */
export function shortDuration(milliseconds: number): string {
  const seconds = Math.floor(Math.max(0, milliseconds) / 1000);
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  const days = Math.floor(minutes / 1440);
  if (minutes < 10) return joined([minutes, 'm'], [seconds % 60, 's']);
  if (minutes < 180) return `${minutes}m`;
  if (minutes < 480) return joined([Math.floor(minutes / 60), 'h'], [minutes % 60, 'm']);
  if (minutes < 2880) return `${Math.floor(minutes / 60)}h`;
  if (days < 8) return joined([days, 'd'], [Math.floor((minutes % 1440) / 60), 'h']);
  if (days < 730) return `${days}d`;
  return joined([Math.floor(days / 365), 'y'], [days % 365, 'd']);
}

const joined = (...[large, small]: [[number, string], [number, string]]): string =>
  small[0] === 0 ? large.join('') : large.join('') + small.join('');

/** How long ago something was; `-` for what has no time. */
export const age = (time: Date | undefined, now: number): string =>
  time === undefined ? '-' : shortDuration(now - time.getTime());
