import { type Io, note } from '@skaha/terminal/io.js';
import { project } from '@skaha/terminal/output/field.js';
import { meets } from '@skaha/terminal/output/filter.js';
import { pad, plain } from '@skaha/terminal/output/text.js';
import { utc } from '@skaha/terminal/output/time.js';
import {
  type FailedItem,
  isFinished,
  isSkahaError,
  type SessionEvents,
  type SkahaClient,
} from 'skaha';
import type { Deps } from '../../deps.js';
import { looks } from '../../looks.js';
import type { Outcome, Selection } from '../../select.js';
import type { EventsOptions } from './events.run.js';
import { asSent, byTime, type EventRow, eventDocument, isChosen, typeInk } from './events-view.js';

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
    for (const event of [...events].sort(byTime)) {
      if (!isChosen(event, options, deps.now())) continue;
      const row = { ...event, id };
      const { lastTime, ...lasting } = eventDocument(row);
      if (isNew(JSON.stringify(lasting), lastTime ?? '')) tellRow(row);
    }
  };
}

/** What became of following one session; undefined while it goes on. */
type End = { error?: FailedItem['error'] | undefined };

async function followOne(
  io: Io,
  deps: Deps,
  id: string,
  how: { tell: (look: Look) => void; intervalMs: number },
): Promise<End> {
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
  try {
    for await (const look of looks(io, deps, read, { intervalMs: how.intervalMs, onFailure })) {
      isFirst = false;
      how.tell(look);
      if (look.isOver) break;
    }
    return {};
  } catch (error) {
    if (io.signal.aborted || !isSkahaError(error)) throw error;
    return { error };
  }
}

/**
 * Prints what is new among the events of sessions, until all of them have ended.
 *
 * @throws {SkahaError} when the command is cancelled
 */
export async function followEvents(
  io: Io,
  deps: Deps,
  selection: Selection,
  options: EventsOptions,
): Promise<Outcome<string>> {
  const tell = createTeller(io, deps, selection, options);
  const how = { tell, intervalMs: options.interval };
  const ends = await Promise.all(selection.ids.map((id) => followOne(io, deps, id, how)));
  const done: string[] = [];
  const failed: FailedItem[] = [...selection.missing];
  for (const [index, { error }] of ends.entries()) {
    const item = selection.ids[index] ?? '';
    if (error === undefined) done.push(item);
    else failed.push({ index, item, error });
  }
  return { done, failed };
}
