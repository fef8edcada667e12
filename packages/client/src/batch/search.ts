import type { SessionInfo } from '../models/session.js';
import type { SessionList } from './listing.js';
import type { TrackedItem } from './state.js';

/** How long a search goes on, and what it may conclude. */
export interface SearchLimits {
  /** How long a launch may still turn into a session. */
  settleMs: number;
  /** How long a finished session is listed at least. */
  keepMs: number;
}

/** What one list of sessions says about a launch whose answer is not known. */
export type SearchResult =
  | { result: 'absent' }
  | { result: 'found'; id: string }
  | { result: 'open' }
  | { result: 'unknown'; ids: readonly string[] };

/** What the sessions of a batch have in common, for recognising them. */
export interface Likeness {
  image: string;
  kind: string;
  /** Sessions that are known as other items, or taken by other calls of this client. */
  taken: (id: string) => boolean;
}

/** A session may have been started by a machine whose clock is slow by this much. */
const skewMs = 300_000;

/**
 * Looks for the session of a launch whose answer is not known. Names are not unique on the
 * platform: what bore the name before the launch, or is plainly something else, does not count.
 *
 * @param item - unanswered
 * @param seen - the sessions that exist
 * @param likeness - what its session must look like
 * @param limits - until when it may still appear, and how long it can be seen
 */
export function searchLaunch(
  item: TrackedItem,
  { at, sessions }: SessionList,
  likeness: Likeness,
  { settleMs, keepMs }: SearchLimits,
): SearchResult {
  const candidates = sessions.filter((session) => isLike(session, item, likeness));
  const [only, ...others] = candidates;
  if (only !== undefined) {
    return others.length === 0
      ? { result: 'found', id: only.id }
      : { result: 'unknown', ids: candidates.map(({ id }) => id) };
  }
  const age = at - (item.sentAt ?? at);
  if (age < settleMs) return { result: 'open' };
  return age > keepMs ? { result: 'unknown', ids: [] } : { result: 'absent' };
}

function isLike(session: SessionInfo, item: TrackedItem, likeness: Likeness): boolean {
  const { id, name, kind, image, startTime } = session;
  if (name.toLowerCase() !== item.name.toLowerCase() || id === '') return false;
  if (item.old.has(id) || likeness.taken(id)) return false;
  if (kind !== '' && kind !== likeness.kind) return false;
  if (image !== undefined && image !== likeness.image) return false;
  return startTime === undefined || startTime.getTime() >= (item.sentAt ?? 0) - skewMs;
}

const shortestSettle = 10_000;
const longestSettle = 180_000;

/**
 * How long a launch without an answer may still turn into a session: slow platforms take more
 * than a minute for a launch (Skaha API 2.3).
 *
 * @param slowestLaunchMs - longest launch seen in this batch
 */
export const settleTime = (slowestLaunchMs: number | undefined): number =>
  slowestLaunchMs === undefined
    ? longestSettle
    : Math.min(longestSettle, Math.max(shortestSettle, 3 * slowestLaunchMs));
