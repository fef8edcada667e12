import { expect, test } from 'vitest';
import { looks } from '../../src/output/watch.js';

const busy = Object.assign(new Error('Busy.'), { retryable: true });
const broken = Object.assign(new Error('Broken.'), { retryable: false });

/** Looks until `count` values were seen, with a clock that only notes its pauses. */
async function look(read: () => Promise<number>, count: number, signal?: AbortSignal) {
  const pauses: number[] = [];
  const told: [string, number][] = [];
  const clock = {
    now: () => 0,
    sleep: async (milliseconds: number) => {
      pauses.push(milliseconds);
      signal?.throwIfAborted();
    },
  };
  const io = { signal: signal ?? new AbortController().signal };
  const onFailure = (error: Error, pause: number) => void told.push([error.message, pause]);
  const seen: number[] = [];
  for await (const value of looks(io, { clock }, read, { intervalMs: 5000, onFailure })) {
    seen.push(value);
    if (seen.length === count) break;
  }
  return { seen, pauses, told };
}

test('while the server is busy the pauses grow, and are back to normal afterwards', async () => {
  const script = [1, busy, busy, 2, 3];
  const read = async () => {
    const next = script.shift();
    if (typeof next === 'number') return next;
    throw next;
  };
  expect(await look(read, 3)).toEqual({
    seen: [1, 2, 3],
    pauses: [5000, 10_000, 20_000, 5000],
    told: [
      ['Busy.', 10_000],
      ['Busy.', 20_000],
    ],
  });
});

test('pauses have a bound, and so has patience', async () => {
  let calls = 0;
  const read = async () => {
    calls += 1;
    throw busy;
  };
  await expect(look(read, 1)).rejects.toBe(busy);
  expect(calls).toBe(6);
});

test('what will not pass ends it at once', async () => {
  await expect(look(() => Promise.reject(broken), 1)).rejects.toBe(broken);
});

test('cancelling says why', async () => {
  const controller = new AbortController();
  const read = async () => {
    controller.abort(new Error('stop'));
    throw busy;
  };
  await expect(look(read, 1, controller.signal)).rejects.toThrow('stop');
});
