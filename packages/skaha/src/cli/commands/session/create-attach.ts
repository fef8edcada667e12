import type { SkahaClient } from '../../../client.js';
import type { CreatedSession } from '../../../session/types.js';
import { linkSignals } from '../../../utils/signals.js';
import type { Deps } from '../../deps.js';
import type { Io } from '../../io.js';
import { plain } from '../../output/text.js';

const intervalMs = 1000;
/** What a command writes that takes no time is not kept waiting. */
const firstMs = 50;

async function followOne(
  io: Io,
  client: SkahaClient,
  { id, name }: CreatedSession,
  { isMany, signal }: { isMany: boolean; signal: AbortSignal },
): Promise<void> {
  const head = isMany ? `${plain(name)}/${id} │ ` : '';
  for await (const line of client.sessions.follow(id, { intervalMs, firstMs, signal }))
    io.out(head === '' || line.endsWith('\n') ? head + line : `${head}${line}\n`);
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
