import { type Io, isMachine, note } from '@skaha/terminal/io.js';
import { documentOf, project } from '@skaha/terminal/output/field.js';
import { meets } from '@skaha/terminal/output/filter.js';
import { renderList } from '@skaha/terminal/output/list.js';
import { type Column, column } from '@skaha/terminal/output/table.js';
import { pad, plain } from '@skaha/terminal/output/text.js';
import { age, utc } from '@skaha/terminal/output/time.js';
import { onlyOne } from '@skaha/terminal/usage.js';
import {
  isFinished,
  isSkahaError,
  type SessionEvent,
  type SessionEvents,
  type SkahaClient,
} from 'skaha';
import type { OptionsOf, Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import { isNothing, type Outcome, throwIfFailed } from '../../output/outcome.js';
import { looks } from '../../output/watch.js';
import { eventFields, type eventsCommand } from './definitions.js';
import { attempt, followEach, type Selection, selectSessions } from './select.js';

/** An event, and the session that it is about. */
export interface EventRow extends SessionEvent {
  id: string;
}

/** What follows from what: within one second, and of events without a time. */
const course = ['Scheduled', 'Pulling', 'Pulled', 'Created', 'Started', 'Killing'];

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

/**
 * In the order in which things happened. What a scheduler did carries no time: it goes before the
 * first event that can only follow from it.
 */
export function inOrder<Event extends SessionEvent>(events: readonly Event[]): Event[] {
  const timed = events.filter((event) => last(event) !== Number.NEGATIVE_INFINITY).sort(byTime);
  for (const event of events) {
    if (last(event) !== Number.NEGATIVE_INFINITY) continue;
    const place = course.indexOf(event.reason);
    const at = timed.findIndex(({ reason }) => place >= 0 && course.indexOf(reason) > place);
    timed.splice(at < 0 ? (place < 0 ? 0 : timed.length) : at, 0, event);
  }
  return timed;
}

/** The colour of a type; the word says the same. */
export const typeInk = ({ type }: SessionEvent) => (type === 'Warning' ? 'yellow' : undefined);

export function eventColumns(now: number, isMany: boolean): Column<EventRow>[] {
  const session: Column<EventRow> = column('SESSION', ({ id }) => id);
  return [
    ...(isMany ? [session] : []),
    column('TYPE', (event) => event.type, { ink: typeInk }),
    column('REASON', (event) => event.reason),
    column('AGE', (event) => age(event.lastTime ?? event.firstTime, now)),
    // Never cut off: the message is what the user came for.
    column('MESSAGE', (event) => event.message, { shrinkTo: 20, wraps: true }),
  ];
}

/** An event for programs; the names of its fields are a promise. */
export const eventDocument = ({ firstTime, lastTime, ...event }: EventRow) =>
  documentOf(eventFields, {
    ...event,
    firstTime: firstTime && utc(firstTime),
    lastTime: lastTime && utc(lastTime),
  });

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

/** The events of one session at one moment. */
interface Look extends SessionEvents {
  isOver: boolean;
}

const gone = (id: string): Look => ({ id, events: [], raw: '', isOver: true });

/** The state is asked for first: events read after the end are complete. */
async function lookAt(client: SkahaClient, id: string, signal: AbortSignal): Promise<Look> {
  const [session] = await client.sessions.info([id], { signal });
  const isOver = session === undefined || isFinished(session.status);
  const [found] = await client.sessions.events([id], { signal });
  return found === undefined ? gone(id) : { ...found, isOver };
}

/** A line for people: the time itself, because an age would soon be wrong. */
function line(io: Io, { id, type, reason, message, ...row }: EventRow, names: Names): string {
  const time = row.lastTime ?? row.firstTime;
  const ink = typeInk({ type, reason, message });
  const word = plain(type);
  const shown = ink === undefined ? word : io.style(ink, word);
  const columns = [
    pad(time === undefined ? '-' : utc(time), 20),
    pad(shown, 7),
    pad(plain(reason), 16),
    plain(message),
  ];
  return `${names(id)}${columns.join('  ')}\n`;
}

type Names = (id: string) => string;

/** What was told already; a repeated event changes its last time. */
function createMemory(): (key: string, last: string) => boolean {
  const told = new Map<string, string>();
  return (key, last) => {
    if (told.get(key) === last) return false;
    told.set(key, last);
    return true;
  };
}

/** Tells what is new since the last call. */
function createTeller(io: Io, deps: Deps, selection: Selection, options: EventsOptions) {
  const isNew = createMemory();
  const isMany = selection.ids.length > 1;
  const names: Names = (id) =>
    isMany ? `${plain(selection.known.get(id)?.name ?? id)}/${id} │ ` : '';
  const { filters = [], fields } = io.output ?? {};
  const tellRow = (row: EventRow) => {
    const document = eventDocument(row);
    if (!filters.every((filter) => meets(document, filter))) return;
    if (io.format === 'table') io.out(line(io, row, names));
    else io.out(`${JSON.stringify(fields === undefined ? document : project(document, fields))}\n`);
  };
  return ({ id, events, raw }: Look) => {
    if (options.raw) {
      for (const text of raw.split(/\r?\n/))
        if (text.trim() !== '' && isNew(`${id} ${text}`, ''))
          io.out(`${names(id)}${asSent(io, text)}\n`);
      return;
    }
    for (const event of inOrder(events)) {
      if (!isChosen(event, options, deps.now())) continue;
      const row = { ...event, id };
      const { lastTime, ...lasting } = eventDocument(row);
      if (isNew(JSON.stringify(lasting), String(lastTime))) tellRow(row);
    }
  };
}

async function followOne(
  io: Io,
  deps: Deps,
  id: string,
  how: { tell: (look: Look) => void; intervalMs: number },
): Promise<void> {
  const client = await deps.client();
  let isFirst = true;
  const read = async (): Promise<Look> => {
    try {
      return await lookAt(client, id, io.signal);
    } catch (error) {
      // A session that was there a moment ago has been deleted.
      if (isFirst || !isSkahaError(error, 'session.not_found')) throw error;
      return gone(id);
    }
  };
  const onFailure = (error: Error) => note(io, plain(error.message));
  for await (const look of looks(io, deps, read, { intervalMs: how.intervalMs, onFailure })) {
    isFirst = false;
    how.tell(look);
    if (look.isOver) return;
  }
}

/**
 * Prints what is new among the events of sessions, until all of them have ended.
 *
 * @throws {SkahaError} when the command is cancelled
 */
export function followEvents(
  io: Io,
  deps: Deps,
  selection: Selection,
  options: EventsOptions,
): Promise<Outcome<string>> {
  const tell = createTeller(io, deps, selection, options);
  const how = { tell, intervalMs: options.interval };
  return followEach(io, selection, (id) => followOne(io, deps, id, how));
}

export type EventsOptions = OptionsOf<typeof eventsCommand>;

/** @throws {SkahaError} command.usage for options that contradict each other */
function checkOptions(io: Io, { follow, raw, types, since }: EventsOptions): void {
  const { filters = [], sortBy = [], limit, fields } = io.output ?? {};
  const ordered = { '--sort-by': sortBy.length > 0, '--limit': limit !== undefined };
  const chosen = { '--types': types !== undefined, '--since': since !== undefined };
  const isTable = io.format === 'table';
  if (raw)
    onlyOne(
      {
        ...{ '--raw': true, ...chosen, '--filter': filters.length > 0, ...ordered },
        ...{ '--fields': fields !== undefined, [`-o ${io.format}`]: !isTable },
      },
      '--raw shows the text as it is.',
    );
  const isStream = isTable || io.format === 'json' || io.format === 'jsonl';
  if (follow)
    onlyOne(
      {
        ...{ '--follow': true, ...ordered, '--fields': fields !== undefined && isTable },
        [`-o ${io.format}`]: !isStream,
      },
      'Events are printed one by one: as lines or, with -o jsonl, as JSON.',
    );
}

/** The text of the server: asked for, or because it holds no line that we understand. */
function printRaw(io: Io, results: readonly SessionEvents[], heads: boolean): void {
  for (const { id, raw } of results) {
    if (heads) note(io, `Events of session ${id}:`);
    if (raw.trim() !== '') io.out(asSent(io, raw.endsWith('\n') ? raw : `${raw}\n`));
  }
}

const isUnread = ({ events, raw }: SessionEvents): boolean =>
  events.length === 0 && !/^\s*(<none>\s*)?$/.test(raw);

/** The platform says the same where it cannot tell: of a desktop with apps. */
function emptyWords(id: string, raw: string, kinds: Kinds): string {
  return kinds.get(id)?.kind === 'desktop' && raw.trim() === '<none>'
    ? `The platform reports no events for session ${id}: it cannot while a desktop has apps.`
    : `No events for session ${id}.`;
}

type Kinds = Selection['known'];

async function print(
  io: Io,
  deps: Deps,
  { results, kinds }: { results: readonly SessionEvents[]; kinds: Kinds },
  options: EventsOptions,
): Promise<void> {
  const now = deps.now();
  const isMany = results.length > 1;
  if (options.raw) return printRaw(io, results, isMany);
  const unread = isMachine(io.format) ? [] : results.filter(isUnread);
  printRaw(io, unread, isMany);
  if (!isMachine(io.format) && isMany)
    for (const { id, events, raw } of results)
      if (events.length === 0) note(io, emptyWords(id, raw, kinds));
  const rows = results.flatMap(({ id, events }) =>
    inOrder(events)
      .filter((event) => isChosen(event, options, now))
      .map((event): EventRow => ({ ...event, id })),
  );
  if (rows.length === 0 && unread.length > 0) return;
  const [only] = results.length === 1 ? results : [];
  await renderList(
    io,
    { rows, document: eventDocument, columns: eventColumns(now, isMany) },
    only === undefined ? 'No events.' : emptyWords(only.id, only.raw, kinds),
  );
}

export const runEvents: Run<typeof eventsCommand> = async (io, deps, options) => {
  checkOptions(io, options);
  const client = await deps.client();
  const selection = await selectSessions(io, deps, options.sessions);
  if (options.follow) {
    const outcome = await followEvents(io, deps, selection, options);
    throwIfFailed(outcome, 'follow the events of');
    return;
  }
  const outcome = await attempt(selection, (ids) =>
    client.sessions.events(ids, { signal: io.signal }),
  );
  const seen = { results: outcome.done, kinds: selection.known };
  if (!isNothing(outcome)) await print(io, deps, seen, options);
  throwIfFailed(outcome, 'show the events of');
};
