import { SkahaError } from '../errors/index.js';

/**
 * An error of the person at the keyboard: exit status 2.
 *
 * @param message - what is wrong
 * @param hint - what to write instead
 */
export function usageError(message: string, hint?: string): SkahaError {
  return new SkahaError('command.usage', message, { hint });
}

/** The reason with which a signal or a closed pipe ends a command. */
export class Interruption extends SkahaError {
  /** The exit status it leads to; a closed pipe is a normal end. */
  readonly exitStatus: 0 | 130 | 143;

  constructor(by: 'SIGINT' | 'SIGTERM' | 'closed pipe') {
    super('command.cancelled', by === 'SIGTERM' ? 'Terminated.' : 'Cancelled.', {
      hint: 'What had already been asked of the server still stands.',
    });
    this.exitStatus = by === 'SIGINT' ? 130 : by === 'SIGTERM' ? 143 : 0;
  }
}
