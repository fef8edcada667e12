import { describe, expect, test } from 'vitest';
import { Alarm } from '../src/alarm.js';
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
