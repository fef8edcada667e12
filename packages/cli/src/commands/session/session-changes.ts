import type { SessionInfo } from 'skaha';
import { hasChanged, type Snapshot, snapshot } from 'skaha/internal/session/snapshot.js';
import { sessionDocument } from './session-view.js';

/** What happened to a session since the last look, for programs. */
export interface SessionChangeDocument {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  object: Record<string, unknown>;
}

/**
 * Compares looks at a list. Once it was shown, a session is followed to its end, also when it no
 * longer fits what was asked for: a program that watches what runs must learn how it ended.
 *
 * @returns a function that takes the whole list and those of it that are to be shown
 */
export function sessionChanges(): (
  listed: readonly SessionInfo[],
  shown: ReadonlySet<SessionInfo>,
) => SessionChangeDocument[] {
  let followed: Snapshot = new Map();
  return (listed, shown) => {
    const changes: SessionChangeDocument[] = [];
    const now = snapshot(listed);
    const next = new Map<string, SessionInfo>();
    for (const [id, session] of now) {
      const before = followed.get(id);
      if (before === undefined && !shown.has(session)) continue;
      next.set(id, session);
      if (before === undefined) changes.push({ type: 'ADDED', object: sessionDocument(session) });
      else if (hasChanged(before, session))
        changes.push({ type: 'MODIFIED', object: sessionDocument(session) });
    }
    for (const [id, session] of followed)
      if (!now.has(id)) changes.push({ type: 'DELETED', object: sessionDocument(session) });
    followed = next;
    return changes;
  };
}
