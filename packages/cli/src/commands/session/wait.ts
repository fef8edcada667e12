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
import type { waitCommand } from './definitions.js';
import { endingsOf } from './endings.js';
import { chooseSessions, type Selection, withGuess } from './select.js';
import { sessionDocument } from './view.js';
import { type Waiting, WaitingReporter, withCause } from './waiting.js';

/** What to wait for. */
export type Goal = Pick<WaitOptions, 'until'>;

const goals = new Map<string, Goal['until']>([
  ['running', 'running'],
  ['ready', 'running'],
  ['finished', 'finished'],
  ['deleted', 'deleted'],
  ['expired', 'expired'],
]);

/**
 * Reads the value of `--for`.
 *
 * @throws {SkahaError} command.usage naming the valid values
 */
export function parseGoal(text: string): Goal {
  const until = goals.get(text.toLowerCase());
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

const isPending = ({ status }: SessionInfo) => sameStatus(status, 'Pending');

const fewSessions = 8;

/** Reports changes: each on its own line, or as one line of counts when there are many sessions. */
class ChangeReport {
  readonly #until: Goal['until'];
  readonly #total: number;
  readonly #steps: ReturnType<typeof createSteps>;
  readonly #waiting: WaitingReporter;
  readonly #seen = new Map<string, SessionInfo>();
  readonly #arrived = new Set<string>();
  /** How many sessions have each status. */
  readonly #sums = new Map<string, number>();

  constructor(io: Io, deps: Deps, total: number, { until, progress = 'auto' }: WaitRequest) {
    const mode = progressMode(progress);
    this.#until = until;
    this.#total = total;
    this.#steps = createSteps(io, { mode, now: deps.now, fewItems: fewSessions, reportsAll: true });
    this.#waiting = new WaitingReporter(deps, {
      ids: () => [...this.#seen.values()].filter(isPending).map(({ id }) => id),
      listed: () => [...this.#seen.values()],
      report: (what) => {
        // That it waits has been said already.
        if (what.reason !== undefined) this.#step({ ...what, isTrouble: true });
      },
      signal: io.signal,
    });
  }

  /** A session was seen for the first time, or with another status. */
  add(session: SessionInfo): void {
    const { id, name, status } = session;
    const before = this.#seen.get(id);
    if (before !== undefined) this.#count(before, -1);
    this.#count(session, 1);
    this.#seen.set(id, session);
    if (isThere(this.#until, session)) this.#arrived.add(id);
    const phase = plain(status);
    this.#step({ id, phase, text: `${plain(name)} (${id}): ${phase}` });
    if (isPending(session)) this.#waiting.begin();
  }

  async end(): Promise<void> {
    await this.#waiting.end();
    this.#steps.end();
  }

  #count({ status }: SessionInfo, sum: 1 | -1): void {
    const word = plain(status);
    this.#sums.set(word, (this.#sums.get(word) ?? 0) + sum);
  }

  #step(what: Waiting & { isTrouble?: boolean }): void {
    const sums = [...this.#sums].filter(([, sum]) => sum > 0);
    const summary = sums.map(([status, sum]) => `${sum} ${status}`).join(', ');
    const done = this.#arrived.size;
    this.#steps.step({ event: 'wait', ...what, summary, done, total: this.#total });
  }
}

export type WaitRequest = Pick<WaitOptions, 'any' | 'intervalMs' | 'timeoutMs' | 'until'> & {
  /** How to report changes. @defaultValue `auto` */
  progress?: string | undefined;
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
  const report = new ChangeReport(io, deps, ids.length, request);
  const onChange = (session: SessionInfo) => report.add(session);
  try {
    return await client.sessions.wait(ids, { ...options, onChange, signal: io.signal });
  } catch (error) {
    await report.end();
    throw isSkahaError(error) ? await withCause(client, error, io.signal) : error;
  } finally {
    await report.end();
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
  const hint = `See why with 'skaha logs ${first?.id}' and 'skaha events ${first?.id}'.`;
  const error = new SkahaError('session.failed', message, { hint, id: first?.id });
  return withCause(await deps.client(), error, io.signal);
}

type WaitCommandOptions = OptionsOf<typeof waitCommand>;

async function waitAndShow(
  io: Io,
  deps: Deps,
  { until }: Goal,
  selection: Selection,
  options: WaitCommandOptions,
): Promise<string> {
  const { ids } = selection;
  const { timeout: timeoutMs, interval: intervalMs, any, progress } = options;
  const request = { until, timeoutMs, intervalMs, any, progress };
  const seen = await waitForAll(io, deps, ids, request).catch((error: unknown) => {
    throw withGuess(error, selection);
  });
  await endingsOf(deps, await deps.client(), seen, { signal: io.signal, witnessed: true });
  await render(io, {
    data: seen.map((session) => sessionDocument(session)),
    table: () => '',
    names: () => seen.map(({ id }) => id),
  });
  const failed = seen.filter(({ status }) => isFailed(status));
  if (until === 'finished' && failed.length > 0)
    throw await failedSessions(io, deps, failed, ids.length);
  return `${count(seen.length, 'session')} reached: ${options.for}.`;
}

export const runWait: Run<typeof waitCommand> = async (io, deps, options) => {
  const goal = parseGoal(options.for);
  const selection = await chooseSessions(io, deps, 'wait', options);
  // Said before the wait, which may take hours.
  throwIfFailed({ done: [], failed: selection.missing }, 'find');
  await notifying(io, deps, { how: options.notify, title: 'skaha wait' }, () =>
    waitAndShow(io, deps, goal, selection, options),
  );
};
