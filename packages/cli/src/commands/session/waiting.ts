import { linkSignals } from '@skaha/base/signals.js';
import { plain } from '@skaha/terminal/output/text.js';
import {
  isSkahaError,
  reasonOf,
  type SessionInfo,
  type SessionReason,
  type SkahaClient,
  type SkahaError,
} from 'skaha';
import type { Deps } from '../../deps.js';
import { reworded } from '../../output/outcome.js';

/** A session may wait for so long before anybody wonders, in milliseconds. */
const patience = 2_000;
const longestPause = 15_000;
/** Of so many sessions each gets a line of its own; of more, a few stand for all. */
const [fewSessions, samples] = [5, 3];
/** A session that was just launched may be missing from so many lists. */
const patientLooks = 5;

/**
 * Asks for the events that tell why sessions wait or failed. They are only additional information,
 * so a failure to get them is ignored.
 */
export async function reasonsOf(
  client: SkahaClient,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, SessionReason>> {
  const found = await Promise.all(
    ids.map(async (id): Promise<[string, SessionReason | undefined]> => {
      try {
        const [told] = await client.sessions.events([id], { signal });
        return [id, told && reasonOf(told.events)];
      } catch (error) {
        if (signal.aborted || !isSkahaError(error)) throw error;
        return [id, undefined];
      }
    }),
  );
  return new Map(found.flatMap(([id, reason]) => (reason === undefined ? [] : [[id, reason]])));
}

/** A reason as people read it. */
export const reasonWords = ({ reason, message }: SessionReason): string =>
  plain(message === '' ? reason : `${reason}: ${message}`);

/** An error about one session, which says why as far as the events tell. */
export async function withCause(
  client: SkahaClient,
  error: SkahaError,
  signal: AbortSignal,
): Promise<SkahaError> {
  const { id, code, hint } = error;
  if (id === undefined || code !== 'session.failed' || signal.aborted) return error;
  const told = (await reasonsOf(client, [id], signal)).get(id);
  if (told?.type !== 'Warning' || error.message.includes(told.message)) return error;
  return reworded(error, { message: `${error.message} ${reasonWords(told)}`, hint });
}

const isPending = ({ status }: SessionInfo): boolean => /^pending$/i.test(status);

/** What a session waits for, as far as that is known. */
interface Wait {
  session: SessionInfo;
  /** Empty, or what follows the status. */
  why: string;
  reason: string | undefined;
}

/** Why sessions wait: of each if they are few, else of some that stand for all. */
async function waitsOf(
  client: SkahaClient,
  sessions: readonly SessionInfo[],
  total: number,
  signal: AbortSignal,
): Promise<Wait[]> {
  const shown = total > fewSessions ? sessions.slice(0, samples) : sessions;
  const reasons = await reasonsOf(
    client,
    shown.map(({ id }) => id),
    signal,
  );
  return shown.map((session) => {
    const told = reasons.get(session.id);
    const why = told === undefined ? '' : `, ${reasonWords(told)}`;
    return { session, why, reason: told?.reason };
  });
}

const waitWords = ({ session: { id, name, status }, why }: Wait, total: number): string => {
  const one = `${plain(name)} (${id})`;
  return total > fewSessions
    ? `${total} sessions: ${plain(status)}, such as ${one}${why}`
    : `${one}: ${plain(status)}${why}`;
};

/**
 * One line for each of the sessions that wait, and why; if they are many, one line for all.
 *
 * @param sessions - those that wait are looked for among them
 */
export async function waitingLines(
  client: SkahaClient,
  sessions: readonly SessionInfo[],
  signal: AbortSignal,
): Promise<string[]> {
  const pending = sessions.filter(isPending);
  if (pending.length === 0) return [];
  const waits = await waitsOf(client, pending, pending.length, signal);
  const lines = waits.map((wait) => waitWords(wait, pending.length));
  return pending.length > fewSessions ? lines.slice(0, 1) : lines;
}

/** What is told about sessions that wait. */
export interface Waiting {
  id: string;
  phase: string;
  text: string;
  /** One word of the newest event. */
  reason?: string | undefined;
}

/** What to tell, and to whom. */
interface WaitingOptions {
  /** The sessions that matter now. */
  ids(): Iterable<string>;
  /** The sessions as they were last seen, where somebody looks at them anyway; else they are listed. */
  listed?: (() => readonly SessionInfo[]) | undefined;
  tell(what: Waiting): void;
  /** Says also that a session has left the queue, where nobody else does. */
  tellsStart?: boolean | undefined;
  signal: AbortSignal;
}

/**
 * Looks after sessions that are `Pending`: says that they wait and why, and says it again when the
 * reason changes. It looks only as long as some of them wait.
 */
export class WaitingTeller {
  readonly #deps: Deps;
  readonly #options: WaitingOptions;
  readonly #stop = new AbortController();
  readonly #told = new Map<string, Set<string>>();
  readonly #since = new Map<string, number>();
  #running: Promise<void> | undefined;

  constructor(deps: Deps, options: WaitingOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  /** Some session may wait. */
  begin(): void {
    if (this.#running !== undefined || this.#stop.signal.aborted) return;
    this.#running = this.#watch()
      // What matters fails elsewhere as well.
      .catch(() => {})
      .then(() => {
        this.#running = undefined;
      });
  }

  /** Nothing is told any more once this has resolved. */
  async end(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #watch(): Promise<void> {
    const { signal, release } = linkSignals(this.#options.signal, this.#stop.signal);
    const began = this.#deps.clock.now();
    let pause = patience;
    try {
      const client = await this.#deps.client();
      for (let looks = 1; ; looks += 1) {
        await this.#deps.clock.sleep(pause, signal);
        signal.throwIfAborted();
        if (!(await this.#look(client, { signal, began, looks }))) return;
        pause = Math.min(longestPause, pause * 1.25);
      }
    } finally {
      release();
    }
  }

  /** @returns whether it is worth looking again */
  async #look(
    client: SkahaClient,
    { signal, began, looks }: { signal: AbortSignal; began: number; looks: number },
  ): Promise<boolean> {
    const wanted = new Set(this.#options.ids());
    const listed = await this.#list(client, signal);
    if (listed === undefined) return true;
    const ours = listed.filter(({ id, kind }) => wanted.has(id) && kind !== 'desktop-app');
    for (const session of ours) if (!isPending(session)) this.#left(session);
    const pending = ours.filter(isPending);
    const now = this.#deps.clock.now();
    const long = pending.filter(({ id }) => {
      const since = this.#since.get(id) ?? (looks === 1 ? began : now);
      this.#since.set(id, since);
      return now - since >= patience;
    });
    await this.#tell(client, long, pending.length, signal);
    const isBehind = ours.length < wanted.size && looks < patientLooks;
    return pending.length > 0 || isBehind;
  }

  async #list(
    client: SkahaClient,
    signal: AbortSignal,
  ): Promise<readonly SessionInfo[] | undefined> {
    try {
      return this.#options.listed?.() ?? (await client.sessions.fetch({ signal }));
    } catch (error) {
      if (signal.aborted || !isSkahaError(error) || !error.retryable) throw error;
      return undefined;
    }
  }

  async #tell(
    client: SkahaClient,
    sessions: readonly SessionInfo[],
    total: number,
    signal: AbortSignal,
  ): Promise<void> {
    for (const wait of await waitsOf(client, sessions, total, signal)) {
      const { session, why, reason } = wait;
      const { id, status } = session;
      if (!this.#isNew(total > fewSessions ? 'all' : id, why)) continue;
      this.#options.tell({ id, phase: plain(status), text: waitWords(wait, total), reason });
    }
  }

  /** Events alternate: what was said once about a session is not said again. */
  #isNew(key: string, words: string): boolean {
    const told = this.#told.get(key) ?? new Set();
    this.#told.set(key, told);
    if (told.has(words)) return false;
    told.add(words);
    return true;
  }

  #left({ id, name, status }: SessionInfo): void {
    if (!this.#told.delete(id) || this.#options.tellsStart !== true) return;
    const phase = plain(status);
    this.#options.tell({ id, phase, text: `${plain(name)} (${id}): ${phase}` });
  }
}
