import { type Io, note } from '@skaha/terminal/io.js';
import { render } from '@skaha/terminal/output/render.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import { about, relative, utc } from '@skaha/terminal/output/time.js';
import type { RenewedSession } from 'skaha';
import { sameStatus } from 'skaha/internal/models/status.js';
import type { Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import { attempt, type Selection, selectSessions, throwIfFailed } from '../../select.js';
import { checkFiltered, type FilterOptions, isFiltered, selectFiltered } from './filtered.js';
import { itemDocuments } from './items.js';

export interface RenewOptions extends Omit<FilterOptions, 'status'> {
  sessions: readonly string[];
  whenBelow?: number | undefined;
}

/** Only what runs can be renewed, so only that is chosen. */
const selectRunning = (io: Io, deps: Deps, options: RenewOptions): Promise<Selection> =>
  selectFiltered(io, deps, { ...options, status: 'Running' });

/** Leaves out sessions that have more time left; what is not known to have it stays in. */
function withLittleLeft(
  io: Io,
  selection: Selection,
  { now, whenBelow }: { now: number; whenBelow: number | undefined },
): Selection {
  if (whenBelow === undefined) return selection;
  const hasEnough = (id: string): boolean => {
    const expiry = selection.known.get(id)?.expiryTime;
    return expiry !== undefined && expiry.getTime() - now >= whenBelow;
  };
  const ids = selection.ids.filter((id) => !hasEnough(id));
  const enough = selection.ids.length - ids.length;
  if (enough > 0)
    note(io, `${count(enough, 'session')} left alone: at least ${about(whenBelow)} left.`);
  return { ...selection, ids };
}

async function select(io: Io, deps: Deps, options: RenewOptions): Promise<Selection> {
  const { sessions, whenBelow } = options;
  // For cron: what is meant by a bound on the time alone is clear.
  const isAll = options.all || (whenBelow !== undefined && sessions.length === 0);
  const chosen = { ...options, all: isAll };
  checkFiltered('renew', sessions, chosen);
  const selection = isFiltered(chosen)
    ? await selectRunning(io, deps, chosen)
    : await selectSessions(io, deps, sessions, ({ status }) => sameStatus(status, 'Running'));
  if (selection.ids.length + selection.missing.length === 0) note(io, 'No session that runs fits.');
  return withLittleLeft(io, selection, { now: deps.now(), whenBelow });
}

function sentence({ id, name, before, after, changed }: RenewedSession, now: number): string {
  const what = `${id} (${plain(name)})`;
  if (after === undefined) return `renewed ${what}`;
  const until = `${utc(after)} (${relative(after, now)})`;
  if (!changed) return `no change for ${what}: expires ${until}`;
  return `renewed ${what}: expires ${until}${before === undefined ? '' : `, was ${utc(before)}`}`;
}

/** Renews sessions. */
export const runRenew: Run<RenewOptions> = async (io, deps, options) => {
  const selection = await select(io, deps, options);
  const client = await deps.client();
  const outcome = await attempt(selection, (ids) =>
    client.sessions.renew(ids, { signal: io.signal }),
  );
  const renewed = new Map(outcome.done.map((session) => [session.id, session]));
  const text = (time: Date | undefined) => (time === undefined ? null : utc(time));
  if (outcome.done.length > 0 || outcome.failed.length === 0) {
    await render(io, {
      data: itemDocuments('renew', selection, outcome).map((item) => ({
        ...item,
        before: text(renewed.get(item.id)?.before),
        after: text(renewed.get(item.id)?.after),
        changed: renewed.get(item.id)?.changed ?? false,
      })),
      table: () => outcome.done.map((session) => `${sentence(session, deps.now())}\n`).join(''),
      names: () => outcome.done.map(({ id }) => id),
    });
  }
  throwIfFailed(outcome, 'renew');
  return undefined;
};
