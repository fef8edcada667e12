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
  SkahaError,
  type WaitOptions,
} from 'skaha';
import type { OptionsOf, Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import { notifying } from '../../notify.js';
import { throwIfFailed } from '../../output/outcome.js';
import { looks } from '../../output/watch.js';
import type { waitCommand } from './definitions.js';
import { endingsOf } from './endings.js';
import { chooseSessions, type Selection, withGuess } from './select.js';
import { sessionDocument } from './view.js';
import { WaitingTeller, withCause } from './waiting.js';

/** What to wait for that the library has no name for, and how. */
type OwnGoal = Exclude<Goal, { until: WaitOptions['until'] }>;
interface OwnWait {
  timeoutMs?: number | undefined;
  intervalMs?: number | undefined;
  any?: boolean | undefined;
  onChange(session: SessionInfo): void;
}

/** What ends the wait for a session in another way than was hoped for. */
function missed(goal: OwnGoal, { id, name, status }: SessionInfo, isGone: boolean): SkahaError {
  const who = `${plain(name)} (${id})`;
  const end = isGone ? 'was deleted' : `ended as ${status}`;
  const message =
    'status' in goal
      ? `${who} is ${plain(status)} and will not become ${plain(goal.status)}.`
      : `${who} ${end} before its lifetime was over.`;
  return new SkahaError('session.failed', message, {
    ...{ id, hint: `See why with 'skaha events ${id}'.` },
  });
}

/** Nothing is known of it: neither that it exists nor when it would have expired. */
const missing = (id: string): SkahaError =>
  new SkahaError('session.not_found', `There is no session ${id}.`, {
    ...{ id, hint: "See your sessions with 'skaha ps --all'." },
  });

function isReached(goal: OwnGoal, session: SessionInfo, isGone: boolean, now: number): boolean {
  if ('status' in goal) return !isGone && sameStatus(session.status, goal.status);
  // A platform deletes what has expired: gone in time is expired, too.
  return session.expiryTime !== undefined && session.expiryTime.getTime() <= now;
}

/** Looks until sessions have a certain status, or until their lifetime is over. */
async function lookUntil(
  io: Pick<Io, 'signal'>,
  deps: Deps,
  ids: readonly string[],
  goal: OwnGoal,
  { intervalMs = 2000, any, onChange }: OwnWait,
): Promise<SessionInfo[]> {
  const client = await deps.client();
  const seen = new Map<string, SessionInfo>();
  const arrived = new Set<string>();
  const read = () => client.sessions.fetch({ signal: io.signal });
  for await (const sessions of looks(io, deps, read, { intervalMs })) {
    const listed = new Map(sessions.map((session) => [session.id, session]));
    for (const id of ids.filter((one) => !arrived.has(one))) {
      const session = listed.get(id);
      const known = session ?? seen.get(id);
      if (known === undefined) throw missing(id);
      if (session !== undefined) onChange(session);
      seen.set(id, known);
      const isGone = session === undefined;
      if (isReached(goal, known, isGone, deps.now())) arrived.add(id);
      else if (isGone || isFinished(known.status)) throw missed(goal, known, isGone);
    }
    if (arrived.size >= (any === true ? Math.min(1, ids.length) : ids.length)) break;
  }
  return [...seen.values()];
}

/**
 * Waits until sessions have a certain status, or until their lifetime is over.
 *
 * @throws {SkahaError} session.failed when one ended otherwise before, wait.timeout when time ran out
 */
async function waitForOwn(
  io: Pick<Io, 'signal'>,
  deps: Deps,
  ids: readonly string[],
  goal: OwnGoal,
  how: OwnWait,
): Promise<SessionInfo[]> {
  const { timeoutMs } = how;
  if (timeoutMs === undefined) return lookUntil(io, deps, ids, goal, how);
  try {
    return await withDeadline(deps.clock, timeoutMs, io.signal, (signal) =>
      lookUntil({ signal }, deps, ids, goal, how),
    );
  } catch (error) {
    const reason = error instanceof SkahaError ? error.cause : error;
    if (!(reason instanceof DeadlineReached)) throw error;
    const what = 'status' in goal ? `became ${plain(goal.status)}` : 'expired';
    throw new SkahaError('wait.timeout', `Not every session ${what} in time.`, {
      cause: error,
      hint: "Wait longer with --timeout; 'skaha info' shows when sessions expire.",
    });
  }
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
  const how = { timeoutMs, intervalMs, any, onChange: teller.tell };
  try {
    if ('status' in request || request.until === 'expired')
      return await waitForOwn(io, deps, ids, request, how);
    const { until } = request;
    return await client.sessions.wait(ids, { ...how, until, signal: io.signal });
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
