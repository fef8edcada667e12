import { t } from './text.js';

/** A span of time in its two largest units. */
export function span(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const { day, hour, minute, second } = t.units;
  if (seconds < 60) return `${seconds} ${second}`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} ${minute}`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24)
    return minutes % 60 === 0 ? `${hours} ${hour}` : `${hours} ${hour} ${minutes % 60} ${minute}`;
  const days = Math.floor(hours / 24);
  return hours % 24 === 0 ? `${days} ${day}` : `${days} ${day} ${hours % 24} ${hour}`;
}

// Made once: making one takes longer than all the rest of a row.
const moments = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const few = new Intl.NumberFormat(t.language, { maximumFractionDigits: 2 });
const none = new Intl.NumberFormat(t.language, { maximumFractionDigits: 0 });
const one = new Intl.NumberFormat(t.language, { maximumFractionDigits: 1 });

/** A moment, as people of this browser write it. */
export const moment = (date: Date): string => moments.format(date);

const sizes = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** A number of bytes. */
export function bytes(count: number): string {
  const power = Math.min(sizes.length - 1, Math.floor(Math.log2(Math.max(1, count)) / 10));
  const scaled = count / 1024 ** power;
  return `${(scaled < 10 && power > 0 ? one : none).format(scaled)} ${sizes[power]}`;
}

/** A number with few digits. */
export const amount = (value: number): string => (value < 10 ? few : none).format(value);

/** An image without its registry, which is the same for nearly all. */
export const shortImage = (image: string): string => image.replace(/^[^/]*[.:][^/]*\//, '');
