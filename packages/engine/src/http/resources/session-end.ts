import type { Reply } from '@skaha/service/reply.js';
import { withHeaders } from '@skaha/service/reply.js';
import { waitIn } from '@skaha/wire/waiting.js';
import type { SessionsView } from '../../orchestration/sessions-view.js';
import { isFinished } from '../../sessions/record.js';
import type { Call } from '../site.js';

/** The longest time that a reply waits for the end of its session, in seconds. */
export const longestWait = 5;

/** The callers that wait for the end of a session, for each platform. */
const waitersByPlatform = new WeakMap<SessionsView, Map<string, Set<() => void>>>();

function waitersOf(sessions: SessionsView): Map<string, Set<() => void>> {
  const known = waitersByPlatform.get(sessions);
  if (known !== undefined) return known;
  const byKey = new Map<string, Set<() => void>>();
  sessions.watch((before, after) => {
    const key = before?.key ?? after?.key ?? '';
    const waiters = byKey.size === 0 ? undefined : byKey.get(key);
    if (waiters === undefined || (after !== undefined && !isFinished(after.life))) return;
    for (const end of waiters) end();
  });
  waitersByPlatform.set(sessions, byKey);
  return byKey;
}

/** Resolves when the session has ended, the caller has gone, or the time is up. */
async function untilEnd({ site, request }: Call, key: string, seconds: number): Promise<void> {
  const { sessions } = site.orchestrator;
  const waiters = waitersOf(sessions);
  const own = waiters.get(key) ?? new Set();
  waiters.set(key, own);
  const over = new AbortController();
  const end = () => over.abort();
  own.add(end);
  request.socket.once('close', end);
  try {
    await site.clock.sleep(seconds * 1000, over.signal);
  } catch {
    // The session has ended.
  } finally {
    request.socket.removeListener('close', end);
    own.delete(end);
    if (own.size === 0) waiters.delete(key);
  }
}

/**
 * Our own addition, which the real server ignores: a caller who waits for the end of a session may
 * ask for a delayed reply (`Prefer: wait=SECONDS`, RFC 7240) instead of polling. All replies
 * announce this (`Accept-Wait`).
 */
export async function whenEnded(call: Call, key: string, present: () => Reply): Promise<Reply> {
  const asked = waitIn(call.request.headers['prefer']?.toString());
  if (asked === undefined) return present();
  const seconds = Math.min(longestWait, asked);
  const record = call.site.orchestrator.sessions.visible(key);
  if (record !== undefined && !isFinished(record.life)) await untilEnd(call, key, seconds);
  return withHeaders(present(), { 'preference-applied': `wait=${seconds}` });
}
