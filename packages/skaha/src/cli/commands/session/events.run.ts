import type { SessionEvent } from '../../../models/events.js';
import type { SessionEvents } from '../../../session/types.js';
import type { Run } from '../../command.js';
import { type Io, isMachine, note } from '../../io.js';
import { render } from '../../output/render.js';
import { type Column, table } from '../../output/table.js';
import { relative, utc } from '../../output/time.js';
import { attempt, selectSessions, throwIfFailed } from '../../select.js';

export interface EventsOptions {
  sessions: readonly string[];
}

const last = (event: SessionEvent): number =>
  (event.lastTime ?? event.firstTime)?.getTime() ?? Number.NEGATIVE_INFINITY;
const first = (event: SessionEvent): number =>
  event.firstTime?.getTime() ?? Number.NEGATIVE_INFINITY;

function byTime(left: SessionEvent, right: SessionEvent): number {
  const [a, b] =
    last(left) === last(right) ? [first(left), first(right)] : [last(left), last(right)];
  return a === b ? 0 : a - b;
}

function columns(now: number): Column<SessionEvent>[] {
  const age = (value: Date | undefined) => (value === undefined ? '-' : relative(value, now));
  return [
    {
      header: 'TYPE',
      value: (event) => event.type,
      ink: (event) => (event.type === 'Warning' ? 'yellow' : undefined),
    },
    { header: 'REASON', value: (event) => event.reason },
    { header: 'FIRST SEEN', value: (event) => age(event.firstTime) },
    { header: 'LAST SEEN', value: (event) => age(event.lastTime) },
    // Last and never shortened: the message is what the user came for.
    { header: 'MESSAGE', value: (event) => event.message },
  ];
}

const document = (id: string) => (event: SessionEvent) => ({
  id,
  type: event.type,
  reason: event.reason,
  message: event.message,
  firstTime: event.firstTime === undefined ? null : utc(event.firstTime),
  lastTime: event.lastTime === undefined ? null : utc(event.lastTime),
});

function show(io: Io, now: number, { id, events, raw }: SessionEvents): string {
  if (events.length > 0) return table(io, columns(now), [...events].sort(byTime));
  const text = raw.trim();
  if (text !== '' && text !== '<none>') return `${text}\n`;
  note(io, `No events for session ${id}.`);
  return '';
}

/** Shows the events of sessions. */
export const runEvents: Run<EventsOptions> = async (io, deps, { sessions }) => {
  const client = await deps.client();
  const selection = await selectSessions(io, deps, sessions);
  const outcome = await attempt(selection, (ids) =>
    client.sessions.events(ids, { signal: io.signal }),
  );
  if (isMachine(io.format)) {
    const data = outcome.done.flatMap(({ id, events }) =>
      [...events].sort(byTime).map(document(id)),
    );
    const isEmpty = outcome.done.length === 0 && outcome.failed.length > 0;
    if (!isEmpty) await render(io, { data, table: () => '' });
  } else {
    const heads = outcome.done.length > 1;
    for (const result of outcome.done) {
      if (heads) note(io, `Events of session ${result.id}:`);
      io.out(show(io, deps.now(), result));
    }
  }
  throwIfFailed(outcome, 'show the events of');
  return undefined;
};
