import { type Io, isMachine } from '../io.js';
import { UsageError } from '../usage.js';
import type { Prompts } from './types.js';

/** Whether there is somebody to ask: a keyboard, and a screen that is not read by a program. */
export const canAsk = (io: Io): boolean => io.mayAsk && io.errIsTty && !isMachine(io.format);

/**
 * Makes the error for something that is missing where nobody can be asked.
 *
 * @param missing - what is missing, as a sentence
 * @param hint - which option to give
 */
export const interactionRequired = (missing: string, hint: string): UsageError =>
  new UsageError('interaction.required', `${missing} Questions cannot be asked here.`, { hint });

/**
 * Asks the person at the terminal.
 *
 * @param io - the terminal
 * @param deps - what asks
 * @param missing - what is missing, as a sentence; said where nobody can be asked
 * @param hint - which option to give there
 * @param question - asks
 * @throws {UsageError} `interaction.required` without a terminal, `command.cancelled`
 */
export async function ask(
  io: Io,
  deps: { prompts(): Promise<Prompts> },
  missing: string,
  hint: string,
  question: (prompts: Prompts) => Promise<string>,
): Promise<string> {
  if (!canAsk(io)) throw interactionRequired(missing, hint);
  return question(await deps.prompts());
}
