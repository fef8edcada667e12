import type { Clock } from '@skaha/base/clock.js';
import { DeadlineReached, linkSignals } from '@skaha/base/signals.js';
import type { IncomingReply } from '../hooks/types.js';
import type { Transport, TransportRequest } from '../transport/types.js';
import { readBytes } from './body.js';

const ended = 'ended';

/**
 * Aborts when the network stands still. Unlike a deadline it says nothing about the whole, which
 * may take days, and it does not count the time that the caller takes.
 */
class Patience {
  readonly signal: AbortSignal;
  readonly #limit = new AbortController();
  readonly #done = new AbortController();
  readonly #release: () => void;
  readonly #clock: Clock;
  #since: number | undefined;

  constructor(clock: Clock, milliseconds: number, source: AbortSignal) {
    const linked = linkSignals(source, this.#limit.signal);
    this.signal = linked.signal;
    this.#release = linked.release;
    this.#clock = clock;
    this.#since = clock.now();
    this.#watch(milliseconds).catch(() => undefined);
  }

  /** The network is waited for from now on. */
  wait(): void {
    this.#since = this.#clock.now();
  }

  /** It did its part; now it waits for us. */
  rest(): void {
    this.#since = undefined;
  }

  end(): void {
    this.#done.abort(ended);
    this.#release();
  }

  async #watch(milliseconds: number): Promise<void> {
    for (let pause = milliseconds; ; ) {
      await this.#clock.sleep(pause, this.#done.signal);
      const waited = this.#since === undefined ? 0 : this.#clock.now() - this.#since;
      if (waited >= milliseconds) {
        this.#limit.abort(new DeadlineReached('The network stands still.'));
        return;
      }
      pause = milliseconds - waited;
    }
  }
}

async function* paced(
  body: AsyncIterable<Uint8Array>,
  patience: Patience,
): AsyncGenerator<Uint8Array, void> {
  patience.rest();
  for await (const chunk of body) {
    patience.wait();
    yield chunk;
    patience.rest();
  }
  patience.wait();
}

async function* received(
  body: AsyncIterable<Uint8Array>,
  patience: Patience,
): AsyncGenerator<Uint8Array, void> {
  try {
    patience.wait();
    for await (const chunk of body) {
      patience.rest();
      yield chunk;
      patience.wait();
    }
  } catch (error) {
    throw patience.signal.aborted ? patience.signal.reason : error;
  } finally {
    patience.end();
  }
}

/**
 * A body with its failures in words, and something to do at its end.
 *
 * @param body - what is read
 * @param worded - gives the error that is thrown for one of the transport
 * @param end - called once, whoever ends the reading
 */
export async function* passingOn(
  body: AsyncIterable<Uint8Array>,
  worded: (error: unknown) => unknown,
  end: () => void,
): AsyncGenerator<Uint8Array, void> {
  try {
    yield* body;
  } catch (error) {
    throw worded(error);
  } finally {
    end();
  }
}

const isStream = (body: TransportRequest['body']): body is AsyncIterable<Uint8Array> =>
  typeof body === 'object' && !(body instanceof Uint8Array);

/** How one streamed exchange is bounded. */
export interface StreamedLimits {
  clock: Clock;
  /** Longest time in which nothing moves, in milliseconds. */
  timeoutMs: number;
  /** Longest reply that is read here, in bytes. */
  maximumBytes: number;
  /** Whether the body of a reply is left to the caller. */
  leaves: (status: number) => boolean;
}

/**
 * One exchange whose body goes out or comes in piece by piece.
 *
 * @param transport - what sends it
 * @param request - its signal ends the exchange, the reading of the reply included
 * @param limits - time, size, and which replies are left to the caller
 */
export async function exchangeStreamed(
  transport: Transport,
  request: TransportRequest,
  limits: StreamedLimits,
): Promise<IncomingReply> {
  const { clock, timeoutMs, maximumBytes, leaves } = limits;
  const started = clock.now();
  const patience = new Patience(clock, timeoutMs, request.signal);
  let isLeft = false;
  try {
    const body = isStream(request.body) ? paced(request.body, patience) : request.body;
    const response = await transport.send({ ...request, body, signal: patience.signal });
    const { status, header, headers } = response;
    const facts = { status, header, headers };
    const elapsed = () => clock.now() - started;
    if (leaves(status)) {
      isLeft = true;
      const rest = received(response.body, patience);
      return { ...facts, bytes: new Uint8Array(), body: rest, milliseconds: elapsed() };
    }
    const bytes = await readBytes(response.body, maximumBytes);
    return { ...facts, bytes, milliseconds: elapsed() };
  } finally {
    if (!isLeft) patience.end();
  }
}
