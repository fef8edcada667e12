import type { Clock } from '@skaha/base/clock.js';
import { DeadlineReached, withDeadline } from '@skaha/base/signals.js';
import { plain } from '@skaha/terminal/output/text.js';
import { isFinished, type SessionInfo, type SkahaClient, SkahaError } from 'skaha';
import { sameStatus } from 'skaha/internal/models/status.js';

/** How to wait for one status. */
export interface WaitForStatusOptions {
  status: string;
  clock: Clock;
  timeoutMs?: number | undefined;
  intervalMs?: number | undefined;
  any?: boolean | undefined;
  onChange(session: SessionInfo): void;
  signal: AbortSignal;
}

function unreachable(session: SessionInfo, wanted: string): SkahaError {
  const now = `${plain(session.name)} (${session.id}) is ${plain(session.status)}`;
  return new SkahaError('session.failed', `${now} and will not become ${plain(wanted)}.`, {
    id: session.id,
    hint: `See why with 'skaha events ${session.id}'.`,
  });
}

/**
 * Waits until sessions have a certain status.
 *
 * @returns the sessions as last seen
 * @throws {SkahaError} session.failed when one ended in another status or was deleted,
 *   wait.timeout when time ran out
 */
export async function waitForStatus(
  client: SkahaClient,
  ids: readonly string[],
  options: WaitForStatusOptions,
): Promise<SessionInfo[]> {
  const { clock, timeoutMs, status } = options;
  const work = (signal: AbortSignal) => watchFor(client, ids, { ...options, signal });
  if (timeoutMs === undefined) return work(options.signal);
  try {
    return await withDeadline(clock, timeoutMs, options.signal, work);
  } catch (error) {
    const isLate = error instanceof SkahaError && error.cause instanceof DeadlineReached;
    if (!isLate) throw error;
    throw new SkahaError('wait.timeout', `Not every session became ${plain(status)} in time.`, {
      cause: error,
      hint: 'Wait longer with --timeout, or look at the events of the session.',
    });
  }
}

async function watchFor(
  client: SkahaClient,
  ids: readonly string[],
  { status, intervalMs, any, onChange, signal }: WaitForStatusOptions,
): Promise<SessionInfo[]> {
  const seen = new Map<string, SessionInfo>();
  const arrived = new Set<string>();
  for await (const session of client.sessions.watch(ids, { intervalMs, signal })) {
    onChange(session);
    seen.set(session.id, session);
    if (sameStatus(session.status, status)) arrived.add(session.id);
    else if (session.change === 'deleted' || isFinished(session.status))
      throw unreachable(session, status);
    if (arrived.size === (any === true ? 1 : ids.length)) break;
  }
  return [...seen.values()];
}
