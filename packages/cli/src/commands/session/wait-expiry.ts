import type { Clock } from '@skaha/base/clock.js';
import { DeadlineReached, withDeadline } from '@skaha/base/signals.js';
import { plain } from '@skaha/terminal/output/text.js';
import { isFinished, type SessionInfo, type SkahaClient, SkahaError } from 'skaha';

/** How to wait for the end of lifetimes. */
export interface WaitForExpiryOptions {
  clock: Clock;
  timeoutMs?: number | undefined;
  intervalMs?: number | undefined;
  any?: boolean | undefined;
  onChange(session: SessionInfo): void;
  signal: AbortSignal;
}

const isExpired = ({ expiryTime }: SessionInfo, now: number): boolean =>
  expiryTime !== undefined && expiryTime.getTime() <= now;

function early(session: SessionInfo, what: string): SkahaError {
  const { id, name } = session;
  return new SkahaError(
    'session.failed',
    `${plain(name)} (${id}) ${what} before its lifetime was over.`,
    { id, hint: `See why with 'skaha events ${id}'.` },
  );
}

/**
 * Waits until the lifetime of sessions is over.
 *
 * @returns the sessions as last seen
 * @throws {SkahaError} session.failed when one ended or was deleted before, wait.timeout
 */
export async function waitForExpiry(
  client: SkahaClient,
  ids: readonly string[],
  options: WaitForExpiryOptions,
): Promise<SessionInfo[]> {
  const { clock, timeoutMs } = options;
  const work = (signal: AbortSignal) => lookUntilExpired(client, ids, { ...options, signal });
  if (timeoutMs === undefined) return work(options.signal);
  try {
    return await withDeadline(clock, timeoutMs, options.signal, work);
  } catch (error) {
    const isLate =
      error instanceof DeadlineReached ||
      (error instanceof SkahaError && error.cause instanceof DeadlineReached);
    if (!isLate) throw error;
    throw new SkahaError('wait.timeout', 'Not every lifetime was over in time.', {
      cause: error,
      hint: "Wait longer with --timeout; 'skaha info' tells when sessions expire.",
    });
  }
}

async function lookUntilExpired(
  client: SkahaClient,
  ids: readonly string[],
  { clock, intervalMs = 2000, any, onChange, signal }: WaitForExpiryOptions,
): Promise<SessionInfo[]> {
  const seen = new Map<string, SessionInfo>();
  const arrived = new Set<string>();
  for (;;) {
    const listed = new Map(
      (await client.sessions.fetch({ signal })).map((session) => [session.id, session]),
    );
    for (const id of ids.filter((one) => !arrived.has(one))) {
      const session = listed.get(id);
      const before = seen.get(id);
      // A platform deletes what has expired: gone in time is expired, too.
      if (isExpired(session ?? before ?? missing(id), clock.now())) arrived.add(id);
      else if (session === undefined) throw early(before ?? missing(id), 'was deleted');
      else if (isFinished(session.status)) throw early(session, `ended as ${session.status}`);
      if (session !== undefined) {
        onChange(session);
        seen.set(id, session);
      }
    }
    if (arrived.size >= (any === true ? Math.min(1, ids.length) : ids.length))
      return [...seen.values()];
    await clock.sleep(intervalMs, signal);
  }
}

/** Nothing is known of it: neither that it exists nor when it would have expired. */
function missing(id: string): never {
  throw new SkahaError('session.not_found', `There is no session ${id}.`, {
    id,
    hint: "See your sessions with 'skaha ps --all'.",
  });
}
