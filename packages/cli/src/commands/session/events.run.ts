import { type Io, isMachine, note } from '@skaha/terminal/io.js';
import { renderList } from '@skaha/terminal/output/list.js';
import { usageError } from '@skaha/terminal/usage.js';
import type { SessionEvents } from 'skaha';
import type { Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import { attempt, type Selection, selectSessions, throwIfFailed } from '../../select.js';
import {
  asSent,
  byTime,
  type EventChoice,
  type EventRow,
  eventColumns,
  eventDocument,
  isChosen,
} from './events-view.js';

export interface EventsOptions extends EventChoice {
  sessions: readonly string[];
  follow: boolean;
  types?: string | undefined;
  since?: number | undefined;
  raw: boolean;
  interval: number;
}

/** @throws {SkahaError} command.usage for options that contradict each other */
function checkOptions(io: Io, { follow, raw, types, since }: EventsOptions): void {
  const { filters = [], sortBy = [], limit, fields } = io.output ?? {};
  const choices: (string | false | undefined)[] = [
    types !== undefined && '--types',
    since !== undefined && '--since',
    filters.length > 0 && '--filter',
    sortBy.length > 0 && '--sort-by',
    limit !== undefined && '--limit',
    fields !== undefined && '--fields',
    io.format !== 'table' && `-o ${io.format}`,
  ];
  const given = choices.find((choice): choice is string => typeof choice === 'string');
  if (raw && given !== undefined)
    throw usageError(
      `--raw and ${given} cannot be used together.`,
      '--raw shows the text as it is.',
    );
  const isStream = io.format === 'table' || io.format === 'json' || io.format === 'jsonl';
  const clashes: (string | false | undefined)[] = [
    sortBy.length > 0 && '--sort-by',
    limit !== undefined && '--limit',
    fields !== undefined && io.format === 'table' && '--fields',
    !isStream && `-o ${io.format}`,
  ];
  const clash = clashes.find((option): option is string => typeof option === 'string');
  if (follow && clash !== undefined)
    throw usageError(
      `--follow and ${clash} cannot be used together.`,
      'Events come one by one: as lines, or with -o jsonl as JSON.',
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
    ? `The platform reports no events of session ${id}: while a desktop has apps it cannot.`
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
    [...events]
      .sort(byTime)
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

/** Shows the events of sessions. */
export const runEvents: Run<EventsOptions> = async (io, deps, options) => {
  checkOptions(io, options);
  const client = await deps.client();
  const selection = await selectSessions(io, deps, options.sessions);
  if (options.follow) {
    const { followEvents } = await import('./events-follow.js');
    const outcome = await followEvents(io, deps, selection, options);
    throwIfFailed(outcome, 'follow the events of');
    return undefined;
  }
  const outcome = await attempt(selection, (ids) =>
    client.sessions.events(ids, { signal: io.signal }),
  );
  const isNothing = outcome.done.length === 0 && outcome.failed.length > 0;
  const seen = { results: outcome.done, kinds: selection.known };
  if (!isNothing) await print(io, deps, seen, options);
  throwIfFailed(outcome, 'show the events of');
  return undefined;
};
