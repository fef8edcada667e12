import { isLoopback } from '@skaha/base/server-url.js';
import { linkSignals } from '@skaha/base/signals.js';
import { fitted, type Io, isMachine, note } from '@skaha/terminal/io.js';
import { progressMode } from '@skaha/terminal/output/progress-option.js';
import { createSteps } from '@skaha/terminal/output/steps.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import { usageError } from '@skaha/terminal/usage.js';
import { type CreatedSession, isFailed, isSkahaError, PartialError, type SkahaClient } from 'skaha';
import type { Deps } from '../../deps.js';
import { Interruption } from '../../exit.js';
import { notifying } from '../../notify.js';
import { reworded } from '../../output/outcome.js';
import { endingsOf, keepDeleted } from '../session/endings.js';
import { LineWriter } from '../session/logs.js';
import { linkWords, openedWords, pageLink } from '../session/open.js';
import { failedSessions, waitForAll } from '../session/wait.js';
import { WaitingTeller } from '../session/waiting.js';
import type { CreateCommandOptions } from './options.js';
import type { Launch } from './plan.js';

/** The options about what happens once the sessions are launched. */
export type AfterOptions = Pick<
  CreateCommandOptions,
  'attach' | 'notify' | 'open' | 'progress' | 'rm' | 'wait' | 'waitTimeout'
>;

/** Who has pressed Ctrl-C waits no longer for what is cleaned up, in milliseconds. */
const cleaningMs = 20_000;

const isGone = (error: unknown): boolean => isSkahaError(error, 'session.not_found');

/**
 * Deletes the sessions of this command. Also after Ctrl-C, hence not under the command's signal:
 * a second Ctrl-C ends everything at once.
 *
 * @throws {SkahaError} what could not be deleted; what is gone already is what was asked for
 */
async function removeSessions(
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
  // Who ends the terminal or the pipe is not there to answer.
  const isThere = reason instanceof Interruption && reason.exitStatus === 130;
  const isAgreed = io.assumeYes || (isThere && io.mayAsk && (await confirmRemoval(io, sessions)));
  if (!isAgreed) return sessions;
  try {
    await removeSessions(io, deps, sessions);
    return [];
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    note(io, `What was to be deleted is not: ${plain(message)}`);
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

async function openPages(
  io: Io,
  deps: Deps,
  ids: readonly string[],
  { rm }: AfterOptions,
): Promise<void> {
  const client = await deps.client();
  for (const session of await client.sessions.connect(ids, { signal: io.signal })) {
    const link = await pageLink(client, session, io.signal);
    if (await deps.openBrowser(link.url)) note(io, openedWords(session.id, link));
    else {
      note(io, `No browser can be started here. Open this address: ${plain(link.url)}`);
      if (link.seconds !== undefined) note(io, linkWords(link.seconds));
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

/** Says what goes on in spite of Ctrl-C, and with `--rm` offers to end it. */
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
