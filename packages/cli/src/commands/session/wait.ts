import type { Io } from '@skaha/terminal/io.js';
import type { ProgressMode } from '@skaha/terminal/output/progress-option.js';
import { render } from '@skaha/terminal/output/render.js';
import { createSteps } from '@skaha/terminal/output/steps.js';
import { Tally } from '@skaha/terminal/output/tally.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import { usageError } from '@skaha/terminal/usage.js';
import { sameStatus } from '@skaha/wire/status.js';
import {
  isFailed,
  isFinished,
  isSkahaError,
  type SessionInfo,
  SkahaError,
  type WaitOptions,
} from 'skaha';
import type { Run } from '../../command.js';
import type { Deps } from '../../environment/deps.js';
import { notifying } from '../../environment/notify.js';
import { throwIfFailed } from '../../output/outcome.js';
import type { waitCommand } from './definitions.js';
import { endingsOf } from './endings.js';
import { chooseSessions, withGuess } from './select.js';
import { isPending, sessionDocument } from './view.js';
import { type Waiting, waitingReporter, withCause } from './waiting.js';

/** What to wait for. */
export type Goal = Pick<WaitOptions, 'until'>;

const goals = ['running', 'finished', 'deleted', 'expired'] as const;

/**
 * Reads the value of `--for`.
 *
 * @throws {SkahaError} command.usage naming the valid values
 */
export function parseGoal(text: string): Goal {
  const word = text.toLowerCase();
  const until = word === 'ready' ? 'running' : goals.find((goal) => goal === word);
  if (until !== undefined) return { until };
  const status = /^status=(.+)$/i.exec(text)?.[1];
  if (status !== undefined) return { until: { status } };
  throw usageError(
    `'${text}' is not something to wait for.`,
    'Valid values: running (or ready), finished, deleted, expired, status=STATUS.',
  );
}

/** Whether a session shows by its status that it has reached what is waited for. */
function isThere(until: Goal['until'], { status }: SessionInfo): boolean {
  if (typeof until === 'object') return sameStatus(status, until.status);
  if (until === 'running') return isFinished(status) || sameStatus(status, 'Running');
  return until === 'finished' && isFinished(status);
}

const fewSessions = 8;

/** Reports changes: each on its own line, or as one line of counts when there are many sessions. */
function changeReport(
  io: Io,
  deps: Deps,
  total: number,
  { until, progress: mode = 'auto' }: WaitRequest,
): { add(session: SessionInfo): void; end(): Promise<void> } {
  const steps = createSteps(io, { mode, now: deps.now, fewItems: fewSessions, reportsAll: true });
  const seen = new Tally<string, SessionInfo>(({ status }) => plain(status));
  const arrived = new Set<string>();
  const step = (what: Waiting & { isTrouble?: boolean }) =>
    steps.step({ event: 'wait', ...what, summary: seen.summary, done: arrived.size, total });
  const waiting = waitingReporter(deps, {
    ids: () => seen.items.filter(isPending).map(({ id }) => id),
    listed: () => seen.items,
    report: (what) => {
      // That it waits has been said already.
      if (what.reason !== undefined) step({ ...what, isTrouble: true });
    },
    signal: io.signal,
  });
  return {
    add: (session) => {
      const { id, name, status } = session;
      seen.set(id, session);
      if (isThere(until, session)) arrived.add(id);
      const phase = plain(status);
      step({ id, phase, text: `${plain(name)} (${id}): ${phase}` });
      if (isPending(session)) waiting.begin();
    },
    end: async () => {
      await waiting.end();
      steps.end();
    },
  };
}

export type WaitRequest = Pick<WaitOptions, 'any' | 'intervalMs' | 'timeoutMs' | 'until'> & {
  /** How to report changes. @defaultValue `auto` */
  progress?: ProgressMode | undefined;
};

/**
 * Waits, and reports changes on standard error.
 *
 * @throws {SkahaError} session.failed when one failed, wait.timeout when time ran out
 */
export async function waitForAll(
  io: Io,
  deps: Deps,
  ids: readonly string[],
  request: WaitRequest,
): Promise<readonly SessionInfo[]> {
  const client = await deps.client();
  const { progress: _, ...options } = request;
  const report = changeReport(io, deps, ids.length, request);
  try {
    const call = { ...options, onChange: report.add, signal: io.signal };
    return await client.sessions.wait(ids, call).finally(report.end);
  } catch (error) {
    throw isSkahaError(error) ? await withCause(client, error, io.signal) : error;
  }
}

/**
 * Throws if any of some sessions failed.
 *
 * @param total - of how many sessions these are all that are known
 * @throws {SkahaError} session.failed, with what the events of the first say about it
 */
export async function throwIfAnyFailed(
  io: Io,
  deps: Deps,
  sessions: readonly SessionInfo[],
  total: number,
): Promise<void> {
  const failed = sessions.filter(({ status }) => isFailed(status));
  const [first] = failed;
  if (first === undefined) return;
  const names = failed.slice(0, 5).map(({ id, name }) => `${plain(name)} (${id})`);
  const list = failed.length > 5 ? [...names, `${failed.length - 5} more`] : names;
  const message =
    total === 1
      ? `The session ${names[0]} failed.`
      : `${failed.length} of ${count(total, 'session')} failed: ${list.join(', ')}.`;
  const hint = `See why with 'skaha logs ${first.id}' and 'skaha events ${first.id}'.`;
  const error = new SkahaError('session.failed', message, { hint, id: first.id });
  throw await withCause(await deps.client(), error, io.signal);
}

export const runWait: Run<typeof waitCommand> = async (io, deps, options) => {
  const { timeout: timeoutMs, interval: intervalMs, any, notify: how, progress } = options;
  const { until } = parseGoal(options.for);
  const selection = await chooseSessions(io, deps, 'wait', options);
  const { ids, missing } = selection;
  // Said before the wait, which may take hours.
  throwIfFailed({ done: [], failed: missing }, 'find');
  await notifying(io, deps, { how, title: 'skaha wait' }, async () => {
    const request = { until, timeoutMs, intervalMs, any, progress };
    const seen = await waitForAll(io, deps, ids, request).catch((error: unknown) => {
      throw withGuess(error, selection);
    });
    await endingsOf(deps, seen, { signal: io.signal, witnessed: true });
    await render(io, {
      data: seen.map((session) => sessionDocument(session)),
      table: () => '',
      names: () => seen.map(({ id }) => id),
    });
    if (until === 'finished') await throwIfAnyFailed(io, deps, seen, ids.length);
    return `${count(seen.length, 'session')} reached: ${options.for}.`;
  });
};
