import { type Io, isMachine, note } from '@skaha/terminal/io.js';
import { documentOf, project } from '@skaha/terminal/output/field.js';
import { meets } from '@skaha/terminal/output/filter.js';
import { renderList } from '@skaha/terminal/output/list.js';
import { type Column, column } from '@skaha/terminal/output/table.js';
import { pad, plain } from '@skaha/terminal/output/text.js';
import { age, utc } from '@skaha/terminal/output/time.js';
import { onlyOne } from '@skaha/terminal/usage.js';
import { type SessionEvent, type SessionEvents, sortEvents } from 'skaha';
import type { OptionsOf, Run } from '../../command.js';
import type { Deps } from '../../environment/deps.js';
import { type Outcome, showOutcome, throwIfFailed } from '../../output/outcome.js';
import { eventFields, type eventsCommand } from './definitions.js';
import { attempt, followEach, type Selection, selectSessions } from './select.js';

type EventsOptions = OptionsOf<typeof eventsCommand>;

/** An event, and the session that it is about. */
interface EventRow extends SessionEvent {
  id: string;
}

/** The colour of a type; the word says the same. */
const typeInk = ({ type }: SessionEvent) => (type === 'Warning' ? 'yellow' : undefined);

function eventColumns(now: number, isMany: boolean): Column<EventRow>[] {
  return [
    ...(isMany ? [column('SESSION', ({ id }: EventRow) => id)] : []),
    column('TYPE', ({ type }) => type, { ink: typeInk }),
    column('REASON', ({ reason }) => reason),
    column('AGE', ({ firstTime, lastTime }) => age(lastTime ?? firstTime, now)),
    // Never cut off: the message is what the user came for.
    column('MESSAGE', ({ message }) => message, { shrinkTo: 20, wraps: true }),
  ];
}

/** A line for people while they follow: the time itself, because an age would soon be wrong. */
function eventLine(io: Io, event: SessionEvent): string {
  const { type, reason, message, firstTime, lastTime = firstTime } = event;
  const ink = typeInk(event);
  const shownType = ink === undefined ? plain(type) : io.style(ink, plain(type));
  const time = lastTime === undefined ? '-' : utc(lastTime);
  return [pad(time, 20), pad(shownType, 7), pad(plain(reason), 16), plain(message)].join('  ');
}

/** An event for programs; the names of its fields are a promise. */
const eventDocument = ({ firstTime, lastTime, ...event }: EventRow) =>
  documentOf(eventFields, {
    ...event,
    firstTime: firstTime && utc(firstTime),
    lastTime: lastTime && utc(lastTime),
  });

/** Whether an event is meant. What has no time may have happened just now. */
function isChosen(event: SessionEvent, { types, since }: EventsOptions, now: number): boolean {
  const wanted = types?.toLowerCase().split(',');
  if (wanted !== undefined && !wanted.includes(event.type.toLowerCase())) return false;
  const time = event.lastTime ?? event.firstTime;
  return since === undefined || time === undefined || time.getTime() >= now - since;
}

/** What a server sends must not steer the terminal. */
const asSent = ({ isTty }: Pick<Io, 'isTty'>, text: string): string =>
  isTty ? text.split('\n').map(plain).join('\n') : text;

/** Prints what is new among the events of sessions, until all of them have ended. */
async function followAll(
  io: Io,
  deps: Deps,
  selection: Selection,
  options: EventsOptions,
): Promise<Outcome<string>> {
  const { ids, known } = selection;
  const { filters = [], fields } = io.output ?? {};
  const client = await deps.client();
  const printEvent = (event: EventRow, head: string) => {
    const document = eventDocument(event);
    if (!isChosen(event, options, deps.now())) return;
    if (!filters.every((filter) => meets(document, filter))) return;
    const data = fields === undefined ? document : project(document, fields);
    const text = io.format === 'table' ? head + eventLine(io, event) : JSON.stringify(data);
    io.out(`${text}\n`);
  };
  return followEach(io, selection, async (id) => {
    const head = ids.length > 1 ? `${plain(known.get(id)?.name ?? id)}/${id} │ ` : '';
    const how = { intervalMs: options.interval, signal: io.signal };
    for await (const { events, raw } of client.sessions.followEvents(id, how)) {
      const text = raw.replace(/^(?=.)/gm, () => head);
      if (options.raw) io.out(asSent(io, text));
      else for (const event of events) printEvent({ ...event, id }, head);
    }
  });
}

/** @throws {SkahaError} command.usage for options that contradict each other */
function checkOptions(io: Io, { follow, raw, types, since }: EventsOptions): void {
  const { filters = [], sortBy = [], limit, fields } = io.output ?? {};
  const { format } = io;
  const isTable = format === 'table';
  const forLists = { '--sort-by': sortBy.length > 0, '--limit': limit !== undefined };
  if (raw)
    onlyOne(
      {
        '--raw': true,
        '--types': types !== undefined,
        '--since': since !== undefined,
        '--filter': filters.length > 0,
        ...forLists,
        '--fields': fields !== undefined,
        [`-o ${format}`]: !isTable,
      },
      '--raw shows the text as it is.',
    );
  if (follow)
    onlyOne(
      {
        '--follow': true,
        ...forLists,
        '--fields': fields !== undefined && isTable,
        [`-o ${format}`]: !isTable && format !== 'json' && format !== 'jsonl',
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

/** The platform says the same where it does not know: of a desktop with apps. */
const emptyWords = ({ id, raw }: SessionEvents, { known }: Selection): string =>
  known.get(id)?.kind === 'desktop' && raw.trim() === '<none>'
    ? `The platform reports no events for session ${id}: it cannot while a desktop has apps.`
    : `No events for session ${id}.`;

async function print(
  io: Io,
  deps: Deps,
  results: readonly SessionEvents[],
  selection: Selection,
  options: EventsOptions,
): Promise<void> {
  const now = deps.now();
  const isMany = results.length > 1;
  if (options.raw) return printRaw(io, results, isMany);
  const unread = isMachine(io.format) ? [] : results.filter(isUnread);
  printRaw(io, unread, isMany);
  if (isMany)
    for (const result of results)
      if (result.events.length === 0) note(io, emptyWords(result, selection));
  const rows = results.flatMap(({ id, events }) =>
    sortEvents(events)
      .filter((event) => isChosen(event, options, now))
      .map((event) => ({ ...event, id })),
  );
  if (rows.length === 0 && unread.length > 0) return;
  const [first] = results;
  await renderList(
    io,
    { rows, document: eventDocument, columns: eventColumns(now, isMany) },
    first === undefined || isMany ? 'No events.' : emptyWords(first, selection),
  );
}

export const runEvents: Run<typeof eventsCommand> = async (io, deps, options) => {
  checkOptions(io, options);
  const client = await deps.client();
  const selection = await selectSessions(io, deps, options.sessions);
  if (options.follow) {
    const outcome = await followAll(io, deps, selection, options);
    return throwIfFailed(outcome, 'follow the events of');
  }
  const outcome = await attempt(selection, (ids) =>
    client.sessions.events(ids, { signal: io.signal }),
  );
  await showOutcome(outcome, 'show the events of', () =>
    print(io, deps, outcome.done, selection, options),
  );
};
