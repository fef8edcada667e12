import type { Io } from '@skaha/terminal/io.js';
import { usageError } from '@skaha/terminal/usage.js';
import type { ArgumentSpec } from '../../command.js';
import type { Deps } from '../../deps.js';
import { selectSessions } from '../../select.js';

/** The desktop a command is about. */
export const desktopArgument: ArgumentSpec<'desktop'> = {
  key: 'desktop',
  value: 'SESSION',
  help: "the desktop: an id, a unique name, or 'latest'",
  required: true,
};

/**
 * Finds the desktop that is meant.
 *
 * @returns its id
 * @throws {SkahaError} session.not_found, command.usage when it is no desktop
 */
export async function findDesktop(io: Io, deps: Deps, word: string): Promise<string> {
  const { ids, known, missing } = await selectSessions(io, deps, [word]);
  if (missing[0] !== undefined) throw missing[0].error;
  const [id] = ids;
  if (id === undefined || ids.length > 1)
    throw usageError('Name one desktop.', "See your desktops with 'skaha ps -k desktop'.");
  const kind = known.get(id)?.kind;
  if (kind !== undefined && kind !== 'desktop')
    throw usageError(
      `The session ${id} is of kind ${kind}: only a desktop has programs.`,
      "See your desktops with 'skaha ps -k desktop'.",
    );
  return id;
}
