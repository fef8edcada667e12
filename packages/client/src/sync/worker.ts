import { parentPort, workerData } from 'node:worker_threads';
import { SkahaClient } from '../client.js';
import { SkahaError } from '../errors/index.js';
import { pack } from './carry.js';
import type { Answer, Lines, WorkerRequest } from './types.js';

const { answers, port } = workerData as Lines;
const counter = new Int32Array(answers);
const iterators = new Map<number, AsyncIterator<unknown>>();
let client: SkahaClient | undefined;
let made = 0;

function opened(): SkahaClient {
  if (client !== undefined) return client;
  throw new SkahaError('internal', 'The client was not opened.');
}

/** Follows names such as `sessions`, `apps`, `list` to a method, and calls it. */
function call(path: readonly string[], args: readonly unknown[]): unknown {
  let holder: unknown = opened();
  for (const name of path.slice(0, -1)) holder = Reflect.get(Object(holder), name);
  const method: unknown = Reflect.get(Object(holder), path.at(-1) ?? '');
  if (typeof method !== 'function')
    throw new SkahaError('internal', `There is no call ${path.join('.')}.`);
  return Reflect.apply(method, holder, args);
}

const isIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value;

async function handle(request: WorkerRequest): Promise<Answer> {
  switch (request.do) {
    case 'open':
      client = new SkahaClient(request.options);
      return { kind: 'value', value: undefined };
    case 'call': {
      const result = call(request.path, request.args);
      if (!isIterable(result)) return { kind: 'value', value: await result };
      made += 1;
      iterators.set(made, result[Symbol.asyncIterator]());
      return { kind: 'iterator', iterator: made };
    }
    case 'next':
    case 'return': {
      const iterator = iterators.get(request.iterator);
      const step = await (request.do === 'next' ? iterator?.next() : iterator?.return?.());
      if (request.do === 'next' && step?.done === false) return { kind: 'item', value: step.value };
      iterators.delete(request.iterator);
      return { kind: 'end' };
    }
    case 'close':
      await client?.close();
      return { kind: 'value', value: undefined };
  }
}

function answer(given: Answer): void {
  port.postMessage(given);
  Atomics.add(counter, 0, 1);
  Atomics.notify(counter, 0);
}

port.on('message', (request: WorkerRequest) => {
  handle(request).then(answer, (error: unknown) => {
    answer({ kind: 'error', error: pack(error) });
  });
});

process.on('exit', () => {
  // The waiting thread learns that nothing more comes.
  Atomics.store(counter, 0, -1);
  Atomics.notify(counter, 0);
});
// Keeps nobody waiting for a thread that only waits itself.
parentPort?.unref();
