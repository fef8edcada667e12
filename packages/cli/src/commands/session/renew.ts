import { type Io, note } from '@skaha/terminal/io.js';
import { render } from '@skaha/terminal/output/render.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import { relative, utc } from '@skaha/terminal/output/time.js';
import { formatDuration } from '@skaha/terminal/parse/duration.js';
import { sameStatus } from '@skaha/wire/status.js';
import type { RenewedSession } from 'skaha';
import type { OptionsOf, Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import { showOutcome } from '../../output/outcome.js';
import type { renewCommand } from './definitions.js';
import { attempt, chooseSessions, itemDocuments, type Scope, type Selection } from './select.js';

/** Only what runs can be renewed, so of a pattern only that is meant. */
const runningOnly: Scope = {
  isMeant: ({ status }) => sameStatus(status, 'Running'),
  none: 'No running session matches.',
};

async function select(
  io: Io,
  deps: Deps,
  options: OptionsOf<typeof renewCommand>,
): Promise<Selection> {
  const { sessions, whenBelow } = options;
  // For cron: what is meant by a bound on the time alone is clear.
  const all = options.all || (whenBelow !== undefined && sessions.length === 0);
  const selection = await chooseSessions(io, deps, 'renew', { ...options, all }, runningOnly);
  if (whenBelow === undefined) return selection;
  // What is not known to have enough time left stays in.
  const ids = selection.ids.filter((id) => {
    const expiry = selection.known.get(id)?.expiryTime;
    return expiry === undefined || expiry.getTime() - deps.now() < whenBelow;
  });
  const enough = selection.ids.length - ids.length;
  const bound = formatDuration(whenBelow);
  if (enough > 0) note(io, `${count(enough, 'session')} not renewed: at least ${bound} left.`);
  return { ...selection, ids };
}

function sentence({ id, name, before, after, changed }: RenewedSession, now: number): string {
  const what = `${id} (${plain(name)})`;
  if (after === undefined) return `renewed ${what}`;
  const until = `${utc(after)} (${relative(after, now)})`;
  if (!changed)
    return `no change for ${what}: expires ${until}; the platform gave it no more time than it had`;
  return `renewed ${what}: expires ${until}${before === undefined ? '' : `, was ${utc(before)}`}`;
}

export const runRenew: Run<typeof renewCommand> = async (io, deps, options) => {
  const selection = await select(io, deps, options);
  const client = await deps.client();
  const outcome = await attempt(selection, (ids) =>
    client.sessions.renew(ids, { signal: io.signal }),
  );
  const { done } = outcome;
  const renewed = new Map(done.map((session) => [session.id, session]));
  const text = (time: Date | undefined) => (time === undefined ? null : utc(time));
  await showOutcome(outcome, 'renew', () =>
    render(io, {
      data: itemDocuments('renew', selection, outcome).map((item) => {
        const { before, after, changed = false } = renewed.get(item.id) ?? {};
        return { ...item, before: text(before), after: text(after), changed };
      }),
      table: () => done.map((session) => `${sentence(session, deps.now())}\n`).join(''),
      names: () => done.map(({ id }) => id),
    }),
  );
};
