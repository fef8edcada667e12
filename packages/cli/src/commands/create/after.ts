import { isLoopback } from '@skaha/base/server-url.js';
import { linkSignals } from '@skaha/base/signals.js';
import { type Io, isMachine, note } from '@skaha/terminal/io.js';
import { LineWriter } from '@skaha/terminal/output/prefixed-lines.js';
import { progressMode } from '@skaha/terminal/output/progress-option.js';
import { createSteps } from '@skaha/terminal/output/steps.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import { usageError } from '@skaha/terminal/usage.js';
import { type CreatedSession, isFailed, isSkahaError, type SkahaClient } from 'skaha';
import type { Deps } from '../../deps.js';
import { notifying } from '../../notify.js';
import { reworded } from '../../output/outcome.js';
import { endingsOf } from '../session/endings.js';
import { linkWords, openedWords } from '../session/open.js';
import { failedSessions, waitForAll } from '../session/wait.js';
import { WaitingReporter } from '../session/waiting.js';
import type { AfterOptions, Launch } from './launch.js';
import { afterInterruption, removeSessions } from './removal.js';

/** Longest time until an interactive session runs, unless the user says otherwise. */
const usualTimeout = 300_000;

/**
 * Refuses what makes no sense together.
 *
 * @throws {SkahaError} command.usage
 */
export function checkAfter(io: Io, kind: string, options: AfterOptions): void {
  const isHeadless = kind === 'headless';
  if (options.open && isHeadless)
    throw usageError(
      'There is nothing to open in a headless session.',
      'Use --attach to follow its log, or --wait.',
    );
  if (options.attach && !isHeadless)
    throw usageError(
      `A ${kind} session has no log to attach to.`,
      'Use --open to see it in the browser, or --wait.',
    );
  if (options.attach && io.format !== 'table')
    throw usageError(
      '--attach prints the log of the session, and no other format.',
      "Launch it first, then follow it with 'skaha logs -f'.",
    );
}

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
async function followLogs(
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
  const steps = createSteps(io, { mode, now: deps.now, fewItems: total, reportsAll: true });
  const waiting = new WaitingReporter(deps, {
    ids: () => sessions.map(({ id }) => id),
    report: (what) => steps.step({ event: 'wait', ...what, summary: what.text, done: 0, total }),
    reportsStart: true,
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

async function openPages(
  io: Io,
  deps: Deps,
  ids: readonly string[],
  { rm }: AfterOptions,
): Promise<void> {
  const client = await deps.client();
  for (const session of await client.sessions.connect(ids, { signal: io.signal })) {
    const link = await client.sessions.pageLink(session, { signal: io.signal });
    if (await deps.openBrowser(link.url)) note(io, openedWords(session.id, link));
    else {
      note(io, `No browser can be started here. Open this address: ${plain(link.url)}`);
      if (link.lifetimeMs !== undefined) note(io, linkWords(link.lifetimeMs));
    }
  }
  if (rm) note(io, 'It will be deleted when it ends, or with Ctrl-C.');
}

/** Waits for the ends, and fails if any session did. */
async function finish(
  io: Io,
  deps: Deps,
  ids: readonly string[],
  { progress, waitTimeout: timeoutMs }: Pick<AfterOptions, 'progress' | 'waitTimeout'>,
) {
  const seen = await waitForAll(io, deps, ids, { until: 'finished', progress, timeoutMs });
  await endingsOf(deps, await deps.client(), seen, { signal: io.signal, witnessed: true });
  const failed = seen.filter(({ status }) => isFailed(status));
  if (failed.length > 0) throw await failedSessions(io, deps, failed, ids.length);
}

async function waitOrFollow(
  io: Io,
  deps: Deps,
  { after, spec: { kind = 'headless' } }: Launch,
  sessions: readonly CreatedSession[],
): Promise<void> {
  const ids = sessions.map(({ id }) => id);
  const { attach, wait, open, rm, progress, waitTimeout: timeoutMs = usualTimeout } = after;
  if (attach) await followLogs(io, deps, sessions, progress);
  else if (wait && kind === 'headless') return finish(io, deps, ids, after);
  else if (wait || open) {
    const seen = await waitForAll(io, deps, ids, { until: 'running', timeoutMs, progress });
    if (open) await openPages(io, deps, ids, after);
    else if (!isMachine(io.format) && !rm)
      for (const { id, connectUrl } of seen)
        if (connectUrl !== undefined) note(io, `Open it with 'skaha open ${id}'.`);
  }
  if (attach || rm) await finish(io, deps, ids, { progress });
}

/** Long enough to start a program of this machine that is not there, in milliseconds. */
const firstMoment = 1_000;

/**
 * On this machine an image is what programs are installed, and what lacks its program fails at once:
 * looks once whether it did, because a session that failed is in no list of what runs.
 *
 * @throws {SkahaError} session.failed, with the reason
 */
async function lookOnceMore(
  io: Io,
  deps: Deps,
  sessions: readonly CreatedSession[],
): Promise<void> {
  const client = await deps.client();
  if (!isLoopback((await client.connection()).root)) return;
  await deps.clock.sleep(firstMoment, io.signal);
  const ids = new Set(sessions.map(({ id }) => id));
  const listed = await client.sessions.fetch({ signal: io.signal });
  const failed = listed.filter(({ id, status }) => ids.has(id) && isFailed(status));
  if (failed.length > 0) throw await failedSessions(io, deps, failed, sessions.length);
}

/**
 * Does with launched sessions what was asked for: waits, opens, attaches, deletes.
 *
 * @throws {SkahaError} session.failed, wait.timeout, and what ends the command
 */
export async function afterLaunch(
  io: Io,
  deps: Deps,
  launch: Launch,
  sessions: readonly CreatedSession[],
): Promise<void> {
  const [first] = sessions;
  if (first === undefined) return;
  const { after, spec } = launch;
  const { attach, rm } = after;
  if (!(after.wait || after.open || attach || rm)) {
    if ((spec.kind ?? 'headless') !== 'headless') await lookOnceMore(io, deps, sessions);
    return;
  }
  try {
    await notifying(io, deps, { how: after.notify, title: `skaha: ${first.name}` }, async () => {
      await waitOrFollow(io, deps, launch, sessions);
      return `${count(sessions.length, 'session')}: done.`;
    });
  } catch (error) {
    if (io.signal.aborted) await afterInterruption(io, deps, sessions, after);
    // A session that failed is over as well; one that only took too long is not.
    else if (rm && isSkahaError(error, 'session.failed')) {
      await removeSessions(io, deps, sessions);
      // What 'skaha logs' would show is gone with it.
      const hint = attach ? undefined : 'To read its log and events, launch it again without --rm.';
      throw reworded(error, { hint });
    }
    throw error;
  }
  if (rm) await removeSessions(io, deps, sessions);
}
