import type { SessionInfo } from '../models/session.js';
import type { SessionChange } from './types.js';

/** The state of some sessions at one moment, by id. */
export type Snapshot = ReadonlyMap<string, SessionInfo>;

/**
 * Indexes a list of sessions by id.
 *
 * @param sessions - as listed
 * @param ids - only these; all if omitted
 * @example
 * ```ts
 * import { SkahaClient, snapshot } from 'skaha';
 *
 * await using skaha = new SkahaClient();
 * console.log(snapshot(await skaha.sessions.fetch()).size);
 * ```
 */
export function snapshot(sessions: readonly SessionInfo[], ids?: readonly string[]): Snapshot {
  const wanted = ids === undefined ? undefined : new Set(ids);
  const found = new Map<string, SessionInfo>();
  for (const session of sessions) {
    if (session.id === '' || wanted?.has(session.id) === false) continue;
    // Servers before 1.1.5 list desktop apps too, under the id of their desktop.
    if (session.appId !== undefined && found.has(session.id)) continue;
    found.set(session.id, session);
  }
  return found;
}

/**
 * Tests whether anything that a user would notice has changed. The use of resources does not count,
 * because it changes all the time.
 *
 * @param before - the earlier state
 * @param after - the later state
 * @example
 * ```ts
 * import { hasChanged, SkahaClient, snapshot } from 'skaha';
 *
 * await using skaha = new SkahaClient();
 * const before = snapshot(await skaha.sessions.fetch());
 * for (const session of await skaha.sessions.fetch()) {
 *   const earlier = before.get(session.id);
 *   if (earlier !== undefined && hasChanged(earlier, session)) console.log(session.name);
 * }
 * ```
 */
export function hasChanged(before: SessionInfo, after: SessionInfo): boolean {
  return (
    before.status !== after.status ||
    before.connectUrl !== after.connectUrl ||
    before.startTime?.getTime() !== after.startTime?.getTime() ||
    before.expiryTime?.getTime() !== after.expiryTime?.getTime()
  );
}

/**
 * Lists what happened between two moments: what was added, what has changed in a way that a user
 * would notice, and what is gone.
 *
 * @param before - the earlier state
 * @param after - the later state
 * @returns the sessions as they are, or those that are gone as they were
 * @example
 * ```ts
 * import { changesBetween, SkahaClient, snapshot } from 'skaha';
 *
 * await using skaha = new SkahaClient();
 * const before = snapshot(await skaha.sessions.fetch());
 * const after = snapshot(await skaha.sessions.fetch());
 * for (const { name, change } of changesBetween(before, after)) console.log(name, change);
 * ```
 */
export function changesBetween(before: Snapshot, after: Snapshot): SessionChange[] {
  const changes: SessionChange[] = [];
  for (const [id, session] of after) {
    const old = before.get(id);
    if (old === undefined) changes.push({ ...session, change: 'added' });
    else if (hasChanged(old, session)) changes.push({ ...session, change: 'modified' });
  }
  for (const [id, session] of before)
    if (!after.has(id)) changes.push({ ...session, change: 'deleted' });
  return changes;
}
