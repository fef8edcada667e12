// @ts-check

/** @param {readonly number[]} values */
export const median = (values) =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/**
 * Median times of several things, done in turns so that what else the machine does meets all.
 *
 * @param {number} rounds
 * @param {Readonly<Record<string, () => Promise<unknown>>>} works
 * @returns {Promise<Record<string, number>>} milliseconds
 */
export async function inTurns(rounds, works) {
  /** @type {Record<string, number[]>} */
  const times = Object.fromEntries(Object.keys(works).map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, work] of Object.entries(works)) {
      const started = performance.now();
      await work();
      times[name]?.push(performance.now() - started);
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, taken]) => [name, median(taken)]));
}
