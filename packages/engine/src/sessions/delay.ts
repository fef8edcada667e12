import type { Capacity } from './capacity.js';

/** Beyond this many states of the machine nothing is proved any more. */
const mostSums = 4_096;

/**
 * Tests whether a session that starts now could make one before it in the queue start later. Nobody
 * knows when sessions end, so it may not, whichever of those that run end first.
 *
 * @param small - what would start now
 * @param blocked - what waits before it, in order
 * @param running - what runs
 * @param capacity - what there is to give
 */
export function delays(
  small: Capacity,
  blocked: readonly Capacity[],
  running: readonly Capacity[],
  capacity: Capacity,
): boolean {
  return blocked.some((waiting, index) => {
    // Those before it in the queue may run by then.
    const others = [...running, ...blocked.slice(0, index)];
    return dimensions.some((measure) => {
      const room = measure(capacity) - measure(waiting);
      return canFall(others.map(measure), room - measure(small), room);
    });
  });
}

/** Whole numbers, which add up exactly: thousandths of cores, and MiB. */
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
