import { SkahaError } from '../errors/index.js';

/**
 * Makes the error for a file that cannot be used.
 *
 * @param path - of the file
 * @param reason - follows the path in the message
 */
export function invalidFile(path: string, reason: string, hint?: string): SkahaError {
  return new SkahaError('config.invalid', `The configuration file ${path} ${reason}.`, {
    hint: hint ?? `Correct the file, or move it away to start again: mv '${path}' '${path}.old'`,
  });
}
