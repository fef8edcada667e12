import { linkSignals } from '@skaha/base/signals.js';
import type { Io } from '@skaha/terminal/io.js';
import { utc } from '@skaha/terminal/output/time.js';
import { isFinished, type SessionInfo } from 'skaha';
import type { Deps } from '../../deps.js';
import { endingsOf } from '../session/endings.js';
import type { EndRecord, LaunchRecord } from './history.js';

/** What became of a session, as far as this machine knows; null where it does not. */
export interface SessionOutcome {
  status: string | null;
  startTime: string | null;
  endTime: string | null;
  durationSeconds: number | null;
  exitStatus: number | null;
  reason: string | null;
}

/** Of what nobody has seen the end, and the platform has forgotten. */
export const unknownOutcome: SessionOutcome = {
  ...{ status: null, startTime: null, endTime: null, durationSeconds: null },
  ...{ exitStatus: null, reason: null },
};

/** A list that does not come is not waited for: what is written down is there at once. */
const patienceMs = 5_000;

function outcomeOf({ id: _, ...end }: EndRecord): SessionOutcome {
  const { startTime, endTime } = end;
  const isWhole = startTime !== null && endTime !== null;
  const taken = isWhole ? (Date.parse(endTime) - Date.parse(startTime)) / 1000 : undefined;
  return { ...end, durationSeconds: taken === undefined ? null : Math.max(0, Math.round(taken)) };
}

const going = ({ status, startTime }: SessionInfo): SessionOutcome => ({
  ...unknownOutcome,
  status,
  startTime: startTime === undefined ? null : utc(startTime),
});

/** Those of some sessions that the platform still lists; none where it cannot be asked. */
async function listed(
  io: Io,
  deps: Deps,
  records: readonly LaunchRecord[],
  isOpen: (id: string) => boolean,
): Promise<readonly SessionInfo[]> {
  const patience = AbortSignal.timeout(patienceMs);
  const { signal, release } = linkSignals(io.signal, patience);
  try {
    const client = await deps.client();
    const { root } = await client.connection();
    const here = records.filter(({ server }) => server === root);
    const open = new Set(
      here.flatMap(({ sessions }) => sessions.map(({ id }) => id)).filter(isOpen),
    );
    if (open.size === 0) return [];
    const sessions = (await client.sessions.fetch({ signal })).filter(({ id }) => open.has(id));
    await endingsOf(deps, client, sessions, { signal });
    return sessions;
  } catch (error) {
    if (io.signal.aborted) throw error;
    return [];
  } finally {
    release();
  }
}

/**
 * Tells what became of the sessions of launches: what was written down when it was seen, and of the
 * others what the platform that is meant still says.
 */
export async function outcomesOf(
  io: Io,
  deps: Deps,
  records: readonly LaunchRecord[],
): Promise<ReadonlyMap<string, SessionOutcome>> {
  const log = await deps.launches();
  const known = await log.ends().catch(() => new Map<string, EndRecord>());
  const ids = records.flatMap(({ sessions }) => sessions.map(({ id }) => id));
  const isOpen = (id: string) => !known.has(id);
  const seen = ids.some(isOpen) ? await listed(io, deps, records, isOpen) : [];
  const news = seen.some(({ status }) => isFinished(status))
    ? await log.ends().catch(() => known)
    : known;
  const outcomes = new Map<string, SessionOutcome>();
  for (const session of seen) outcomes.set(session.id, going(session));
  for (const id of ids) {
    const end = news.get(id);
    if (end !== undefined) outcomes.set(id, outcomeOf(end));
  }
  return outcomes;
}
