import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';

/** Memory that this thread and the other one see. */
export type Shared = Uint8Array<SharedArrayBuffer>;

/** Checksums in hexadecimal, by the names of their algorithms in Node. */
export type Sums = Readonly<Record<string, string>>;

interface Order {
  readonly algorithms: readonly string[];
  readonly line: MessagePort;
}

/** What the other thread does. Only this text goes there, so it is complete in itself. */
function work(): void {
  const { createHash } = process.getBuiltinModule('node:crypto');
  const { parentPort } = process.getBuiltinModule('node:worker_threads');
  parentPort?.on('message', ({ algorithms, line }: Order) => {
    const hashes = algorithms.map((name) => [name, createHash(name)] as const);
    line.on('message', (bytes: Shared | undefined) => {
      if (bytes === undefined) {
        line.postMessage(
          Object.fromEntries(hashes.map(([name, hash]) => [name, hash.digest('hex')])),
        );
      } else {
        for (const [, hash] of hashes) hash.update(bytes);
        line.postMessage(undefined);
      }
    });
  });
}

/**
 * Works out checksums in a thread of its own: for a large upload that takes as long as all the rest
 * together, and meanwhile the platform would answer nobody. The thread begins with the first of them.
 */
export class ChecksumThread {
  #worker: Worker | undefined;

  /** Begins checksums of the same bytes. */
  begin(algorithms: readonly string[]): RunningChecksums {
    const { port1, port2 } = new MessageChannel();
    const order: Order = { algorithms, line: port2 };
    this.#worker ??= this.#start();
    this.#worker.postMessage(order, [port2]);
    return new RunningChecksums(port1);
  }

  close(): void {
    // It holds nothing that it would have to put away.
    void this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(`(${work.toString()})()`, { eval: true, execArgv: [] });
    worker.unref();
    // Its lines close with it, and so tell those that wait.
    worker.on('error', () => undefined);
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined;
    });
    return worker;
  }
}

/** Checksums that are worked out piece by piece; the caller closes them. */
export class RunningChecksums {
  readonly #line: MessagePort;
  readonly #waiting: { resolve(sums: Sums): void; reject(error: Error): void }[] = [];
  #isClosed = false;

  constructor(line: MessagePort) {
    this.#line = line;
    line.on('message', (sums: Sums = {}) => this.#waiting.shift()?.resolve(sums));
    line.on('close', () => {
      this.#isClosed = true;
      const error = new Error('the thread of the checksums ended');
      for (const { reject } of this.#waiting.splice(0)) reject(error);
    });
  }

  /** Adds bytes, which must stay as they are until this resolves. */
  async add(bytes: Shared): Promise<void> {
    await this.#ask(bytes);
  }

  /** The checksums of all that was added. */
  async end(): Promise<Sums> {
    return await this.#ask(undefined);
  }

  close(): void {
    this.#line.close();
  }

  async #ask(message: Shared | undefined): Promise<Sums> {
    if (this.#isClosed) throw new Error('the thread of the checksums ended');
    return await new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#line.postMessage(message);
    });
  }
}
