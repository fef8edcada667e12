import { utc } from '@skaha/terminal/output/time.js';
import {
  endOf,
  isFailed,
  isFinished,
  PartialError,
  type SessionEvents,
  type SessionInfo,
} from 'skaha';
import type { EndRecord, LaunchLog } from 'skaha/history';
import type { Deps } from '../../environment/deps.js';

/** Events are asked for of at most this many sessions: a platform may take a moment for each. */
const mostAsked = 50;

const textOf = (time: Date | undefined): string | null => (time === undefined ? null : utc(time));

/** The launches recorded on this machine; undefined if the record cannot be read or written. */
const logOf = (deps: Deps): Promise<LaunchLog | undefined> =>
  deps.launches().catch(() => undefined);

/** Records ends; that they cannot be is no failure of what the user asked for. */
async function record(deps: Deps, ends: readonly EndRecord[]): Promise<void> {
  if (ends.length === 0) return;
  await (await logOf(deps))?.addEnds(ends).catch(() => undefined);
}

const startOf = ({ startTime }: SessionInfo): number => startTime?.getTime() ?? 0;

/**
 * Finds out how those of some sessions ended that are over. What was seen once is recorded on this
 * machine, so that it is known without the platform, and when that has forgotten it.
 *
 * @param sessions - as they were listed; those that go on are left out
 * @param witnessed - whether they ended just now, while somebody waited for it
 * @returns by id; the fifty that started last, and all that are known already; of more than fifty
 *   that ended just now, of those that failed
 */
export async function endingsOf(
  deps: Deps,
  sessions: readonly SessionInfo[],
  { signal, witnessed = false }: { signal: AbortSignal; witnessed?: boolean },
): Promise<Map<string, EndRecord>> {
  const ends = new Map<string, EndRecord>();
  // An app has the id of its desktop, and so no end of its own that could be asked for.
  const over = sessions.filter(({ status, kind }) => isFinished(status) && kind !== 'desktop-app');
  if (over.length === 0) return ends;
  const recorded = await (await logOf(deps))?.ends().catch(() => undefined);
  for (const { id } of over) {
    const end = recorded?.get(id);
    if (end !== undefined) ends.set(id, end);
  }
  // Of very many that were waited for, it is the failed ones that somebody will ask about.
  const failedOnly = witnessed && over.length > mostAsked;
  const asked = over
    .filter(({ id, status }) => !ends.has(id) && (!failedOnly || isFailed(status)))
    .sort((left, right) => startOf(right) - startOf(left))
    .slice(0, mostAsked);
  const askedIds = asked.map(({ id }) => id);
  const client = await deps.client();
  const found = await client.sessions.events(askedIds, { signal }).catch((error: unknown) => {
    signal.throwIfAborted();
    // What cannot be read, or is not there any more, is left out.
    return error instanceof PartialError ? (error.done as SessionEvents[]) : [];
  });
  const now = witnessed ? new Date(deps.now()) : undefined;
  const records: EndRecord[] = [];
  for (const session of asked) {
    const { id, status } = session;
    const events = found.find((one) => one.id === id)?.events;
    if (events === undefined && now === undefined) continue;
    const { at = now, exitStatus = null, reason = null } = endOf(events ?? []);
    const startTime = textOf(session.startTime);
    records.push({ id, status, startTime, endTime: textOf(at), exitStatus, reason });
  }
  for (const end of records) ends.set(end.id, end);
  await record(deps, records);
  return ends;
}

/** Records that sessions were deleted, which is the end of those that had none. */
export async function keepDeleted(
  deps: Deps,
  sessions: readonly { id: string; startTime?: Date | undefined }[],
): Promise<void> {
  const endTime = utc(new Date(deps.now()));
  const ends = sessions.map(({ id, startTime }) => ({
    id,
    status: 'Deleted',
    startTime: textOf(startTime),
    endTime,
    exitStatus: null,
    reason: null,
  }));
  await record(deps, ends);
}
