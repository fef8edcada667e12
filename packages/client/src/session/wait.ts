import { inWords } from '@skaha/base/retry-after.js';
import { DeadlineReached, withDeadline } from '@skaha/base/signals.js';
import { isFailed, isFinished, sameStatus } from '@skaha/wire/status.js';
import type { ClientCore } from '../client/core.js';
import { integerIssue, throwIssues } from '../client/options.js';
import { checkIds } from '../client/url.js';
import { SkahaError } from '../errors/index.js';
import { sessionNotFound } from '../hooks/errors.js';
import type { SessionInfo } from '../models/session.js';
import { EndNotice } from './end-notice.js';
import { listSessions } from './list.js';
import { type Pause, poll } from './poll.js';
import { type Snapshot, snapshot } from './snapshot.js';
import type { WaitOptions } from './types.js';

/** Timers hold 31 bits of milliseconds. */
const longestWait = 2 ** 31 - 1;

/**
 * Waits for sessions. See `Session.wait`.
 *
 * @param core - shared by the client's parts
 * @param ids - which sessions
 * @param options - for what, and how long
 */
export async function waitForSessions(
  core: ClientCore,
  ids: readonly string[],
  options: WaitOptions,
): Promise<SessionInfo[]> {
  checkIds(ids);
  if (ids.length === 0) return [];
  const { timeoutMs } = options;
  const { clock } = core.settings;
  const watch = new Watch(ids, options, () => clock.now());
  if (timeoutMs === undefined) return watch.run(core, options.signal);
  throwIssues([integerIssue('timeoutMs', timeoutMs, { minimum: 1, maximum: longestWait })]);
  try {
    return await withDeadline(clock, timeoutMs, options.signal, (signal) =>
      watch.run(core, signal),
    );
  } catch (error) {
    const isLate = error instanceof SkahaError && error.cause instanceof DeadlineReached;
    throw isLate ? watch.timeout(timeoutMs) : error;
  }
}

/** What is known about the sessions that are waited for. */
class Watch {
  readonly #ids: readonly string[];
  readonly #options: WaitOptions;
  readonly #now: () => number;
  readonly #last = new Map<string, SessionInfo>();
  readonly #met = new Set<string>();

  constructor(ids: readonly string[], options: WaitOptions, now: () => number) {
    this.#ids = [...new Set(ids)];
    this.#options = options;
    this.#now = now;
  }

  get #goal(): string {
    const { until } = this.#options;
    return typeof until === 'string' ? until : until.status;
  }

  async run(core: ClientCore, signal: AbortSignal | undefined): Promise<SessionInfo[]> {
    const { intervalMs, firstMs, any } = this.#options;
    const snapshots = poll(
      core,
      { intervalMs, firstMs, signal },
      async (own) => snapshot(await listSessions(core, { signal: own }), this.#ids),
      this.#pauses(core),
    );
    for await (const found of snapshots) {
      for (const id of this.#ids) this.#check(id, found);
      if (this.#met.size === this.#ids.length || (any && this.#met.size > 0)) break;
    }
    const reached = this.#ids.filter((id) => this.#met.has(id));
    return reached.map((id) => this.#last.get(id)).filter((session) => session !== undefined);
  }

  timeout(timeoutMs: number): SkahaError {
    const missing = this.#ids.filter((id) => !this.#met.has(id));
    const states = missing.map((id) => `${id} is ${this.#last.get(id)?.status ?? 'not seen yet'}`);
    const more = states.length > 3 ? `, and ${states.length - 3} more` : '';
    return new SkahaError(
      'wait.timeout',
      `After ${inWords(timeoutMs)}, ${missing.length} of ${this.#ids.length} sessions are not ${this.#goal}: ${states.slice(0, 3).join(', ')}${more}.`,
      { hint: 'Wait longer, or look at their events.', id: missing[0], retryable: true },
    );
  }

  /** Who waits for all most likely waits for the last one: platforms begin with the first. */
  #pauses(core: ClientCore): Pause {
    const notice = new EndNotice(core);
    const { until, any } = this.#options;
    const noticed = new Set<string>();
    return async (interval, signal) => {
      const isOpen = (id: string) => !this.#met.has(id);
      const next = any ? this.#ids.find(isOpen) : this.#ids.findLast(isOpen);
      // A list may be behind what was noticed.
      if (next === undefined || until !== 'finished' || noticed.has(next)) {
        return await interval.pause(signal);
      }
      if (await notice.pause(next, (own) => interval.pause(own), signal)) noticed.add(next);
    };
  }

  #check(id: string, found: Snapshot): void {
    if (this.#met.has(id)) return;
    const session = found.get(id);
    const before = this.#last.get(id);
    if (session === undefined) {
      if (!this.#isMetBeingGone(before)) throw gone(id, before);
      this.#met.add(id);
      return;
    }
    this.#last.set(id, session);
    if (before?.status !== session.status) this.#options.onChange?.(session);
    if (this.#isMet(session)) this.#met.add(id);
  }

  #isMetBeingGone(before: SessionInfo | undefined): boolean {
    const { until } = this.#options;
    if (until === 'deleted') return true;
    if (before === undefined || until === 'finished' || until === 'running') return false;
    // A platform deletes what has expired.
    if (until === 'expired' && isExpired(before, this.#now())) return true;
    throw missed(before, until, 'was deleted');
  }

  #isMet(session: SessionInfo): boolean {
    const { until } = this.#options;
    const { status } = session;
    const isOver = isFinished(status);
    if (until === 'deleted') return false;
    if (until === 'finished') return isOver;
    if (until === 'running') {
      if (isFailed(status)) throw failed(session);
      return status === 'Running' || isOver;
    }
    const isMet =
      until === 'expired' ? isExpired(session, this.#now()) : sameStatus(status, until.status);
    if (!isMet && isOver) throw missed(session, until, `ended as ${status}`);
    return isMet;
  }
}

const isExpired = ({ expiryTime }: SessionInfo, now: number): boolean =>
  expiryTime !== undefined && expiryTime.getTime() <= now;

/** A session that can no longer reach what it is waited for. */
function missed(
  { id, name, status }: SessionInfo,
  until: 'expired' | { status: string },
  end: string,
): SkahaError {
  const what =
    until === 'expired'
      ? `${end} before its lifetime was over`
      : `is ${status} and will not become ${until.status}`;
  return new SkahaError('session.failed', `${name} (${id}) ${what}.`, {
    id,
    hint: 'Look at its events.',
  });
}

const gone = (id: string, before: SessionInfo | undefined): SkahaError =>
  sessionNotFound(id, {}, before && `The session ${id} was deleted while it was ${before.status}.`);

function failed({ id, name, status }: SessionInfo): SkahaError {
  return new SkahaError('session.failed', `The session ${name} (${id}) ended as ${status}.`, {
    id,
    hint: 'Look at its events and logs.',
  });
}
