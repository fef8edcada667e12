// @ts-check
import fc from 'fast-check';
import { guard } from './guard.mjs';

/**
 * A parser, and what it is given.
 *
 * @typedef {object} Target
 * @property {string} name
 * @property {fc.Arbitrary<any>} inputs
 * @property {(input: any) => unknown} read
 * @property {readonly string[] | undefined} [errors] - names of errors it may throw beside those that have a code
 * @property {number | undefined} [caseMs] - time for one input, where it needs more than others
 */

/**
 * Gives one parser inputs until the time or the number of them is used up, or one does harm.
 *
 * @param {Target} target
 * @param {{seed: number, milliseconds: number, runs: number, caseMs?: number}} bounds
 * @returns {Promise<{runs: number, finding?: string}>}
 */
export async function examine({ inputs, read, errors = [], caseMs: own }, bounds) {
  const { seed, milliseconds, runs } = bounds;
  const caseMs = own ?? bounds.caseMs;
  const property = fc.asyncProperty(inputs, (input) => guard(read, input, errors, caseMs));
  const outcome = await fc.check(property, {
    seed,
    numRuns: runs,
    interruptAfterTimeLimit: milliseconds,
  });
  if (outcome.counterexample === null) return { runs: outcome.numRuns };
  const [input] = outcome.counterexample;
  const reason =
    outcome.errorInstance instanceof Error ? outcome.errorInstance.message : 'it failed';
  return { runs: outcome.numRuns, finding: `${reason}\n  with ${shown(input)}` };
}

/** @param {unknown} input */
function shown(input) {
  const text = fc.stringify(input);
  return text.length <= 2000 ? text : `${text.slice(0, 2000)}… (${text.length} characters)`;
}
