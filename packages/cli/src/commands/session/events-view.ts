import type { Io } from '@skaha/terminal/io.js';
import type { Column } from '@skaha/terminal/output/table.js';
import { plain } from '@skaha/terminal/output/text.js';
import { relative, utc } from '@skaha/terminal/output/time.js';
import type { SessionEvent } from 'skaha';

/** An event, and the session that it is about. */
export interface EventRow extends SessionEvent {
  id: string;
}

const last = (event: SessionEvent): number =>
  (event.lastTime ?? event.firstTime)?.getTime() ?? Number.NEGATIVE_INFINITY;
const first = (event: SessionEvent): number =>
  event.firstTime?.getTime() ?? Number.NEGATIVE_INFINITY;

/** By the last time at which something happened, then by the first. */
export function byTime(left: SessionEvent, right: SessionEvent): number {
  const [a, b] =
    last(left) === last(right) ? [first(left), first(right)] : [last(left), last(right)];
  return a === b ? 0 : a - b;
}

/** The colour of a type; the word says the same. */
export const typeInk = ({ type }: SessionEvent) => (type === 'Warning' ? 'yellow' : undefined);

/** The columns of the list of events. */
export function eventColumns(now: number, isMany: boolean): Column<EventRow>[] {
  const age = (value: Date | undefined) => (value === undefined ? '-' : relative(value, now));
  const session: Column<EventRow> = { header: 'SESSION', value: ({ id }) => id };
  return [
    ...(isMany ? [session] : []),
    { header: 'TYPE', value: (event) => event.type, ink: typeInk },
    { header: 'REASON', value: (event) => event.reason },
    { header: 'FIRST SEEN', value: (event) => age(event.firstTime), dropFirst: 1 },
    { header: 'LAST SEEN', value: (event) => age(event.lastTime) },
    // Never cut off: the message is what the user came for.
    { header: 'MESSAGE', value: (event) => event.message, shrinkTo: 20, wraps: true },
  ];
}

/** An event for programs; the names of its fields are a promise. */
export const eventDocument = ({ id, type, reason, message, firstTime, lastTime }: EventRow) => ({
  id,
  type,
  reason,
  message,
  firstTime: firstTime === undefined ? null : utc(firstTime),
  lastTime: lastTime === undefined ? null : utc(lastTime),
});

/** Which events are meant. */
export interface EventChoice {
  types?: string | undefined;
  /** Milliseconds. */
  since?: number | undefined;
}

/** Whether an event is meant. What has no time may have happened just now. */
export function isChosen(event: SessionEvent, { types, since }: EventChoice, now: number): boolean {
  const wanted = types?.toLowerCase().split(',');
  if (wanted !== undefined && !wanted.includes(event.type.toLowerCase())) return false;
  const time = event.lastTime ?? event.firstTime;
  return since === undefined || time === undefined || time.getTime() >= now - since;
}

/** What a server sends must not steer the terminal. */
export const asSent = ({ isTty }: Pick<Io, 'isTty'>, text: string): string =>
  isTty ? text.split('\n').map(plain).join('\n') : text;
