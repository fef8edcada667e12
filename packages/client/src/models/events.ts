import { parseTime } from './quantity.js';

/** An event of a session, as the platform recorded it. */
export interface SessionEvent {
  /** `Normal` or `Warning`. */
  type: string;
  /** One word, for example `Scheduled`. */
  reason: string;
  message: string;
  firstTime?: Date | undefined;
  lastTime?: Date | undefined;
}

/** Lines that one message may take; more are no table. */
const longestMessage = 50;

const unset = new Set(['<nil>', '<none>', '<unknown>']);

/**
 * Reads the table of events. Its columns are found by words and not by position, because
 * messages hold any number of blanks and even line breaks (Skaha API, `view=events`).
 *
 * @param table - the reply's text
 * @returns the events in the order of the table; lines that are none are left out
 */
export function parseEvents(table: string): SessionEvent[] {
  const events: SessionEvent[] = [];
  let pending: string[] = [];
  for (const line of table.split(/\r?\n/)) {
    if (/^TYPE\s+REASON\s/.test(line) && events.length === 0) {
      pending = [];
      continue;
    }
    pending.push(line);
    const event = parseRow(pending.join('\n').trim());
    if (event === undefined) {
      if (pending.length > longestMessage) pending.shift();
      continue;
    }
    events.push(event);
    pending = [];
  }
  return events;
}

function parseRow(row: string): SessionEvent | undefined {
  const [afterLast, last] = cutLastWord(row);
  const [afterFirst, first] = cutLastWord(afterLast);
  const head = /^(\S+)\s+(\S+)/.exec(afterFirst);
  if (!isTime(first) || !isTime(last) || head?.[1] === undefined || head[2] === undefined) {
    return undefined;
  }
  return {
    type: head[1],
    reason: head[2],
    message: afterFirst.slice(head[0].length).trim(),
    firstTime: parseTime(first),
    lastTime: parseTime(last),
  };
}

/** Splits off the last word, without a pattern that could take quadratic time. */
function cutLastWord(text: string): [rest: string, word: string] {
  let start = text.length;
  while (start > 0 && !/\s/.test(text.charAt(start - 1))) start -= 1;
  return [text.slice(0, start).trimEnd(), text.slice(start)];
}

const isTime = (word: string) => unset.has(word) || parseTime(word) !== undefined;

/** What follows from what: within one second, and of events without a time. */
const usualOrder = ['Scheduled', 'Pulling', 'Pulled', 'Created', 'Started', 'Killing'];

const never = Number.NEGATIVE_INFINITY;
const lastOf = ({ firstTime, lastTime }: SessionEvent): number =>
  (lastTime ?? firstTime)?.getTime() ?? never;

/** By the last time at which something happened, then by the first. */
function byTime(left: SessionEvent, right: SessionEvent): number {
  if (lastOf(left) !== lastOf(right)) return lastOf(left) - lastOf(right);
  const [first, second] = [left.firstTime?.getTime(), right.firstTime?.getTime()];
  return first === second ? 0 : (first ?? never) - (second ?? never);
}

/**
 * Sorts the events of a session into the order in which things happened; the platform lists them in
 * any order. What a scheduler did carries no time: it goes before the first event that can only
 * follow from it.
 *
 * @param events - of one session; they stay as they are
 * @returns a new array
 * @example
 * ```ts
 * import { SkahaClient, sortEvents } from 'skaha';
 *
 * await using skaha = new SkahaClient();
 * for (const { events } of await skaha.sessions.events(['ab12cd34']))
 *   for (const { reason, message } of sortEvents(events)) console.log(reason, message);
 * ```
 */
export function sortEvents<Event extends SessionEvent>(events: readonly Event[]): Event[] {
  const sorted = events.filter((event) => lastOf(event) !== never).sort(byTime);
  for (const event of events) {
    if (lastOf(event) !== never) continue;
    const place = usualOrder.indexOf(event.reason);
    const next = sorted.findIndex(({ reason }) => place >= 0 && usualOrder.indexOf(reason) > place);
    if (next >= 0) sorted.splice(next, 0, event);
    else sorted.splice(place < 0 ? 0 : sorted.length, 0, event);
  }
  return sorted;
}
