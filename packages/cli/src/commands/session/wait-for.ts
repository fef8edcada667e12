import type { Io } from '@skaha/terminal/io.js';
import { progressMode } from '@skaha/terminal/output/progress-option.js';
import { createSteps } from '@skaha/terminal/output/steps.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import { usageError } from '@skaha/terminal/usage.js';
import { isFinished, isSkahaError, type SessionInfo, SkahaError, type WaitOptions } from 'skaha';
import { sameStatus } from 'skaha/internal/models/status.js';
import type { Deps } from '../../deps.js';
import { waitForExpiry } from './wait-expiry.js';
import { waitForStatus } from './wait-status.js';
import { WaitingTeller, withCause } from './waiting.js';

/** What to wait for: what the library knows, the end of the lifetime, or any one status. */
export type Goal = { until: WaitOptions['until'] } | { until: 'expired' } | { status: string };

const goals: Readonly<Record<string, Extract<Goal, { until: unknown }>['until']>> = {
  running: 'running',
  ready: 'running',
  finished: 'finished',
  deleted: 'deleted',
  expired: 'expired',
};

/**
 * Reads the value of `--for`.
 *
 * @throws {SkahaError} command.usage naming the valid values
 */
export function parseGoal(text: string): Goal {
  const until = Object.hasOwn(goals, text.toLowerCase()) ? goals[text.toLowerCase()] : undefined;
  if (until !== undefined) return { until };
  const status = /^status=(.+)$/i.exec(text)?.[1];
  if (status !== undefined) return { status };
  throw usageError(
    `'${text}' is not something to wait for.`,
    'Valid values: running (or ready), finished, deleted, expired, status=STATUS.',
  );
}

const isThere = (goal: Goal, { status }: SessionInfo): boolean => {
  if ('status' in goal) return sameStatus(status, goal.status);
  if (goal.until === 'running') return isFinished(status) || sameStatus(status, 'Running');
  return goal.until === 'finished' && isFinished(status);
};

const fewSessions = 8;

/** Tells changes: each on its own line, or as one line of counts when there are many sessions. */
function createTeller(io: Io, deps: Deps, total: number, request: WaitRequest) {
  const mode = progressMode(request.progress ?? 'auto');
  const now = () => deps.now();
  const steps = createSteps(io, { mode, now, fewItems: fewSessions, tellsAll: true });
  const statuses = new Map<string, string>();
  const arrived = new Set<string>();
  const waiting = new WaitingTeller(deps, {
    ids: () => [...statuses].flatMap(([id, status]) => (sameStatus(status, 'Pending') ? [id] : [])),
    tell: (what) =>
      steps.step({
        ...{ event: 'wait', ...what, summary: summary(), done: arrived.size, total },
        isTrouble: true,
      }),
    signal: io.signal,
  });
  const summary = () => {
    const sums = new Map<string, number>();
    for (const status of statuses.values()) sums.set(status, (sums.get(status) ?? 0) + 1);
    return [...sums].map(([status, sum]) => `${sum} ${status}`).join(', ');
  };
  return {
    tell: (session: SessionInfo) => {
      const { id, name, status } = session;
      const phase = plain(status);
      if (statuses.get(id) === phase) return;
      statuses.set(id, phase);
      if (isThere(request, session)) arrived.add(id);
      const text = `${plain(name)} (${id}): ${phase}`;
      const facts = { event: 'wait', id, phase, text, summary: summary() };
      steps.step({ ...facts, done: arrived.size, total });
      if (sameStatus(status, 'Pending')) waiting.begin();
    },
    end: async () => {
      await waiting.end();
      steps.end();
    },
  };
}

/** How long to wait, and for what. */
export type WaitRequest = Goal & {
  timeoutMs?: number | undefined;
  intervalMs?: number | undefined;
  any?: boolean | undefined;
  /** How to tell changes. @defaultValue `auto` */
  progress?: string | undefined;
};

/**
 * Waits, and tells changes on standard error.
 *
 * @returns the sessions as last seen
 * @throws {SkahaError} session.failed when one failed, wait.timeout when time ran out
 */
export async function waitForAll(
  io: Io,
  deps: Deps,
  ids: readonly string[],
  request: WaitRequest,
): Promise<readonly SessionInfo[]> {
  const client = await deps.client();
  const teller = createTeller(io, deps, ids.length, request);
  const { timeoutMs, intervalMs, any } = request;
  const common = { timeoutMs, intervalMs, any, signal: io.signal, onChange: teller.tell };
  try {
    if ('status' in request) {
      const { status } = request;
      return await waitForStatus(client, ids, { ...common, status, clock: deps.clock });
    }
    const { until } = request;
    if (until === 'expired')
      return await waitForExpiry(client, ids, { ...common, clock: deps.clock });
    return await client.sessions.wait(ids, { ...common, until });
  } catch (error) {
    await teller.end();
    throw isSkahaError(error) ? await withCause(client, error, io.signal) : error;
  } finally {
    await teller.end();
  }
}

/** The error for sessions that ended badly, with what the events of the first say about it. */
export async function failedSessions(
  io: Io,
  deps: Deps,
  sessions: readonly { id: string; name: string }[],
  total: number,
): Promise<SkahaError> {
  const [first] = sessions;
  const names = sessions.slice(0, 5).map(({ id, name }) => `${plain(name)} (${id})`);
  const list = sessions.length > 5 ? [...names, `${sessions.length - 5} more`] : names;
  const message =
    total === 1
      ? `The session ${names[0]} failed.`
      : `${sessions.length} of ${count(total, 'session')} failed: ${list.join(', ')}.`;
  const look = `See why with 'skaha logs ${first?.id}' and 'skaha events ${first?.id}'.`;
  const error = new SkahaError('session.failed', message, { hint: look, id: first?.id });
  return withCause(await deps.client(), error, io.signal);
}
