import { sameStatus } from '../../../models/status.js';
import type { RenewedSession } from '../../../session/types.js';
import type { Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import { type Io, isMachine, note } from '../../io.js';
import { render } from '../../output/render.js';
import { plain } from '../../output/text.js';
import { relative, utc } from '../../output/time.js';
import { attempt, type Selection, selectSessions, throwIfFailed } from '../../select.js';
import { usageError } from '../../usage.js';
import { itemDocuments } from './items.js';

export interface RenewOptions {
  sessions: readonly string[];
  all: boolean;
}

async function selectRunning(io: Io, deps: Deps): Promise<Selection> {
  const client = await deps.client();
  const sessions = await client.sessions.fetch({ signal: io.signal });
  const running = sessions.filter(
    ({ kind, status }) => kind !== 'desktop-app' && sameStatus(status, 'Running'),
  );
  return {
    ids: running.map(({ id }) => id),
    known: new Map(running.map((session) => [session.id, session])),
    missing: [],
  };
}

function sentence({ id, name, before, after, changed }: RenewedSession, now: number): string {
  const what = `${id} (${plain(name)})`;
  if (after === undefined) return `renewed ${what}`;
  const until = `${utc(after)} (${relative(after, now)})`;
  if (!changed) return `no change for ${what}: expires ${until}`;
  return `renewed ${what}: expires ${until}${before === undefined ? '' : `, was ${utc(before)}`}`;
}

/** Renews sessions. */
export const runRenew: Run<RenewOptions> = async (io, deps, { sessions, all }) => {
  if (all === sessions.length > 0)
    throw usageError(
      all ? '--all and SESSION cannot be used together.' : 'SESSION is missing.',
      "Name the sessions, or renew all that run with 'skaha renew --all'.",
    );
  const client = await deps.client();
  const selection = all ? await selectRunning(io, deps) : await selectSessions(io, deps, sessions);
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
  if (all && selection.ids.length === 0 && !isMachine(io.format))
    note(io, 'No session is running.');
  throwIfFailed(outcome, 'renew');
  return undefined;
};
