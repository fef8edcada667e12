import { engineError } from './engine-error.js';

/** A command that the engine could not start. */
export interface StartFailure {
  /** Exit status a shell would leave. */
  readonly status: 126 | 127;
  /** For the log. */
  readonly line: string;
}

/** There is no such command. */
export const noCommand = (word: string): StartFailure => ({
  status: 127,
  line: `cannot run "${word}": no such command in this session\n`,
});

/** How runc and crun speak of the command; they speak of other missing files too. */
const ofTheCommand = /exec: "|executable file|open executable|invoke a command|exec format/i;

/**
 * What it means that a container could not be started: its command is not there or cannot be run.
 * Undefined when it is something else.
 *
 * @param word - the first word of the command; undefined when it is the image's own
 */
export function startFailure(error: unknown, word: string | undefined): StartFailure | undefined {
  const { message, status } = engineError(error);
  if (status === undefined || !ofTheCommand.test(message)) return undefined;
  const shown = word ?? /exec: "([^"]*)"/.exec(message)?.[1] ?? 'the command of the image';
  if (/exec format/i.test(message)) {
    return { status: 126, line: `cannot run "${shown}": this machine cannot execute it\n` };
  }
  // What is a directory, or may not be run, is no command either, as in the other runners.
  return /not found|no such file|permission denied|is a directory/i.test(message)
    ? noCommand(shown)
    : undefined;
}
