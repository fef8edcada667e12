// @ts-check
import { parseArgs } from 'node:util';

/**
 * Ends the script: it was called in a way it does not know.
 *
 * @param {string} message
 * @param {string} usage
 * @returns {never}
 */
export function refuse(message, usage) {
  process.stderr.write(`${message}\n\n${usage}`);
  process.exit(2);
}

/**
 * The options of a script from its command line; prints how to use it and ends when asked to.
 *
 * @template {import('node:util').ParseArgsConfig['options'] & {}} Options
 * @param {Options} options
 * @param {string} usage
 */
export function readOptions(options, usage) {
  if (process.argv.slice(2).some((word) => word === '--help' || word === '-h')) {
    process.stdout.write(usage);
    process.exit(0);
  }
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error), usage);
  }
}
