import { linkSignals } from '@skaha/base/signals.js';
import type { Io } from '@skaha/terminal/io.js';
import { plain } from '@skaha/terminal/output/text.js';
import type { CreatedSession, SkahaClient } from 'skaha';
import type { Deps } from '../../deps.js';
import { printLines } from './log-lines.js';

const intervalMs = 1000;

async function followOne(
  io: Io,
  client: SkahaClient,
  { id, name }: CreatedSession,
  { isMany, signal }: { isMany: boolean; signal: AbortSignal },
): Promise<void> {
  const head = isMany ? `${plain(name)}/${id} │ ` : '';
  const lines = client.sessions.follow(id, { intervalMs, signal, encoding: 'latin1' });
  await printLines(io, lines, () => head);
}

/**
 * Prints what sessions write until all have ended; with several, each line says whose it is.
 *
 * @throws {SkahaError} the first failure, which ends the others too
 */
export async function followLogs(
  io: Io,
  deps: Deps,
  sessions: readonly CreatedSession[],
): Promise<void> {
  const client = await deps.client();
  const failed = new AbortController();
  const { signal, release } = linkSignals(io.signal, failed.signal);
  const isMany = sessions.length > 1;
  try {
    await Promise.all(
      sessions.map((session) => followOne(io, client, session, { isMany, signal })),
    );
  } catch (error) {
    failed.abort(error);
    throw error;
  } finally {
    release();
  }
}
