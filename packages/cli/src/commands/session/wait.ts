import type { Clock } from '@skaha/base/clock.js';
import { DeadlineReached, withDeadline } from '@skaha/base/signals.js';
import type { Io } from '@skaha/terminal/io.js';
import { progressMode } from '@skaha/terminal/output/progress-option.js';
import { render } from '@skaha/terminal/output/render.js';
import { createSteps } from '@skaha/terminal/output/steps.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import { usageError } from '@skaha/terminal/usage.js';
import { sameStatus } from '@skaha/wire/status.js';
import {
  isFailed,
  isFinished,
  isSkahaError,
  type SessionInfo,
  type SkahaClient,
  SkahaError,
  type WaitOptions,
} from 'skaha';
import type { OptionsOf, Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import { notifying } from '../../notify.js';
import { throwIfFailed } from '../../output/outcome.js';
import type { waitCommand } from './definitions.js';
import { endingsOf } from './endings.js';
import { chooseSessions, type Selection, withGuess } from './select.js';
import { sessionDocument } from './view.js';
import { WaitingTeller, withCause } from './waiting.js';

/** How to wait for what the library has no name for. */
export interface WaitHow {
  clock: Clock;
  timeoutMs?: number | undefined;
  intervalMs?: number | undefined;
  any?: boolean | undefined;
  onChange(session: SessionInfo): void;
  signal: AbortSignal;
}

/** Does something within a time limit, if there is one. */
async function inTime<Result>(
  { clock, timeoutMs, signal }: WaitHow,
  late: { message: string; hint: string },
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  if (timeoutMs === undefined) return work(signal);
  try {
    return await withDeadline(clock, timeoutMs, signal, work);
  } catch (error) {
    const reason = error instanceof SkahaError ? error.cause : error;
    if (!(reason instanceof DeadlineReached)) throw error;
    throw new SkahaError('wait.timeout', late.message, { cause: error, hint: late.hint });
  }
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
 * @throws {SkahaError} session.failed when one ended in another status or was deleted,
 *   wait.timeout when time ran out
 */
export const waitForStatus = (
  client: SkahaClient,
  ids: readonly string[],
  how: WaitHow & { status: string },
): Promise<SessionInfo[]> =>
  inTime(
    how,
    {
      message: `Not every session became ${plain(how.status)} in time.`,
      hint: 'Wait longer with --timeout, or look at the events of the session.',
    },
    (signal) => watchFor(client, ids, { ...how, signal }),
  );

async function watchFor(
  client: SkahaClient,
  ids: readonly string[],
  { status, intervalMs, any, onChange, signal }: WaitHow & { status: string },
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
 * @throws {SkahaError} session.failed when one ended or was deleted before, wait.timeout
 */
export const waitForExpiry = (
  client: SkahaClient,
  ids: readonly string[],
  how: WaitHow,
): Promise<SessionInfo[]> =>
  inTime(
    how,
    {
      message: 'Not every session expired in time.',
      hint: "Wait longer with --timeout; 'skaha info' shows when sessions expire.",
    },
    (signal) => lookUntilExpired(client, ids, { ...how, signal }),
  );

async function lookUntilExpired(
  client: SkahaClient,
  ids: readonly string[],
  { clock, intervalMs = 2000, any, onChange, signal }: WaitHow,
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
  const seen = new Map<string, SessionInfo>();
  const sums = new Map<string, number>();
  const arrived = new Set<string>();
  const add = (status: string, sum: 1 | -1) => sums.set(status, (sums.get(status) ?? 0) + sum);
  const summary = () =>
    [...sums].flatMap(([status, sum]) => (sum === 0 ? [] : [`${sum} ${status}`])).join(', ');
  const isPending = ({ status }: SessionInfo) => sameStatus(status, 'Pending');
  const waiting = new WaitingTeller(deps, {
    ids: () => [...seen.values()].filter(isPending).map(({ id }) => id),
    listed: () => [...seen.values()],
    tell: (what) => {
      // That it waits has been said already.
      if (what.reason === undefined) return;
      const facts = { event: 'wait', ...what, summary: summary(), done: arrived.size, total };
      steps.step({ ...facts, isTrouble: true });
    },
    signal: io.signal,
  });
  return {
    tell: (session: SessionInfo) => {
      const { id, name, status } = session;
      const phase = plain(status);
      const before = seen.get(id);
      seen.set(id, session);
      if (before !== undefined) {
        if (plain(before.status) === phase) return;
        add(plain(before.status), -1);
      }
      add(phase, 1);
      if (isThere(request, session)) arrived.add(id);
      const text = `${plain(name)} (${id}): ${phase}`;
      const facts = { event: 'wait', id, phase, text, summary: summary() };
      steps.step({ ...facts, done: arrived.size, total });
      if (isPending(session)) waiting.begin();
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

export type WaitCommandOptions = OptionsOf<typeof waitCommand>;

async function waitAndShow(
  io: Io,
  deps: Deps,
  goal: Goal,
  { selection, options }: { selection: Selection; options: WaitCommandOptions },
): Promise<string> {
  const { ids } = selection;
  const { timeout: timeoutMs, interval: intervalMs, any, progress } = options;
  const request = { ...goal, timeoutMs, intervalMs, any, progress };
  const seen = await waitForAll(io, deps, ids, request).catch((error: unknown) => {
    throw withGuess(error, selection);
  });
  await endingsOf(deps, await deps.client(), seen, { signal: io.signal, witnessed: true });
  await render(io, {
    data: seen.map((session) => sessionDocument(session)),
    table: () => '',
    names: () => seen.map(({ id }) => id),
  });
  const isOver = 'until' in goal && goal.until === 'finished';
  const failed = seen.filter(({ status }) => isFailed(status));
  if (isOver && failed.length > 0) throw await failedSessions(io, deps, failed, ids.length);
  return `${count(seen.length, 'session')} reached: ${options.for}.`;
}

/** Waits for sessions. */
export const runWait: Run<typeof waitCommand> = async (io, deps, options) => {
  const goal = parseGoal(options.for);
  const selection = await chooseSessions(io, deps, 'wait', options);
  const { missing } = selection;
  // Said before the wait, which may take hours.
  throwIfFailed({ done: [], failed: missing }, 'find');
  const { notify: how } = options;
  await notifying(io, deps, { how, title: 'skaha wait' }, () =>
    waitAndShow(io, deps, goal, { selection, options }),
  );
};
