import { type Io, note } from '@skaha/terminal/io.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import { type CreatedSession, isSkahaError, PartialError } from 'skaha';
import type { Deps } from '../../deps.js';
import { Interruption } from '../../interruption.js';

/**
 * Deletes the sessions of this command. Also after Ctrl-C, hence not under the command's signal:
 * a second Ctrl-C ends everything at once.
 *
 * @throws {SkahaError} what could not be deleted
 */
export async function removeSessions(
  io: Io,
  deps: Deps,
  sessions: readonly CreatedSession[],
): Promise<void> {
  const client = await deps.client();
  const tell = (done: readonly { id: string; name: string }[]) => {
    for (const { id, name } of done) note(io, `deleted ${id} (${plain(name)})`);
  };
  try {
    tell(await client.sessions.destroy(sessions.map(({ id }) => id)));
  } catch (error) {
    if (error instanceof PartialError) tell(error.done);
    // Gone is what was asked for.
    const left =
      error instanceof PartialError
        ? error.failed.filter((item) => item.error.code !== 'session.not_found')
        : [];
    if (left.length > 0 || !(error instanceof PartialError || isGone(error))) throw error;
  }
}

const isGone = (error: unknown): boolean => isSkahaError(error, 'session.not_found');

/**
 * After Ctrl-C asks whether the sessions are to be deleted, and does it.
 *
 * @returns false when they are still there
 */
export async function offerRemoval(
  io: Io,
  deps: Deps,
  sessions: readonly CreatedSession[],
): Promise<boolean> {
  const { reason } = io.signal;
  // Who ends the terminal or the pipe is not there to answer.
  const isThere = reason instanceof Interruption && reason.exitStatus === 130;
  const isAgreed = io.assumeYes || (isThere && io.mayAsk && (await asked(io, sessions)));
  if (!isAgreed) return false;
  await removeSessions(io, deps, sessions);
  return true;
}

async function asked(io: Io, sessions: readonly CreatedSession[]): Promise<boolean> {
  const names = sessions.slice(0, 8).map(({ id, name }) => `${plain(name)} (${id})`);
  const more = sessions.length > 8 ? `, … and ${sessions.length - 8} more` : '';
  io.err(`Delete ${count(sessions.length, 'session')}: ${names.join(', ')}${more}? [y/N] `);
  const answer = await io.readLine({ afterwards: true });
  if (answer === undefined) io.err('\n');
  return /^y(?:es)?$/i.test((answer ?? '').trim());
}
