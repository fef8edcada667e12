import { expect, onTestFinished, test, vi } from 'vitest';
import { systemClock } from '../src/clock.js';

test('a pause of more than 2³¹ milliseconds, or without an end, is one', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const ended: string[] = [];
  void systemClock.sleep(2 ** 32).then(() => ended.push('long'));
  const giveUp = new AbortController();
  const endless = systemClock.sleep(Number.POSITIVE_INFINITY, giveUp.signal);
  await vi.advanceTimersByTimeAsync(2 ** 32 - 1);
  expect(ended).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(ended).toEqual(['long']);
  giveUp.abort(new Error('enough'));
  await expect(endless).rejects.toThrow('enough');
});

test('a pause ends by itself, or at once with the reason of its signal', async () => {
  await systemClock.sleep(1);
  const controller = new AbortController();
  const pause = systemClock.sleep(1_000_000, controller.signal);
  controller.abort(new Error('enough'));
  await expect(pause).rejects.toThrow('enough');
  await expect(systemClock.sleep(1, controller.signal)).rejects.toThrow('enough');
});
