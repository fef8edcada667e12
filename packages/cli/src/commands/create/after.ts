import { isLoopback } from '@skaha/base/server-url.js';
import { linkSignals } from '@skaha/base/signals.js';
import { fitted, type Io, isMachine, note } from '@skaha/terminal/io.js';
import { progressMode } from '@skaha/terminal/output/progress-option.js';
import { createSteps } from '@skaha/terminal/output/steps.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import { usageError } from '@skaha/terminal/usage.js';
import {
  type CreatedSession,
  isFailed,
  isSkahaError,
  PartialError,
  type SkahaClient,
  type SkahaError,
} from 'skaha';
import type { Deps } from '../../deps.js';
import { Interruption } from '../../exit.js';
import { notifying } from '../../notify.js';
import { reworded } from '../../output/outcome.js';
import { endingsOf, keepDeleted } from '../session/endings.js';
import { LineWriter } from '../session/log-output.js';
import { linkWords, openedWords } from '../session/open.js';
import { failedSessions, waitForAll } from '../session/wait.js';
import { WaitingTeller } from '../session/waiting.js';
import type { AfterOptions } from './options.js';

/** Who has pressed Ctrl-C waits no longer for what is cleaned up, in milliseconds. */
const cleaningMs = 20_000;

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
  const signal = io.signal.aborted ? AbortSignal.timeout(cleaningMs) : undefined;
  const tell = (done: readonly { id: string; name: string }[]) => {
    for (const { id, name } of done) note(io, `deleted ${id} (${plain(name)})`);
  };
  try {
    const done = await client.sessions.destroy(
      sessions.map(({ id }) => id),
      { signal },
    );
    tell(done);
    await keepDeleted(deps, done);
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
 * @returns those that are still there
 */
export async function offerRemoval(
  io: Io,
  deps: Deps,
  sessions: readonly CreatedSession[],
): Promise<readonly CreatedSession[]> {
  const { reason } = io.signal;
  // Who ends the terminal or the pipe is not there to answer.
  const isThere = reason instanceof Interruption && reason.exitStatus === 130;
  const isAgreed = io.assumeYes || (isThere && io.mayAsk && (await asked(io, sessions)));
  if (!isAgreed) return sessions;
  try {
    await removeSessions(io, deps, sessions);
    return [];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    note(io, `What was to be deleted is not: ${plain(reason)}`);
    return leftOf(sessions, error);
  }
}

/** Those that an attempt to delete them has left; all of them where it does not say which. */
function leftOf(sessions: readonly CreatedSession[], error: unknown): readonly CreatedSession[] {
  if (!(error instanceof PartialError)) return sessions;
  const left = error.failed.filter((one) => !isGone(one.error)).map(({ item }) => item);
  return sessions.filter(({ id }) => left.includes(id));
}

async function asked(io: Io, sessions: readonly CreatedSession[]): Promise<boolean> {
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

/** What was launched, and what is to happen with it. */
export interface AfterLaunch extends AfterOptions {
  kind: string | undefined;
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

async function open(
  io: Io,
  deps: Deps,
  ids: readonly string[],
  options: AfterOptions,
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
  if (options.rm) note(io, 'It will be deleted when it ends, or with Ctrl-C.');
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

async function work(
  io: Io,
  deps: Deps,
  sessions: readonly CreatedSession[],
  options: AfterLaunch,
): Promise<void> {
  const ids = sessions.map(({ id }) => id);
  const { progress } = options;
  const isJob = (options.kind ?? 'headless') === 'headless';
  if (options.attach) await followLogs(io, deps, sessions, progress);
  else if (options.wait && isJob) return finish(io, deps, ids, options);
  else if (options.wait || options.open) {
    const { waitTimeout: timeoutMs = usualTimeout } = options;
    const seen = await waitForAll(io, deps, ids, { until: 'running', timeoutMs, progress });
    if (options.open) await open(io, deps, ids, options);
    else if (!isMachine(io.format) && !options.rm)
      for (const { id, connectUrl } of seen)
        if (connectUrl !== undefined) note(io, `Open it with 'skaha open ${id}'.`);
  }
  if (options.attach || options.rm) await finish(io, deps, ids, { progress });
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
  { kind = 'headless' }: AfterLaunch,
): Promise<void> {
  if (kind === 'headless') return;
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
  sessions: readonly CreatedSession[],
  options: AfterLaunch,
): Promise<void> {
  if (sessions.length === 0) return;
  if (!(options.wait || options.open || options.attach || options.rm))
    return lookOnceMore(io, deps, sessions, options);
  const how = options.notify;
  const title = `skaha: ${sessions[0]?.name}`;
  try {
    await notifying(io, deps, { how, title }, async () => {
      await work(io, deps, sessions, options);
      return `${count(sessions.length, 'session')}: done.`;
    });
  } catch (error) {
    if (io.signal.aborted) await afterInterruption(io, deps, sessions, options);
    // A session that failed is over as well; one that only took too long is not.
    else if (options.rm && isSkahaError(error, 'session.failed')) {
      await removeSessions(io, deps, sessions);
      throw withoutLog(error, options);
    }
    throw error;
  }
  if (options.rm) await removeSessions(io, deps, sessions);
}

/** The failure of a session that is deleted: what 'skaha logs' would show is gone with it. */
const withoutLog = (error: SkahaError, { attach }: Pick<AfterOptions, 'attach'>): SkahaError =>
  reworded(error, {
    hint: attach ? undefined : 'To read its log and events, launch it again without --rm.',
  });

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
