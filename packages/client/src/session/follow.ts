import { linkSignals } from '@skaha/base/signals.js';
import { isFinished } from '@skaha/wire/status.js';
import type { ClientCore } from '../client/core.js';
import { abortError } from '../client/failures.js';
import { integerIssue, throwIssues } from '../client/options.js';
import { checkIds } from '../client/url.js';
import { isSkahaError, SkahaError } from '../errors/index.js';
import { LastLines, LineFeed } from './line-feed.js';
import { LogReader } from './log-reader.js';
import { Rhythm } from './poll.js';
import { readPatiently } from './read.js';
import type { FollowOptions } from './types.js';

/**
 * Follows a log. See `Session.follow`.
 *
 * @param core - shared by the client's parts
 * @param id - which session
 * @param options - where to begin, interval and signal
 */
export function followLog(
  core: ClientCore,
  id: string,
  options: FollowOptions,
): AsyncGenerator<string, void> {
  return follow(core, id, options, new LineFeed(options.encoding ?? 'utf-8'));
}

/** Follows a log as it was written. See `Session.followBytes`. */
export const followLogBytes = (
  core: ClientCore,
  id: string,
  options: FollowOptions,
): AsyncGenerator<Uint8Array, void> => follow(core, id, options, asWritten);

/** What is made of the bytes of a log. */
interface Feed<Part> {
  push(bytes: Uint8Array): Iterable<Part>;
  /** The end of a look. */
  looked(): Iterable<Part>;
  /** The end of the log. */
  end(): Iterable<Part>;
}

const asWritten: Feed<Uint8Array> = {
  push: (bytes) => (bytes.length === 0 ? [] : [bytes]),
  looked: () => [],
  end: () => [],
};

async function* follow<Part>(
  core: ClientCore,
  id: string,
  options: FollowOptions,
  feed: Feed<Part>,
): AsyncGenerator<Part, void> {
  checkIds([id], 'id');
  const { tail } = options;
  if (tail !== undefined) {
    const issue = integerIssue('tail', tail, { minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
    throwIssues(issue === undefined ? [] : [issue]);
  }
  const rhythm = new Rhythm(core, options);
  const { signal, release } = linkSignals(options.signal, core.settings.signal);
  const follower = new Follower(core, id, options, feed);
  try {
    for (;;) {
      try {
        yield* follower.look(signal);
        rhythm.succeeded();
      } catch (error) {
        rhythm.failed(error);
      }
      if (follower.isOver) return;
      await follower.pause(rhythm, signal);
    }
  } catch (error) {
    if (!signal.aborted) yield* follower.rest();
    throw signal.aborted && !(error instanceof SkahaError) ? abortError(signal.reason) : error;
  } finally {
    release();
  }
}

/** Clients that have a request under way which waits for an end: one is enough to take a turn. */
const patientCores = new WeakSet<ClientCore>();

class Follower<Part> {
  readonly #core: ClientCore;
  readonly #id: string;
  readonly #reader: LogReader;
  readonly #feed: Feed<Part>;
  readonly #onlyNew: boolean;
  /** The end of what was there at first, where only that is wanted. */
  #last: LastLines | undefined;
  #isFirst = true;
  #isQuiet = false;
  #hasEnded = false;
  /** For how long the server offers to wait for the end. */
  #offersSeconds: number | undefined;
  /** Resolves when the server has said whether it has ended, after such a wait. */
  #told: Promise<void> | undefined;
  /** Everything was read, after the end. */
  isOver = false;

  constructor(core: ClientCore, id: string, options: FollowOptions, feed: Feed<Part>) {
    const { tail, onlyNew = false } = options;
    this.#core = core;
    this.#id = id;
    this.#reader = new LogReader(core, id);
    this.#feed = feed;
    this.#onlyNew = onlyNew;
    this.#last = tail === undefined ? undefined : new LastLines(tail);
  }

  /**
   * Looks once, with one request: for more of the log, or, when the last look found nothing new,
   * whether the session has ended. A log is complete when it was read after that.
   */
  async *look(signal: AbortSignal): AsyncGenerator<Part, void> {
    const asksState = !this.#hasEnded && (this.#isFirst || this.#isQuiet);
    if (asksState) await this.#askState(signal);
    this.#isQuiet = false;
    if (asksState && !this.#isFirst && !this.#hasEnded) return;
    let hasGrown = false;
    for await (const bytes of this.#reader.fresh(signal)) {
      hasGrown = true;
      if (!this.#isFirst) yield* this.#feed.push(bytes);
      else if (this.#last !== undefined) this.#last.push(bytes);
      else if (!this.#onlyNew || this.#hasEnded) yield* this.#feed.push(bytes);
    }
    if (this.#isFirst && this.#last !== undefined) yield* this.#feed.push(this.#last.take());
    this.#isFirst = false;
    this.#last = undefined;
    this.#isQuiet = !hasGrown && !asksState;
    if (this.#hasEnded) yield* this.#feed.end();
    else yield* this.#feed.looked();
    this.isOver = this.#hasEnded;
  }

  /** Waits until the next look is due, or the end is known. */
  async pause(rhythm: Rhythm, signal: AbortSignal): Promise<void> {
    if (this.#told === undefined && this.#offersSeconds !== undefined && !this.#hasEnded)
      this.#told = this.#waitForEnd(this.#offersSeconds, signal);
    if (this.#told === undefined) return await rhythm.pause(signal);
    const enough = new AbortController();
    const link = linkSignals(signal, enough.signal);
    const due = rhythm.pause(link.signal);
    due.catch(() => undefined);
    try {
      await Promise.race([due, this.#told.then(() => (this.#hasEnded ? undefined : due))]);
    } finally {
      enough.abort();
      link.release();
    }
  }

  async #waitForEnd(seconds: number, signal: AbortSignal): Promise<void> {
    if (patientCores.has(this.#core)) return;
    patientCores.add(this.#core);
    try {
      const { info } = await readPatiently(this.#core, this.#id, { signal }, seconds);
      this.#hasEnded ||= isFinished(info.status);
    } catch {
      // The looks go on, and find out by themselves what is wrong.
      this.#offersSeconds = undefined;
    } finally {
      patientCores.delete(this.#core);
      this.#told = undefined;
    }
  }

  /** What was held back when nothing more can be read. */
  rest(): Iterable<Part> {
    return this.#feed.end();
  }

  async #askState(signal: AbortSignal): Promise<void> {
    try {
      const { info, offersSeconds } = await readPatiently(this.#core, this.#id, { signal });
      this.#hasEnded = isFinished(info.status);
      this.#offersSeconds = offersSeconds;
    } catch (error) {
      if (this.#isFirst || !isSkahaError(error, 'session.not_found')) throw error;
      this.#hasEnded = true;
    }
  }
}
