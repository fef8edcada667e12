/** What can go wrong between a person and a terminal. */
export type UsageErrorCode =
  | 'command.usage'
  | 'command.cancelled'
  | 'interaction.required'
  | 'output.conflict'
  | 'output.unsupported_mode';

/** An error of the person at the keyboard, or of what was asked of them. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code: UsageErrorCode;
  /** What to do next, in one sentence. */
  readonly hint: string | undefined;

  constructor(code: UsageErrorCode, message: string, { hint }: { hint?: string | undefined } = {}) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}

/**
 * An error in what was typed.
 *
 * @param message - what is wrong
 * @param hint - what to write instead
 */
export const usageError = (message: string, hint?: string): UsageError =>
  new UsageError('command.usage', message, { hint });

/**
 * Refuses options that contradict each other.
 *
 * @param given - what was given, by the words that were typed
 * @param hint - what to write instead
 * @returns the only one; undefined when none was given
 * @throws {UsageError} `command.usage` for more than one
 */
export function onlyOne(given: Readonly<Record<string, boolean>>, hint?: string) {
  const names = Object.keys(given).filter((name) => given[name] === true);
  if (names.length > 1) throw usageError(`${names.join(' and ')} cannot be used together.`, hint);
  return names[0];
}
