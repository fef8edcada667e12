import { concatenate } from '@skaha/base/bytes.js';
import type { ClientCore } from '../client/core.js';
import type { OpenedReply } from '../client/flow.js';
import type { CallOptions } from '../client/options.js';
import { longestPause, retryPause } from '../client/retry.js';
import { isSkahaError, SkahaError } from '../errors/index.js';
import { LogTracker } from './log-tracker.js';
import { logRequest, readInfo, readLog } from './read.js';

/** How much of a log that is sent whole is kept until its place is certain, in bytes. */
const keptLength = 4 * 2 ** 20;

/**
 * Reads a log again and again and gives what is new. Where the server offers ranges it is asked
 * for the end alone; where not it sends the whole log, of which the known part is passed over.
 */
export class LogReader {
  readonly #core: ClientCore;
  readonly #id: string;
  readonly #tracker = new LogTracker();
  #hasRanges = false;

  constructor(core: ClientCore, id: string) {
    this.#core = core;
    this.#id = id;
  }

  /** Asks once, and gives what is new as it comes. */
  async *fresh(signal: AbortSignal): AsyncGenerator<Uint8Array, void> {
    const from = this.#tracker.position - this.#tracker.proof.length;
    const reply = await this.#open(from, signal);
    if (reply === undefined) {
      yield* this.#whole(signal);
      return;
    }
    this.#hasRanges =
      reply.status === 206 || /\bbytes\b/i.test(reply.header('accept-ranges') ?? '');
    const isPart = reply.status === 206;
    if (isPart && startOf(reply) !== from) {
      await reply.body.return();
      this.#hasRanges = false;
      yield* this.#whole(signal);
    } else yield* this.#after(reply.body, isPart, signal);
  }

  /** Undefined when the log is shorter than it was. */
  async #open(from: number, signal: AbortSignal): Promise<OpenedReply | undefined> {
    const request = { ...logRequest(this.#id), signal };
    if (!this.#hasRanges || from === 0) return this.#core.open(request);
    const headers = { range: `bytes=${from}-` };
    try {
      return await this.#core.open({ ...request, headers });
    } catch (error) {
      if (error instanceof SkahaError && error.status === 416) return undefined;
      throw error;
    }
  }

  /** Passes over what is known, and gives the rest. */
  async *#after(
    body: AsyncIterable<Uint8Array>,
    isPart: boolean,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array, void> {
    const { proof, position } = this.#tracker;
    const knownPart = new KnownPart(isPart ? proof.length : position, proof, !isPart);
    for await (const chunk of body) {
      const fresh = knownPart.isPlaced ? chunk : knownPart.push(chunk);
      if (fresh.length > 0) {
        this.#tracker.append(fresh);
        yield fresh;
      }
      if (knownPart.isLost) break;
    }
    if (knownPart.isPlaced) return;
    const { whole } = knownPart;
    if (whole === undefined) yield* this.#whole(signal);
    else yield* this.#advanced(whole);
  }

  /** Another log, or what is left of this one: read whole, and compared with what was seen. */
  async *#whole(signal: AbortSignal): AsyncGenerator<Uint8Array, void> {
    yield* this.#advanced(await readLog(this.#core, this.#id, { signal }));
  }

  *#advanced(log: Uint8Array): Generator<Uint8Array, void> {
    const fresh = this.#tracker.advance(log);
    if (fresh.length > 0) yield fresh;
  }
}

/**
 * Reads a log of any length, piece by piece. Where the connection breaks it is taken up where it
 * broke.
 *
 * @param core - asks
 * @param id - of the session
 * @param write - gets each piece; the next comes when it is done
 * @returns the length of the log in bytes
 */
export async function streamLog(
  core: ClientCore,
  id: string,
  write: (piece: Uint8Array) => void | Promise<void>,
  options: CallOptions,
): Promise<number> {
  const { clock, retries, random } = core.settings;
  const signal = options.signal ?? new AbortController().signal;
  const reader = new LogReader(core, id);
  let length = 0;
  for (let attempt = 1; ; attempt += 1) {
    const before = length;
    try {
      for await (const piece of reader.fresh(signal)) {
        length += piece.length;
        await write(piece);
      }
      break;
    } catch (error) {
      const isPassing =
        isSkahaError(error) && error.retryable && (error.retryAfterMs ?? 0) <= longestPause;
      // What moves on may go on for as long as it takes.
      if (!isPassing || (length === before && attempt > retries)) throw error;
      if (length > before) attempt = 0;
      const pauseMs = Math.round(retryPause(attempt + 1, error.retryAfterMs, random()));
      core.announce({ error, pauseMs, attempt: attempt + 1 });
      await clock.sleep(pauseMs, signal);
    }
  }
  if (length === 0) await readInfo(core, id, options);
  return length;
}

const startOf = ({ header }: OpenedReply): number =>
  Number(/^\s*bytes\s+(\d+)-/i.exec(header('content-range') ?? '')?.[1] ?? Number.NaN);

/** The part of a log that was read before, as it comes once more. */
class KnownPart {
  readonly #known: number;
  readonly #proof: Uint8Array;
  readonly #isFromStart: boolean;
  #kept: Uint8Array[] = [];
  #keptLength = 0;
  /** How much of what came is not kept any more. */
  #dropped = 0;
  #isOther = false;
  isPlaced: boolean;

  /**
   * @param known - how many bytes were read before, of those that come
   * @param proof - the last of them
   * @param isFromStart - whether what comes begins with the beginning of the log
   */
  constructor(known: number, proof: Uint8Array, isFromStart: boolean) {
    this.#known = known;
    this.#proof = proof;
    this.#isFromStart = isFromStart;
    this.isPlaced = known === 0;
  }

  /** It is another log than before, and too little of it was kept. */
  get isLost(): boolean {
    return this.#isOther && this.#dropped > 0;
  }

  /** All that came, if it is a whole log. */
  get whole(): Uint8Array | undefined {
    if (!this.#isFromStart || this.#dropped > 0) return undefined;
    return concatenate(this.#kept, this.#keptLength);
  }

  /** @returns what is new */
  push(chunk: Uint8Array): Uint8Array {
    this.#kept.push(chunk);
    this.#keptLength += chunk.length;
    const at = this.#known - this.#dropped;
    if (this.#isOther) return nothing;
    if (this.#keptLength < at) {
      if (this.#keptLength > keptLength) this.#drop();
      return nothing;
    }
    const seen = concatenate(this.#kept, this.#keptLength);
    const isSame = equal(seen.subarray(at - this.#proof.length, at), this.#proof);
    if (!isSame) {
      this.#isOther = true;
      return nothing;
    }
    this.isPlaced = true;
    this.#kept = [];
    return seen.subarray(at);
  }

  #drop(): void {
    const end = concatenate(this.#kept, this.#keptLength).slice(-this.#proof.length);
    this.#dropped += this.#keptLength - end.length;
    this.#kept = [end];
    this.#keptLength = end.length;
  }
}

const nothing = new Uint8Array();

const equal = (left: Uint8Array, right: Uint8Array): boolean =>
  left.length === right.length && left.every((byte, index) => byte === right[index]);
