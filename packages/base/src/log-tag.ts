/**
 * A few letters and digits that distinguish the log lines of one run from those of another.
 *
 * @param random - a number from 0 up to 1
 */
export const logTag = (random: () => number): string =>
  Math.floor(random() * 36 ** 5)
    .toString(36)
    .padStart(5, '0');
