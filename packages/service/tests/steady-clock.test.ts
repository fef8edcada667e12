import { expect, test } from 'vitest';
import { steadyClock } from '../src/steady-clock.js';

test('a pause takes its time, and ends with the reason of its signal', async () => {
  const before = steadyClock.now();
  await steadyClock.sleep(20);
  expect(steadyClock.now() - before).toBeGreaterThan(15);
  const stop = new AbortController();
  const pause = steadyClock.sleep(60_000, stop.signal);
  stop.abort(new Error('enough'));
  await expect(pause).rejects.toThrow('enough');
  await expect(steadyClock.sleep(0, stop.signal)).rejects.toThrow('enough');
});
