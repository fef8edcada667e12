import type { SessionInfo } from '../models/session.js';

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
