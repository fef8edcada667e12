import { linkSignals } from '@skaha/base/signals.js';
import type { Io } from '@skaha/terminal/io.js';
import { progressMode } from '@skaha/terminal/output/progress-option.js';
import { createSteps } from '@skaha/terminal/output/steps.js';
import { plain } from '@skaha/terminal/output/text.js';
import type { CreatedSession, SkahaClient } from 'skaha';
import type { Deps } from '../../deps.js';
import { LineWriter } from './log-lines.js';
import { WaitingTeller } from './waiting.js';

const intervalMs = 1000;
/** What a command writes that takes no time is not kept waiting. */
const firstMs = 50;

async function followOne(
  client: SkahaClient,
  { id, name }: CreatedSession,
  { isMany, signal, writer }: { isMany: boolean; signal: AbortSignal; writer: LineWriter },
): Promise<void> {
  const head = isMany ? `${plain(name)}/${id} │ ` : '';
  const how = { intervalMs, firstMs, signal, encoding: 'latin1' } as const;
  try {
    for await (const line of client.sessions.follow(id, how)) writer.write(id, head, line);
  } finally {
    writer.end(id);
  }
}

/**
 * Prints what sessions write until all have ended; with several, each line says whose it is. As long
 * as one has not started, it says why.
 *
 * @throws {SkahaError} the first failure, which ends the others too
 */
export async function followLogs(
  io: Io,
  deps: Deps,
  sessions: readonly CreatedSession[],
  progress: string,
): Promise<void> {
  const client = await deps.client();
  const failed = new AbortController();
  const { signal, release } = linkSignals(io.signal, failed.signal);
  const isMany = sessions.length > 1;
  const writer = new LineWriter(io);
  const total = sessions.length;
  const mode = progressMode(progress);
  const steps = createSteps(io, { mode, now: deps.now, fewItems: total, tellsAll: true });
  const waiting = new WaitingTeller(deps, {
    ids: () => sessions.map(({ id }) => id),
    tell: (what) => steps.step({ event: 'wait', ...what, summary: what.text, done: 0, total }),
    tellsStart: true,
    signal,
  });
  waiting.begin();
  try {
    await Promise.all(
      sessions.map((session) => followOne(client, session, { isMany, signal, writer })),
    );
  } catch (error) {
    failed.abort(error);
    throw error;
  } finally {
    await waiting.end();
    release();
  }
}
