import { SkahaError } from '../../../errors/index.js';
import type { SessionInfo } from '../../../models/session.js';
import { isFailed } from '../../../models/status.js';
import type { WaitOptions } from '../../../session/types.js';
import type { Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import { type Io, note } from '../../io.js';
import { createProgress } from '../../output/progress.js';
import { render } from '../../output/render.js';
import { count, plain } from '../../output/text.js';
import { selectSessions, throwIfFailed } from '../../select.js';
import { usageError } from '../../usage.js';
import { sessionDocument } from './session-view.js';
import { waitForStatus } from './wait-status.js';

export interface WaitCommandOptions {
  sessions: readonly string[];
  for: string;
  timeout?: number | undefined;
  any: boolean;
  interval: number;
}

/** What to wait for: what the library knows, or any one status. */
export type Goal = { until: WaitOptions['until'] } | { status: string };

const goals: Readonly<Record<string, WaitOptions['until']>> = {
  running: 'running',
  ready: 'running',
  finished: 'finished',
  deleted: 'deleted',
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
    'Valid values: running, finished, deleted, status=STATUS.',
  );
}

const fewSessions = 8;

/** Tells changes: each on its own line, or as one line of counts when there are many sessions. */
function createTeller(io: Io, total: number) {
  const progress = createProgress(io);
  const statuses = new Map<string, string>();
  const counts = () => {
    const sums = new Map<string, number>();
    for (const status of statuses.values()) sums.set(status, (sums.get(status) ?? 0) + 1);
    return [...sums].map(([status, sum]) => `${sum} ${status}`).join(', ');
  };
  return {
    tell: ({ id, name, status }: SessionInfo) => {
      if (statuses.get(id) === status) return;
      statuses.set(id, plain(status));
      if (total > fewSessions && io.errIsTty) progress.show(counts());
      else note(io, `${plain(name)} (${id}): ${plain(status)}`);
    },
    end: () => progress.clear(),
  };
}

function failure(sessions: readonly { id: string; name: string }[], total: number): SkahaError {
  const [first] = sessions;
  const names = sessions.slice(0, 5).map(({ id, name }) => `${plain(name)} (${id})`);
  const list = sessions.length > 5 ? [...names, `${sessions.length - 5} more`] : names;
  const message =
    total === 1
      ? `The session ${names[0]} failed.`
      : `${sessions.length} of ${count(total, 'session')} failed: ${list.join(', ')}.`;
  const look = `See why with 'skaha logs ${first?.id}' and 'skaha events ${first?.id}'.`;
  return new SkahaError('session.failed', message, { hint: look, id: first?.id });
}

/** How long to wait, and for what. */
export type WaitRequest = Goal & {
  timeoutMs?: number | undefined;
  intervalMs?: number | undefined;
  any?: boolean | undefined;
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
  const teller = createTeller(io, ids.length);
  const options = { ...request, signal: io.signal, onChange: teller.tell };
  try {
    if ('status' in options)
      return await waitForStatus(client, ids, { ...options, clock: deps.clock });
    return await client.sessions.wait(ids, options);
  } finally {
    teller.end();
  }
}

/** Waits for sessions. */
export const runWait: Run<WaitCommandOptions> = async (io, deps, options) => {
  const goal = parseGoal(options.for);
  const { ids, missing } = await selectSessions(io, deps, options.sessions);
  // Said before the wait, which may take hours.
  throwIfFailed({ done: [], failed: missing }, 'find');
  const { timeout: timeoutMs, interval: intervalMs, any } = options;
  const seen = await waitForAll(io, deps, ids, { ...goal, timeoutMs, intervalMs, any });
  await render(io, {
    data: seen.map(sessionDocument),
    table: () => '',
    names: () => seen.map(({ id }) => id),
  });
  const isOver = 'until' in goal && goal.until === 'finished';
  const failed = seen.filter(({ status }) => isFailed(status));
  if (isOver && failed.length > 0) throw failure(failed, ids.length);
  return undefined;
};
