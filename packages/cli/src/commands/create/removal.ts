import { fitted, type Io, isMachine, note } from '@skaha/terminal/io.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import { type CreatedSession, isSkahaError, PartialError } from 'skaha';
import type { Deps } from '../../deps.js';
import { Interruption } from '../../exit.js';
import { keepDeleted } from '../session/endings.js';
import type { AfterOptions } from './launch.js';

/** Who has pressed Ctrl-C waits no longer for what is cleaned up, in milliseconds. */
const cleaningMs = 20_000;

const isGone = (error: unknown): boolean => isSkahaError(error, 'session.not_found');

/**
 * Deletes the sessions of this command. Also after Ctrl-C, hence not under the command's signal:
 * a second Ctrl-C ends everything at once.
 *
 * @throws {SkahaError} what could not be deleted; what is gone already is what was asked for
 */
export async function removeSessions(
  io: Io,
  deps: Deps,
  sessions: readonly CreatedSession[],
): Promise<void> {
  const client = await deps.client();
  const signal = io.signal.aborted ? AbortSignal.timeout(cleaningMs) : undefined;
  const ids = sessions.map(({ id }) => id);
  const say = (deleted: readonly { id: string; name: string }[]) => {
    for (const { id, name } of deleted) note(io, `deleted ${id} (${plain(name)})`);
  };
  try {
    const deleted = await client.sessions.destroy(ids, { signal });
    say(deleted);
    await keepDeleted(deps, deleted);
  } catch (error) {
    if (isGone(error)) return;
    if (!(error instanceof PartialError)) throw error;
    say(error.done);
    if (!error.failed.every((one) => isGone(one.error))) throw error;
  }
}

/**
 * After Ctrl-C asks whether the sessions are to be deleted, and does it.
 *
 * @returns those that are still there
 */
async function offerRemoval(
  io: Io,
  deps: Deps,
  sessions: readonly CreatedSession[],
): Promise<readonly CreatedSession[]> {
  const { reason } = io.signal;
  // Nobody is there to answer if the terminal or the pipe was closed.
  const isThere = reason instanceof Interruption && reason.exitStatus === 130;
  const isAgreed = io.assumeYes || (isThere && io.mayAsk && (await confirmRemoval(io, sessions)));
  if (!isAgreed) return sessions;
  try {
    await removeSessions(io, deps, sessions);
    return [];
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    note(io, `Not everything was deleted: ${plain(message)}`);
    if (!(error instanceof PartialError)) return sessions;
    const left = error.failed.filter((one) => !isGone(one.error)).map(({ item }) => item);
    return sessions.filter(({ id }) => left.includes(id));
  }
}

/** Asks after Ctrl-C, when the command's own questions are over. */
async function confirmRemoval(io: Io, sessions: readonly CreatedSession[]): Promise<boolean> {
  const names = sessions.slice(0, 8).map(({ id, name }) => `${plain(name)} (${id})`);
  const more = sessions.length > 8 ? `, … and ${sessions.length - 8} more` : '';
  const question = `Delete ${count(sessions.length, 'session')}: ${names.join(', ')}${more}? [y/N]`;
  io.err(`${fitted(io, question)} `);
  const answer = await io.readLine({ afterwards: true });
  if (answer === undefined) io.err('\n');
  return /^y(?:es)?$/i.test((answer ?? '').trim());
}

/** Says which sessions continue in spite of Ctrl-C, and with `--rm` offers to delete them. */
export async function afterInterruption(
  io: Io,
  deps: Deps,
  sessions: readonly CreatedSession[],
  { rm, attach }: Pick<AfterOptions, 'attach' | 'rm'>,
): Promise<void> {
  if (sessions.length === 0) return;
  if (io.errIsTty && !isMachine(io.format)) io.err('\n');
  const left = rm ? await offerRemoval(io, deps, sessions) : sessions;
  const [first] = left;
  if (first === undefined) return;
  const which = left.map(({ id, name }) => `${plain(name)} (${id})`).join(', ');
  const one = left.length === 1;
  const follow = attach && one ? `, follow it with 'skaha logs -f ${first.id}'` : '';
  const words = left.length > 8 ? 'ID...' : left.map(({ id }) => id).join(' ');
  note(io, `Still there: ${which}.`);
  note(io, `Delete ${one ? 'it' : 'them'} with 'skaha delete ${words}'${follow}.`);
}
