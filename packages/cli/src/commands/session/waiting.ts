import { linkSignals } from '@skaha/base/signals.js';
import type { Step } from '@skaha/terminal/output/steps.js';
import { plain } from '@skaha/terminal/output/text.js';
import {
  isSkahaError,
  type SessionInfo,
  type SessionReason,
  type SkahaClient,
  type SkahaError,
} from 'skaha';
import type { Deps } from '../../environment/deps.js';
import { reworded } from '../../output/outcome.js';
import { isPending } from './view.js';

/** How long a session may wait before it is worth a message, in milliseconds. */
const patienceMs = 2_000;
const longestPauseMs = 15_000;
/** Up to this many sessions get a line each; of more, a few are named as examples. */
const fewSessions = 5;
const samples = 3;
/** A session that was just launched may be missing from this many lists. */
const patientLooks = 5;

/** A reason as people read it. */
export const reasonWords = ({ reason, message }: SessionReason): string =>
  plain(message === '' ? reason : `${reason}: ${message}`);

/** An error about one session, with the reason that its events give. */
export async function withCause(
  client: SkahaClient,
  error: SkahaError,
  signal: AbortSignal,
): Promise<SkahaError> {
  const { id, code, hint } = error;
  if (id === undefined || code !== 'session.failed' || signal.aborted) return error;
  const reason = (await client.sessions.reasons([id], { signal })).get(id);
  if (reason?.type !== 'Warning' || error.message.includes(reason.message)) return error;
  return reworded(error, { message: `${error.message} ${reasonWords(reason)}`, hint });
}

/** What is said about a session that waits; the reason is one word of its newest event. */
export type Waiting = Pick<Step, 'phase' | 'reason' | 'text'> & { id: string };

/**
 * Says why sessions wait: each one if they are few, otherwise a few examples.
 *
 * @param total - how many wait
 */
async function explain(
  client: SkahaClient,
  sessions: readonly SessionInfo[],
  total: number,
  signal: AbortSignal,
): Promise<(Waiting & { why: string })[]> {
  const isMany = total > fewSessions;
  const shown = isMany ? sessions.slice(0, samples) : sessions;
  const ids = shown.map(({ id }) => id);
  const reasons = await client.sessions.reasons(ids, { signal });
  return shown.map(({ id, name, status }) => {
    const reason = reasons.get(id);
    const phase = plain(status);
    const who = `${plain(name)} (${id})`;
    const why = reason === undefined ? '' : `, ${reasonWords(reason)}`;
    const text = isMany
      ? `${total} sessions: ${phase}, such as ${who}${why}`
      : `${who}: ${phase}${why}`;
    return { id, phase, text, why, reason: reason?.reason };
  });
}

/** One line for each of some sessions that wait, and why; if they are many, one line for all. */
export async function waitingLines(
  client: SkahaClient,
  pending: readonly SessionInfo[],
  signal: AbortSignal,
): Promise<string[]> {
  const lines = (await explain(client, pending, pending.length, signal)).map(({ text }) => text);
  return pending.length > fewSessions ? lines.slice(0, 1) : lines;
}

/** Which sessions to report on, and how. */
interface WaitingOptions {
  /** The sessions that matter now. */
  ids(): Iterable<string>;
  /** The sessions as they were last seen, where somebody looks at them anyway; else they are listed. */
  listed?: (() => readonly SessionInfo[]) | undefined;
  report(waiting: Waiting): void;
  /** Also reports that a session has left the queue, where nobody else does. */
  reportsStart?: boolean | undefined;
  signal: AbortSignal;
}

/** Sees how some sessions do; resolves to whether any of them waits. */
type Look = (
  client: SkahaClient,
  sessions: readonly SessionInfo[],
  isFirst: boolean,
  signal: AbortSignal,
) => Promise<boolean>;

/**
 * Says why sessions wait, once they have waited from one look to the next, or since the beginning if
 * nobody has looked before. Events alternate, and nothing is said twice.
 */
function waitingLook({ report, reportsStart = false }: WaitingOptions): Look {
  const said = new Map<string, Set<string>>();
  const seenWaiting = new Set<string>();
  const isNew = (key: string, words: string): boolean => {
    const known = said.get(key) ?? new Set();
    said.set(key, known);
    const { size } = known;
    return known.add(words).size > size;
  };
  return async (client, sessions, isFirst, signal) => {
    for (const { id, name, status } of sessions.filter((session) => !isPending(session))) {
      const phase = plain(status);
      if (said.delete(id) && reportsStart)
        report({ id, phase, text: `${plain(name)} (${id}): ${phase}` });
    }
    const pending = sessions.filter(isPending);
    const total = pending.length;
    const long = pending.filter(({ id }) => isFirst || seenWaiting.has(id));
    for (const { id } of pending) seenWaiting.add(id);
    for (const { why, ...waiting } of await explain(client, long, total, signal))
      if (isNew(total > fewSessions ? 'all' : waiting.id, why)) report(waiting);
    return total > 0;
  };
}

/** Looks again and again, as long as some of the sessions wait. */
async function watchWaiting(
  deps: Deps,
  { ids, listed }: WaitingOptions,
  look: Look,
  signal: AbortSignal,
): Promise<void> {
  const client = await deps.client();
  const list = () =>
    client.sessions.fetch({ signal }).catch((error: unknown) => {
      // How they are cannot be said at the moment.
      if (signal.aborted || !isSkahaError(error) || !error.retryable) throw error;
    });
  let pauseMs = patienceMs;
  for (let looks = 1; ; looks += 1) {
    await deps.clock.sleep(pauseMs, signal);
    signal.throwIfAborted();
    const wanted = new Set(ids());
    const sessions = listed?.() ?? (await list());
    if (sessions !== undefined) {
      const ours = sessions.filter(({ id, kind }) => wanted.has(id) && kind !== 'desktop-app');
      const waits = await look(client, ours, looks === 1, signal);
      const isBehind = ours.length < wanted.size && looks < patientLooks;
      if (!waits && !isBehind) return;
    }
    pauseMs = Math.min(longestPauseMs, pauseMs * 1.25);
  }
}

/**
 * Reports that sessions are `Pending` and why, and again when the reason changes. It asks the platform
 * only as long as some of them wait.
 *
 * @returns `begin`, to be called when a session may be waiting, and `end`, after which nothing is
 *   reported
 */
export function waitingReporter(deps: Deps, options: WaitingOptions) {
  const look = waitingLook(options);
  const stop = new AbortController();
  let running: Promise<void> | undefined;
  const run = async () => {
    const { signal, release } = linkSignals(options.signal, stop.signal);
    try {
      await watchWaiting(deps, options, look, signal);
    } catch {
      // What matters fails elsewhere as well.
    } finally {
      release();
      running = undefined;
    }
  };
  return {
    begin: () => {
      if (!stop.signal.aborted) running ??= run();
    },
    end: async () => {
      stop.abort();
      await running;
    },
  };
}
