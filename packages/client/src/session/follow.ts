import { linkSignals } from '@skaha/base/signals.js';
import { isFinished } from '@skaha/wire/status.js';
import type { ClientCore } from '../client/core.js';
import { abortError } from '../client/failures.js';
import { integerIssue, throwIssues } from '../client/options.js';
import { checkIds } from '../client/url.js';
import { isSkahaError, SkahaError } from '../errors/index.js';
import { EndNotice } from './end-notice.js';
import { LastLines, LineFeed } from './line-feed.js';
import { LogReader } from './log-reader.js';
import { PollInterval } from './poll.js';
import { readInfo } from './read.js';
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
  const bounds = { minimum: 0, maximum: Number.MAX_SAFE_INTEGER };
  throwIssues([integerIssue('tail', options.tail, bounds)]);
  const interval = new PollInterval(core, options);
  const left = new AbortController();
  const { signal, release } = linkSignals(options.signal, core.settings.signal, left.signal);
  const follower = new Follower(core, id, options, feed);
  try {
    for (;;) {
      try {
        for await (const parts of follower.look(signal)) for (const part of parts) yield part;
        interval.succeeded();
      } catch (error) {
        interval.failed(error);
      }
      if (follower.isOver) return;
      await follower.pause(interval, signal);
    }
  } catch (error) {
    if (!signal.aborted) yield* follower.rest();
    throw signal.aborted && !(error instanceof SkahaError) ? abortError(signal.reason) : error;
  } finally {
    left.abort();
    release();
  }
}

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
  readonly #notice: EndNotice;
  /** Everything was read, after the end. */
  isOver = false;

  constructor(core: ClientCore, id: string, options: FollowOptions, feed: Feed<Part>) {
    const { tail, onlyNew = false } = options;
    this.#core = core;
    this.#id = id;
    this.#notice = new EndNotice(core);
    this.#reader = new LogReader(core, id);
    this.#feed = feed;
    this.#onlyNew = onlyNew;
    this.#last = tail === undefined ? undefined : new LastLines(tail);
  }

  /**
   * Looks once, with one request: for more of the log, or, when the last look found nothing new,
   * whether the session has ended. A log is complete when it was read after that.
   *
   * @returns what was read, some at a time: each turn of a generator costs more than a line
   */
  async *look(signal: AbortSignal): AsyncGenerator<Iterable<Part>, void> {
    const asksState = !this.#hasEnded && (this.#isFirst || this.#isQuiet);
    if (asksState) await this.#askState(signal);
    this.#isQuiet = false;
    if (asksState && !this.#isFirst && !this.#hasEnded) return;
    let hasGrown = false;
    for await (const bytes of this.#reader.fresh(signal)) {
      hasGrown = true;
      if (!this.#isFirst) yield this.#feed.push(bytes);
      else if (this.#last !== undefined) this.#last.push(bytes);
      else if (!this.#onlyNew || this.#hasEnded) yield this.#feed.push(bytes);
    }
    if (this.#isFirst && this.#last !== undefined) yield this.#feed.push(this.#last.take());
    this.#isFirst = false;
    this.#last = undefined;
    this.#isQuiet = !hasGrown && !asksState;
    if (this.#hasEnded) yield this.#feed.end();
    else yield this.#feed.looked();
    this.isOver = this.#hasEnded;
  }

  /** Waits until the next look is due, or the end is known. */
  async pause(interval: PollInterval, signal: AbortSignal): Promise<void> {
    if (this.#hasEnded) return await interval.pause(signal);
    this.#hasEnded = await this.#notice.pause(this.#id, (own) => interval.pause(own), signal);
  }

  /** What was held back when nothing more can be read. */
  rest(): Iterable<Part> {
    return this.#feed.end();
  }

  async #askState(signal: AbortSignal): Promise<void> {
    try {
      const { status } = await readInfo(this.#core, this.#id, { signal });
      this.#hasEnded = isFinished(status);
    } catch (error) {
      if (this.#isFirst || !isSkahaError(error, 'session.not_found')) throw error;
      this.#hasEnded = true;
    }
  }
}
