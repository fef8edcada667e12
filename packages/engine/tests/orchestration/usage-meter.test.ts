import { expect, onTestFinished, test, vi } from 'vitest';
import { UsageMeter } from '../../src/orchestration/usage-meter.js';
import type { RunUsage } from '../../src/ports/runner.js';

/** A meter on a clock that the test moves, and what it finds. */
function setUp() {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const counted = new Map<string, RunUsage>();
  const meter = new UsageMeter(
    async (keys) => new Map([...counted].filter(([key]) => keys.includes(key))),
  );
  onTestFinished(() => meter.close());
  return { meter, counted };
}

test('a rate is what was used in the time since the last look', async () => {
  const { meter, counted } = setUp();
  meter.watch('a', true);
  expect(meter.of('a')).toBeUndefined();
  counted.set('a', { cpuSeconds: 3, memory: 100 });
  await vi.advanceTimersByTimeAsync(2_000);
  expect(meter.of('a')).toEqual({ cores: 1.5, memory: 100 });
  counted.set('a', { cpuSeconds: 3.5, memory: 200, peakMemory: 300 });
  await vi.advanceTimersByTimeAsync(2_000);
  expect(meter.of('a')).toEqual({ cores: 0.25, memory: 200, peakMemory: 300 });
});

test('a run found again has no rate before the second look', async () => {
  const { meter, counted } = setUp();
  meter.watch('a', true, false);
  counted.set('a', { cpuSeconds: 500, memory: 100 });
  await vi.advanceTimersByTimeAsync(2_000);
  expect(meter.of('a')).toBeUndefined();
  counted.set('a', { cpuSeconds: 501, memory: 100 });
  await vi.advanceTimersByTimeAsync(2_000);
  expect(meter.of('a')).toEqual({ cores: 0.5, memory: 100 });
});

test('what does not run, or is not counted, has no figures, and nothing ticks for it', async () => {
  const { meter } = setUp();
  meter.watch('a', true);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(meter.of('a')).toBeUndefined();
  expect(vi.getTimerCount()).toBe(1);
  meter.watch('a', false);
  expect(vi.getTimerCount()).toBe(0);
});
