// @ts-check
// Just enough to say what must be, in every runtime and without a module of any of them.

/** @param {unknown} value */
const shown = (value) => (value instanceof Error ? `${value}` : JSON.stringify(value));

/**
 * @param {unknown} condition
 * @param {string} what - what must hold
 * @returns {asserts condition}
 */
export function holds(condition, what) {
  if (!condition) throw new Error(`not so: ${what}`);
}

/**
 * @param {unknown} actual
 * @param {unknown} expected - plain data
 */
export function equal(actual, expected) {
  holds(
    JSON.stringify(actual) === JSON.stringify(expected),
    `${shown(actual)} is ${shown(expected)}`,
  );
}

/**
 * The error with which a promise is rejected.
 *
 * @param {Promise<unknown>} work
 * @returns {Promise<any>}
 */
export async function rejection(work) {
  let value;
  try {
    value = await work;
  } catch (error) {
    return error;
  }
  throw new Error(`not so: rejected, but came to ${shown(value)}`);
}
