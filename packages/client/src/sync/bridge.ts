import {
  MessageChannel,
  type MessagePort,
  receiveMessageOnPort,
  Worker,
} from 'node:worker_threads';
import { SkahaError, ValidationError } from '../errors/index.js';
import { unpack } from './carry.js';
import type { Answer, Lines, SyncOptions, WorkerRequest } from './types.js';

/** How long one sleep lasts before a look whether the other thread still lives, in milliseconds. */
const sleepMilliseconds = 1_000;

/** Where a thing that cannot cross over hides in the arguments; undefined when there is none. */
function uncrossable(value: unknown, path: string): string | undefined {
  if (typeof value === 'function' || value instanceof AbortSignal) return path;
  if (typeof value !== 'object' || value === null || value instanceof RegExp) return undefined;
  for (const [key, each] of Object.entries(value)) {
    const found = uncrossable(each, path === '' ? key : `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A client in a thread of its own, and a way to wait for what it does. */
export class Bridge {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #answers: Int32Array<SharedArrayBuffer>;
  #seen = 0;
  #isClosed = false;

  /**
   * @param options - plain data only
   * @throws {ValidationError} request.invalid for options that are not right
   */
  constructor(options: SyncOptions) {
    refuseUncrossable(options, 'options');
    const { port1, port2 } = new MessageChannel();
    const answers = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
    const workerData: Lines = { answers, port: port2 };
    this.#answers = new Int32Array(answers);
    this.#port = port1;
    this.#worker = new Worker(new URL('./worker.js', import.meta.url), {
      workerData,
      // What the program was started with, such as `--input-type`, may not be for a file.
      execArgv: [],
      transferList: [port2],
    });
    // A script that ends without `close` must not hang.
    this.#worker.unref();
    port1.unref();
    try {
      this.ask({ do: 'open', options });
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  /**
   * Waits for one answer of the other thread.
   *
   * @throws what the call over there threw
   */
  ask(order: WorkerRequest): Answer {
    if (this.#isClosed)
      throw new SkahaError('client.closed', 'This client is closed.', {
        hint: 'Create a new one.',
      });
    this.#port.postMessage(order);
    const answer = this.#await();
    if (answer.kind === 'error') throw unpack(answer.error);
    return answer;
  }

  /** Closes the connections and ends the thread; doing it again does nothing. */
  close(): void {
    if (this.#isClosed) return;
    try {
      this.ask({ do: 'close' });
    } finally {
      this.#end();
    }
  }

  #end(): void {
    this.#isClosed = true;
    this.#port.close();
    void this.#worker.terminate();
  }

  #await(): Answer {
    for (;;) {
      // Looked at first: what was answered before the end is still there to be read.
      const hasEnded = Atomics.load(this.#answers, 0) < 0;
      const received = receiveMessageOnPort(this.#port);
      if (received !== undefined) {
        this.#seen += 1;
        return received.message;
      }
      if (hasEnded) {
        this.#end();
        throw new SkahaError('internal', 'The thread that does the work has ended.', {
          hint: 'Create a new client. If it happens again, use the asynchronous calls.',
        });
      }
      Atomics.wait(this.#answers, 0, this.#seen, sleepMilliseconds);
    }
  }
}

/**
 * @throws {ValidationError} request.invalid when a function or a signal is among the values
 */
export function refuseUncrossable(value: unknown, what: string): void {
  const path = uncrossable(value, '');
  if (path === undefined) return;
  throw new ValidationError(
    [{ path: path || what, message: `The blocking calls do not accept ${path || what}.` }],
    'Functions and signals need the asynchronous calls of "skaha"; use timeoutMs to limit a call.',
  );
}
