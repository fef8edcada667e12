import { SkahaError } from '../errors/index.js';
import type { Configuration } from './schema.js';

/**
 * Creates the error for a context that does not exist.
 *
 * @param name - as asked for
 * @param configuration - whose contexts are named in the hint
 */
export function unknownContext(name: string, configuration: Configuration): SkahaError {
  const names = Object.keys(configuration.contexts);
  return new SkahaError('context.not_found', `There is no context named '${name}'.`, {
    id: name,
    hint:
      names.length === 0
        ? "There are no contexts yet: start a platform on this machine with 'skaha platform start', or add one with 'skaha context add'."
        : `These exist: ${names.join(', ')}.`,
  });
}
