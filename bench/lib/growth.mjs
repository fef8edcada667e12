// @ts-check

/**
 * How a cost grows: the exponent `e` for which it goes up as `n` to the power of `e`, fitted by least
 * squares. 1 is in step with the number, 2 with its square.
 *
 * @param {readonly (readonly [number: number, cost: number])[]} points
 */
export function exponentOf(points) {
  const logs = points.map(([number, cost]) => [Math.log(number), Math.log(cost)]);
  /** @param {number} column */
  const mean = (column) => logs.reduce((sum, one) => sum + (one[column] ?? 0), 0) / logs.length;
  const [x, y] = [mean(0), mean(1)];
  let above = 0;
  let below = 0;
  for (const [one = 0, other = 0] of logs) {
    above += (one - x) * (other - y);
    below += (one - x) ** 2;
  }
  return above / below;
}

/**
 * The figure of a growth: above its budget the bench fails.
 *
 * @param {string} name
 * @param {readonly (readonly [number: number, cost: number])[]} points - cost of all of so many
 * @returns {import('./figures.mjs').Figure}
 */
export const growth = (name, points) => ({
  name: `growth of ${name}`,
  against: `their number, to this power (${points.map(([number]) => number.toLocaleString('en')).join(', ')})`,
  value: exponentOf(points),
  reference: 1,
  unit: 'exponent',
});
