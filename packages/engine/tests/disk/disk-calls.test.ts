import { expect, test } from 'vitest';
import { ManualClock } from '../../../base/tests/manual-clock.js';
import { DiskCalls } from '../../src/disk/disk-calls.js';

const patienceMs = 20_000;
const never = () => new Promise<never>(() => undefined);

/** What becomes of something, without waiting for it. */
function fate(work: Promise<unknown>) {
  const state: { now: unknown } = { now: 'open' };
  work.then(
    (found) => {
      state.now = found;
    },
    (error: { code?: unknown }) => {
      state.now = error.code ?? error;
    },
  );
  return state;
}

test('a disk that hangs is given up, and holds only so many threads', async () => {
  const clock = new ManualClock();
  const steps = new DiskCalls({ clock, atOnce: 2, patienceMs });
  let asked = 0;
  const hung = [1, 2, 3].map(() =>
    fate(
      steps.run(() => {
        asked += 1;
        return never();
      }),
    ),
  );
  await clock.advance(patienceMs / 2);
  const later = fate(steps.run(async () => 'answered'));
  await clock.advance(patienceMs / 2);
  expect([asked, ...hung.map(({ now }) => now)]).toEqual([
    2,
    'ETIMEDOUT',
    'ETIMEDOUT',
    'ETIMEDOUT',
  ]);
  expect(later.now).toBe('open');
  await clock.advance(patienceMs);
  expect(later.now).toBe('ETIMEDOUT');
});

test('what comes too late is put away, and makes room', async () => {
  const clock = new ManualClock();
  const steps = new DiskCalls({ clock, atOnce: 1, patienceMs });
  let answer = (_: string) => {};
  const slow = new Promise<string>((resolve) => {
    answer = resolve;
  });
  const put: string[] = [];
  const first = fate(steps.run(() => slow, { late: (found) => put.push(found) }));
  await clock.advance(patienceMs);
  expect(first.now).toBe('ETIMEDOUT');
  const second = steps.run(async () => 'answered');
  answer('a folder');
  expect(await second).toBe('answered');
  expect(put).toEqual(['a folder']);
});

test('some steps may take longer than others', async () => {
  const clock = new ManualClock();
  const steps = new DiskCalls({ clock, atOnce: 2, patienceMs });
  const patient = fate(steps.run(never, { patienceMs: 3 * patienceMs }));
  const usual = fate(steps.run(never));
  await clock.advance(patienceMs);
  expect([patient.now, usual.now]).toEqual(['open', 'ETIMEDOUT']);
  await clock.advance(patienceMs);
  await clock.advance(patienceMs);
  expect(patient.now).toBe('ETIMEDOUT');
});
