import { t } from './text.js';
import { once } from './texts/writing.js';

const moments = once(
  () => new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' }),
);
const clock = once(() => new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' }));
const withDigits = (maximumFractionDigits: number) =>
  once(() => new Intl.NumberFormat(t.language, { maximumFractionDigits }));
const [none, one, few] = [withDigits(0), withDigits(1), withDigits(2)];
const listOf = (style: 'short' | 'narrow') =>
  once(() => new Intl.ListFormat(t.language, { type: 'unit', style }));
const [enumeration, spans] = [listOf('short'), listOf('narrow')];
const unitOf = (unit: 'day' | 'hour' | 'minute' | 'second') => {
  const format = once(
    () => new Intl.NumberFormat(t.language, { style: 'unit', unit, unitDisplay: 'narrow' }),
  );
  return (count: number): string => format().format(count);
};
const [day, hour] = [unitOf('day'), unitOf('hour')];
const [minute, second] = [unitOf('minute'), unitOf('second')];

/** A span of time in its two largest units. */
export function span(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return second(seconds);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return minute(minutes);
  const hours = Math.floor(minutes / 60);
  const rest = hours < 24 ? minutes % 60 : hours % 24;
  const [large, small] =
    hours < 24 ? [hour(hours), minute(rest)] : [day(Math.floor(hours / 24)), hour(rest)];
  return spans().format(rest === 0 ? [large] : [large, small]);
}

/** A moment, as people of this browser write it. */
export const moment = (date: Date): string => moments().format(date);

/** A time of today. */
export const clockTime = (date: Date): string => clock().format(date);

/** A number of bytes. */
export function bytes(count: number): string {
  const { sizes } = t;
  const power = Math.min(sizes.length - 1, Math.floor(Math.log2(Math.max(1, count)) / 10));
  const scaled = count / 1024 ** power;
  return `${(scaled < 10 && power > 0 ? one : none)().format(scaled)} ${sizes[power]}`;
}

/** A number with few digits. */
export const amount = (value: number): string => (value < 100 ? few : none)().format(value);

/** Several things, one after the other. */
export const listed = (things: readonly string[]): string => enumeration().format(things);

/** An image without its registry, which is the same for nearly all. */
export const shortImage = (image: string): string => image.replace(/^[^/]*[.:][^/]*\//, '');
