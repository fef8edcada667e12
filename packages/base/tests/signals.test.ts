import { getEventListeners } from 'node:events';
import { describe, expect, test, vi } from 'vitest';
import { JumpingClock, rejection } from '../../client/tests/fixtures.js';
import { systemClock } from '../src/clock.js';
import { Semaphore } from '../src/semaphore.js';
import { DeadlineReached, delayedSignal, linkSignals, withDeadline } from '../src/signals.js';

const never = () => new AbortController().signal;

describe('linked signals', () => {
  test('abort with the first reason', () => {
    const [a, b] = [new AbortController(), new AbortController()];
    const { signal } = linkSignals(undefined, a.signal, b.signal);
    b.abort('b');
    a.abort('a');
    expect(signal.reason).toBe('b');
  });

  test('have aborted when a source has', () => {
    const source = AbortSignal.abort('before');
    expect(linkSignals(never(), source).signal.reason).toBe('before');
  });

  test('let go', () => {
    const source = new AbortController();
    const { signal, release } = linkSignals(source.signal);
    release();
    source.abort();
    expect(signal.aborted).toBe(false);
  });

  test('many on one source cause no warning', async () => {
    const warnings: string[] = [];
    const note = (warning: Error) => warnings.push(warning.name);
    process.on('warning', note);
    const source = new AbortController();
    const linked = Array.from({ length: 50 }, () => linkSignals(source.signal));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', note);
    expect(warnings).toEqual([]);
    source.abort('all');
    expect(linked.map(({ signal }) => signal.reason)).toEqual(linked.map(() => 'all'));
  });
});

describe('deadlines', () => {
  const hang = (signal: AbortSignal) =>
    new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    });

  test('end what takes too long', async () => {
    expect(await rejection(withDeadline(new JumpingClock(), 5, undefined, hang))).toBeInstanceOf(
      DeadlineReached,
    );
  });

  test("pass the caller's signal on, and results through", async () => {
    const abort = new AbortController();
    const call = rejection(withDeadline(new JumpingClock(), 20_000, abort.signal, hang));
    abort.abort('mine');
    expect(await call).toBe('mine');
    expect(await withDeadline(new JumpingClock(), 20_000, undefined, async () => 7)).toBe(7);
  });

  test('a delayed signal follows late, unless let go', async () => {
    const clock = new JumpingClock();
    const source = new AbortController();
    const late = delayedSignal(clock, 100, source.signal);
    source.abort('reason');
    expect(late.signal.aborted).toBe(false);
    await vi.waitFor(() => expect(late.signal.reason).toBe('reason'));
    const another = new AbortController();
    const free = delayedSignal(clock, 100, another.signal);
    free.release();
    another.abort();
    // One more of the same kind, later: when it has followed, this one would have.
    const witness = delayedSignal(clock, 100, AbortSignal.abort('later'));
    await vi.waitFor(() => expect(witness.signal.aborted).toBe(true));
    expect(free.signal.aborted).toBe(false);
    expect(delayedSignal(clock, 1, undefined).signal.aborted).toBe(false);
  });
});

describe('a semaphore', () => {
  test('lets few in, in order of arrival', async () => {
    const semaphore = new Semaphore(2);
    const order: string[] = [];
    let inside = 0;
    let most = 0;
    await Promise.all(
      ['a', 'b', 'c', 'd', 'e'].map((name) =>
        semaphore.run(never(), async () => {
          order.push(name);
          inside += 1;
          most = Math.max(most, inside);
          await new Promise((resolve) => setImmediate(resolve));
          inside -= 1;
        }),
      ),
    );
    expect(order.join('')).toBe('abcde');
    expect(most).toBe(2);
  });

  test('those who give up leave the queue', async () => {
    const semaphore = new Semaphore(1);
    let finish: () => void = () => {};
    const holder = semaphore.run(never(), () => new Promise<void>((resolve) => (finish = resolve)));
    const abort = new AbortController();
    const waiting = rejection(semaphore.run(abort.signal, async () => 'never'));
    abort.abort('gone');
    expect(await waiting).toBe('gone');
    const next = semaphore.run(never(), async () => 'next');
    finish();
    await holder;
    expect(await next).toBe('next');
    const late = rejection(semaphore.run(AbortSignal.abort('late'), async () => 1));
    expect(await late).toBe('late');
  });

  test('a failure frees the place', async () => {
    const semaphore = new Semaphore(1);
    await rejection(semaphore.run(never(), () => Promise.reject(new Error('x'))));
    expect(await semaphore.run(never(), async () => 1)).toBe(1);
  });
});

test('many who sleep under one signal share a listener, and wake with its reason', async () => {
  const controller = new AbortController();
  const sleeps = Array.from({ length: 50 }, () => systemClock.sleep(600_000, controller.signal));
  expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
  const reason = new Error('enough');
  controller.abort(reason);
  const ends = await Promise.allSettled(sleeps);
  expect(ends.every((end) => end.status === 'rejected' && end.reason === reason)).toBe(true);
});
