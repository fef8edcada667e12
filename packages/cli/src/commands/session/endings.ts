import { utc } from '@skaha/terminal/output/time.js';
import {
  isFailed,
  isFinished,
  reasonOf,
  type SessionEvent,
  type SessionInfo,
  type SkahaClient,
} from 'skaha';
import type { EndRecord, LaunchLog } from 'skaha/history';
import type { Deps } from '../../deps.js';

/** How a session ended, as far as that is known. */
export interface Ending {
  at?: Date | undefined;
  exitStatus?: number | undefined;
  reason?: string | undefined;
}

/** Asked about at once: a platform may take a moment for each. */
const mostAsked = 50;

const ofTheEnd = new Set([
  ...['Completed', 'DeadlineExceeded', 'Evicted', 'Failed', 'Killing', 'OOMKilled', 'Preempted'],
]);

/** A cluster says `Failed` of a pull as well, which is tried again. */
const tellsEnd = ({ reason, message }: SessionEvent): boolean =>
  ofTheEnd.has(reason) && !/\bpull|^Error: /i.test(message);

function endingOf(events: readonly SessionEvent[]): Ending {
  const times = events
    .filter(tellsEnd)
    .flatMap(({ firstTime, lastTime }) => (lastTime ?? firstTime)?.getTime() ?? []);
  const why = reasonOf(events);
  return {
    at: times.length === 0 ? undefined : new Date(Math.max(...times)),
    exitStatus: why?.exitStatus,
    reason: why?.type === 'Warning' ? why.message : undefined,
  };
}

/** The end as it is written down, read again. */
export const endingIn = ({ endTime, exitStatus, reason }: EndRecord): Ending => ({
  at: endTime === null ? undefined : new Date(endTime),
  exitStatus: exitStatus ?? undefined,
  reason: reason ?? undefined,
});

const recordOf = ({ id, status, startTime }: SessionInfo, ending: Ending): EndRecord => ({
  ...{ id, status, startTime: startTime === undefined ? null : utc(startTime) },
  endTime: ending.at === undefined ? null : utc(ending.at),
  exitStatus: ending.exitStatus ?? null,
  reason: ending.reason ?? null,
});

/** The events of each; where there are none any more, nothing is known. */
async function ask(
  client: SkahaClient,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly SessionEvent[]>> {
  const told = new Map<string, readonly SessionEvent[]>();
  const one = async (id: string) => {
    const [found] = await client.sessions.events([id], { signal });
    if (found !== undefined) told.set(id, found.events);
  };
  await Promise.allSettled(ids.map(one));
  signal.throwIfAborted();
  return told;
}

const isBad = ({ status }: SessionInfo): boolean => isFailed(status);

/** The launches recorded on this machine; undefined if the record cannot be read or written. */
const logOf = (deps: Deps): Promise<LaunchLog | undefined> =>
  deps.launches().catch(() => undefined);

/**
 * Tells how those of some sessions ended that are over. What was seen once is written down, so that
 * it is known without the platform, and when that has forgotten it.
 *
 * @param sessions - as they were listed; those that go on are left out
 * @param witnessed - whether they ended just now, while somebody waited for it
 * @returns by id; the fifty that started last, and all that are known already; of more than fifty
 *   that ended just now, of those that failed
 */
export async function endingsOf(
  deps: Deps,
  client: SkahaClient,
  sessions: readonly SessionInfo[],
  { signal, witnessed = false }: { signal: AbortSignal; witnessed?: boolean },
): Promise<Map<string, Ending>> {
  // An app has the id of its desktop, and so no end of its own that could be asked for.
  const over = sessions.filter(({ status, kind }) => isFinished(status) && kind !== 'desktop-app');
  if (over.length === 0) return new Map();
  const log = await logOf(deps);
  const known = (await log?.ends().catch(() => undefined)) ?? new Map<string, EndRecord>();
  const started = ({ startTime }: SessionInfo) => startTime?.getTime() ?? 0;
  // Of very many that were waited for, it is the failed ones that somebody will ask about.
  const matter = witnessed && over.length > mostAsked ? over.filter(isBad) : over;
  const open = matter
    .filter(({ id }) => !known.has(id))
    .sort((left, right) => started(right) - started(left))
    .slice(0, mostAsked);
  const told = await ask(
    client,
    open.map(({ id }) => id),
    signal,
  );
  const endings = new Map<string, Ending>();
  for (const { id } of over) {
    const record = known.get(id);
    if (record !== undefined) endings.set(id, endingIn(record));
  }
  const now = witnessed ? new Date(deps.now()) : undefined;
  const seen = open.flatMap((session) => {
    const events = told.get(session.id);
    if (events === undefined && now === undefined) return [];
    const ending = endingOf(events ?? []);
    const whole = { ...ending, at: ending.at ?? now };
    endings.set(session.id, whole);
    return [recordOf(session, whole)];
  });
  if (seen.length > 0) await log?.addEnds(seen).catch(() => undefined);
  return endings;
}

/** Writes down that sessions were deleted, which is the end of those that had none. */
export async function keepDeleted(
  deps: Deps,
  sessions: readonly { id: string; startTime?: Date | undefined }[],
): Promise<void> {
  if (sessions.length === 0) return;
  const endTime = utc(new Date(deps.now()));
  const more = { status: 'Deleted', endTime, exitStatus: null, reason: null };
  const ends = sessions.map(({ id, startTime }) => ({
    ...{ id, startTime: startTime === undefined ? null : utc(startTime) },
    ...more,
  }));
  await logOf(deps)
    .then((log) => log?.addEnds(ends))
    .catch(() => undefined);
}
