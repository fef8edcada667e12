import type { Capacity } from './capacity.js';

/** With more states of the machine than this, the test gives up and assumes a delay. */
const mostSums = 4_096;

/**
 * Tests whether starting a session now could delay one before it in the queue. It is not known when
 * sessions end, so there must be no delay whichever running sessions end first.
 *
 * @param small - the session that would start now
 * @param blocked - the sessions that wait before it, in order
 * @param running - the running sessions
 * @param capacity - the total resources
 */
export function delays(
  small: Capacity,
  blocked: readonly Capacity[],
  running: readonly Capacity[],
  capacity: Capacity,
): boolean {
  return blocked.some((waiting, index) => {
    // Sessions before it in the queue may be running by then.
    const others = [...running, ...blocked.slice(0, index)];
    return dimensions.some((measure) => {
      const room = measure(capacity) - measure(waiting);
      return canFall(others.map(measure), room - measure(small), room);
    });
  });
}

/** Integers, which add up exactly: thousandths of cores, and MiB. */
const dimensions: readonly ((amount: Capacity) => number)[] = [
  ({ cores }) => Math.ceil(cores * 1_000 - 1e-6),
  ({ memory }) => Math.ceil(memory / 2 ** 20),
];

/** Whether some of these amounts add up to more than `above`, and at most `most`. */
function canFall(amounts: readonly number[], above: number, most: number): boolean {
  if (above >= most) return false;
  if (above < 0) return true;
  let sums = new Set([0]);
  for (const amount of amounts) {
    const more = new Set(sums);
    for (const sum of sums) {
      const next = sum + amount;
      if (next > most) continue;
      if (next > above) return true;
      more.add(next);
    }
    if (more.size > mostSums) return true;
    sums = more;
  }
  return false;
}
