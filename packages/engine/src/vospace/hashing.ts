import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';

/** Memory shared with the worker thread. */
export type Shared = Uint8Array<SharedArrayBuffer>;

/** Checksums in hexadecimal, by Node's names of their algorithms. */
export type Sums = Readonly<Record<string, string>>;

interface Order {
  readonly algorithms: readonly string[];
  readonly line: MessagePort;
}

/**
 * The code of the worker thread. Only the text of this function is sent there, so it must not refer
 * to anything outside.
 */
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
 * Calculates checksums in a thread of its own, which is started when it is first needed. For a
 * large upload they take as long as everything else, and the platform would answer no requests
 * meanwhile.
 */
export class ChecksumThread {
  #worker: Worker | undefined;

  /** Starts one or more checksums of the same bytes. */
  begin(algorithms: readonly string[]): RunningChecksums {
    const { port1, port2 } = new MessageChannel();
    const order: Order = { algorithms, line: port2 };
    this.#worker ??= this.#start();
    this.#worker.postMessage(order, [port2]);
    return new RunningChecksums(port1);
  }

  close(): void {
    // The thread has nothing to clean up.
    void this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(`(${work.toString()})()`, { eval: true, execArgv: [] });
    worker.unref();
    // Its ports close with it, which rejects the pending requests.
    worker.on('error', () => undefined);
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined;
    });
    return worker;
  }
}

/** Checksums in progress; the caller closes them. */
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

  /** Adds bytes, which must not be changed until this resolves. */
  async add(bytes: Shared): Promise<void> {
    await this.#ask(bytes);
  }

  /** The checksums of everything that was added. */
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
