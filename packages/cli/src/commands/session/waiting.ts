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
import type { Deps } from '../../deps.js';
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

/**
 * Reports that sessions are `Pending` and why, and again when the reason changes. It asks the platform
 * only as long as some of them wait.
 */
export class WaitingReporter {
  readonly #deps: Deps;
  readonly #options: WaitingOptions;
  readonly #stop = new AbortController();
  /** What was said about each session: events alternate, and nothing is said twice. */
  readonly #said = new Map<string, Set<string>>();
  /** Those that were seen waiting. */
  readonly #pending = new Set<string>();
  #running: Promise<void> | undefined;

  constructor(deps: Deps, options: WaitingOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  /** To be called when a session may be waiting. */
  begin(): void {
    if (this.#running !== undefined || this.#stop.signal.aborted) return;
    this.#running = this.#watch()
      // What matters fails elsewhere as well.
      .catch(() => {})
      .then(() => {
        this.#running = undefined;
      });
  }

  /** Nothing is reported once this has resolved. */
  async end(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #watch(): Promise<void> {
    const { signal, release } = linkSignals(this.#options.signal, this.#stop.signal);
    let pauseMs = patienceMs;
    try {
      const client = await this.#deps.client();
      for (let looks = 1; ; looks += 1) {
        await this.#deps.clock.sleep(pauseMs, signal);
        signal.throwIfAborted();
        const wanted = new Set(this.#options.ids());
        const listed =
          this.#options.listed?.() ??
          (await client.sessions.fetch({ signal }).catch((error: unknown) => {
            // How they are cannot be said at the moment.
            if (signal.aborted || !isSkahaError(error) || !error.retryable) throw error;
          }));
        if (listed !== undefined) {
          const ours = listed.filter(({ id, kind }) => wanted.has(id) && kind !== 'desktop-app');
          const waits = await this.#look(client, ours, looks === 1, signal);
          const isBehind = ours.length < wanted.size && looks < patientLooks;
          if (!waits && !isBehind) return;
        }
        pauseMs = Math.min(longestPauseMs, pauseMs * 1.25);
      }
    } finally {
      release();
    }
  }

  /**
   * Says why sessions wait, once they have waited from one look to the next.
   *
   * @param isFirst - nobody has looked before: they wait since the beginning
   * @returns whether any waits
   */
  async #look(
    client: SkahaClient,
    sessions: readonly SessionInfo[],
    isFirst: boolean,
    signal: AbortSignal,
  ): Promise<boolean> {
    for (const session of sessions) if (!isPending(session)) this.#left(session);
    const pending = sessions.filter(isPending);
    const total = pending.length;
    const long = pending.filter(({ id }) => isFirst || this.#pending.has(id));
    for (const { id } of pending) this.#pending.add(id);
    for (const { why, ...waiting } of await explain(client, long, total, signal))
      if (this.#isNew(total > fewSessions ? 'all' : waiting.id, why)) this.#options.report(waiting);
    return total > 0;
  }

  #isNew(key: string, words: string): boolean {
    const said = this.#said.get(key) ?? new Set();
    this.#said.set(key, said);
    const { size } = said;
    return said.add(words).size > size;
  }

  #left({ id, name, status }: SessionInfo): void {
    if (!this.#said.delete(id) || this.#options.reportsStart !== true) return;
    const phase = plain(status);
    this.#options.report({ id, phase, text: `${plain(name)} (${id}): ${phase}` });
  }
}
