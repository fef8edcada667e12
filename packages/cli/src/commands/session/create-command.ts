import { usageError } from '@skaha/terminal/usage.js';
import { scriptCommand, ValidationError } from 'skaha';
import { readScript } from 'skaha/internal/session/script.js';
import type { Deps } from '../../deps.js';
import { readBytes } from '../../text-file.js';

/** The options about what a headless session runs. */
export interface CommandOptions {
  command: readonly string[];
  script?: string | undefined;
  sh?: string | undefined;
}

/**
 * Refuses commands that contradict each other, or that the kind does not run.
 *
 * @throws {SkahaError} command.usage
 */
export function checkCommand(kind: string, { command, script, sh }: CommandOptions): void {
  const given = [
    ...(script === undefined ? [] : ['--script']),
    ...(sh === undefined ? [] : ['--sh']),
    ...(command.length === 0 ? [] : ["a command after '--'"]),
  ];
  const [first] = given;
  if (first !== undefined && given.length > 1)
    throw usageError(
      `${given.join(' and ')} cannot be used together.`,
      'Each of them says what the session runs.',
    );
  if (first?.startsWith('--') && kind !== 'headless')
    throw usageError(
      `The option ${first} is for headless sessions; a ${kind} session ignores it.`,
      'Leave it out, or launch a headless session.',
    );
}

/** The program and its arguments, as they are sent. */
export async function readCommand(
  deps: Deps,
  { command, script, sh }: CommandOptions,
): Promise<{ cmd?: string | undefined; args?: readonly string[] | undefined }> {
  if (script === undefined && sh === undefined) {
    const [cmd, ...args] = command;
    return { cmd, args: cmd === undefined ? undefined : args };
  }
  const content = sh ?? (await readBytes(deps, script ?? '', '--script'));
  try {
    for (const change of readScript(content).notes)
      deps.logger.warn(`${script ?? '--sh'}: ${change}`);
    return scriptCommand(content);
  } catch (error) {
    if (error instanceof ValidationError) throw usageError(error.message, error.hint);
    throw error;
  }
}
