import { Alarm, systemClock } from '@skaha/service/clock.js';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { ManualClock } from './manual-clock.js';

describe('the alarm', () => {
  const setUp = () => {
    const clock = new ManualClock(0);
    const rung: number[] = [];
    const alarm = new Alarm(clock, () => rung.push(clock.now()));
    return { clock, rung, alarm };
  };

  test('it rings once, at its time, however far away', async () => {
    const { clock, rung, alarm } = setUp();
    alarm.set(200_000);
    await clock.advance(199_999);
    expect(rung).toEqual([]);
    await clock.advance(1_000_000);
    expect(rung).toEqual([200_000]);
  });

  test('setting it again replaces the time; clearing it silences it', async () => {
    const { clock, rung, alarm } = setUp();
    alarm.set(1_000);
    alarm.set(5_000);
    alarm.set(5_000);
    await clock.advance(4_000);
    expect(clock.sleepers).toBe(1);
    alarm.set(Number.POSITIVE_INFINITY);
    expect(clock.sleepers).toBe(0);
    alarm.set(5_000);
    alarm.clear();
    await clock.advance(10_000);
    expect(rung).toEqual([]);
  });

  test('a time that has passed rings soon, but never inside the call', async () => {
    const { clock, rung, alarm } = setUp();
    alarm.set(-1);
    expect(rung).toEqual([]);
    await clock.advance(0);
    expect(rung).toEqual([0]);
    alarm.set(-1);
    await clock.advance(0);
    expect(rung).toEqual([0, 0]);
  });
});

describe('the clock of the machine', () => {
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
});
