// @ts-check
// What must hold whatever a parser is given: it ends in time, it throws nothing but the errors of
// this project, and it leaves the prototypes of the language alone.
import { createContext, Script } from 'node:vm';

/** Time for one case, in milliseconds. Inputs are small: what takes longer grows too fast. */
export const caseMs = 2000;

/** A fault that a case brought to light. */
export class Finding extends Error {}

const context = createContext({});
const call = new Script('work()');
const watched = [Object.prototype, Array.prototype, String.prototype, Function.prototype];
const before = watched.map((prototype) => Reflect.ownKeys(prototype).length);

/**
 * The result of a piece of work that is ended, loops and patterns included, when it takes too long.
 *
 * @param {() => unknown} work
 * @param {number} milliseconds
 */
function inTime(work, milliseconds) {
  context['work'] = work;
  try {
    return call.runInContext(context, { timeout: milliseconds });
  } catch (error) {
    if (codeOf(error) === 'ERR_SCRIPT_EXECUTION_TIMEOUT') {
      throw new Finding(`it did not end within ${milliseconds} ms`);
    }
    throw error;
  }
}

/** @param {unknown} error */
const codeOf = (error) =>
  // An error of the other context is none of this one's errors.
  typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;

/**
 * Lets a parser read one input.
 *
 * @param {(input: any) => unknown} read
 * @param {unknown} input
 * @param {readonly string[]} errors - names of errors that it may throw beside those with a code
 * @param {number} [milliseconds]
 */
export async function guard(read, input, errors, milliseconds = caseMs) {
  let result;
  try {
    result = inTime(() => read(input), milliseconds);
    if (result instanceof Promise) result = await result;
  } catch (error) {
    if (error instanceof Finding) throw error;
    if (!isKnown(error) && !(error instanceof Error && errors.includes(error.name))) {
      throw new Finding(`it threw ${describe(error)}`);
    }
    if (error instanceof Error && error.message === '') throw new Finding('its error says nothing');
  }
  checkPrototypes();
  checkShape(result, 0);
}

/**
 * Whether it is an error of this project: it has one of the stable codes, such as `config.invalid`.
 *
 * @param {unknown} error
 */
const isKnown = (error) => /^[a-z_]+\.[a-z_]+$/.test(String(codeOf(error) ?? ''));

/** @param {unknown} error */
const describe = (error) =>
  error instanceof Error ? (error.stack ?? error.message) : `the value ${String(error)}`;

function checkPrototypes() {
  for (const [index, prototype] of watched.entries()) {
    if (Reflect.ownKeys(prototype).length !== before[index]) {
      throw new Finding('it changed a prototype of the language');
    }
  }
}

/**
 * An object whose prototype came from the input would have fields that nobody gave it.
 *
 * @param {unknown} value
 * @param {number} depth
 */
function checkShape(value, depth) {
  if (typeof value !== 'object' || value === null || depth > 6) return;
  const prototype = Object.getPrototypeOf(value);
  if (
    prototype !== null &&
    typeof Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value !== 'function'
  ) {
    throw new Finding('a result has a prototype that came from the input');
  }
  if (!Array.isArray(value) && prototype !== Object.prototype) return;
  for (const inner of Object.values(value).slice(0, 50)) checkShape(inner, depth + 1);
}
