import { isLoopback } from '@skaha/base/server-url.js';
import { linkSignals } from '@skaha/base/signals.js';
import { fitted, type Io, isMachine, note } from '@skaha/terminal/io.js';
import { LineWriter } from '@skaha/terminal/output/prefixed-lines.js';
import type { ProgressMode } from '@skaha/terminal/output/progress-option.js';
import { createSteps } from '@skaha/terminal/output/steps.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import { type CreatedSession, isSkahaError, PartialError } from 'skaha';
import type { Deps } from '../../environment/deps.js';
import { notifying } from '../../environment/notify.js';
import { Interruption } from '../../exit.js';
import { reworded } from '../../output/outcome.js';
import { endingsOf, keepDeleted } from '../session/endings.js';
import { linkWords, openedWords } from '../session/open.js';
import { throwIfAnyFailed, waitForAll } from '../session/wait.js';
import { waitingReporter } from '../session/waiting.js';
import type { AfterOptions, Launch } from './plan.js';

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
    if ((spec.kind ?? 'headless') !== 'headless') await throwIfFailedAtOnce(io, deps, sessions);
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

/** Long enough to start a program of this machine that is not there, in milliseconds. */
const failedStartMs = 1_000;

/**
 * On this machine an image is what programs are installed, and what lacks its program fails at once:
 * looks once whether it did, because a session that failed is in no list of what runs.
 *
 * @throws {SkahaError} session.failed, with the reason
 */
async function throwIfFailedAtOnce(
  io: Io,
  deps: Deps,
  sessions: readonly CreatedSession[],
): Promise<void> {
  const client = await deps.client();
  if (!isLoopback((await client.connection()).root)) return;
  await deps.clock.sleep(failedStartMs, io.signal);
  const ids = new Set(sessions.map(({ id }) => id));
  const listed = await client.sessions.fetch({ signal: io.signal });
  const ours = listed.filter(({ id }) => ids.has(id));
  await throwIfAnyFailed(io, deps, ours, sessions.length);
}

/** Longest time until an interactive session runs, unless the user says otherwise. */
const defaultTimeoutMs = 300_000;

async function waitOrFollow(
  io: Io,
  deps: Deps,
  { after, spec: { kind = 'headless' } }: Launch,
  sessions: readonly CreatedSession[],
): Promise<void> {
  const ids = sessions.map(({ id }) => id);
  const { attach, wait, open, rm, progress, waitTimeout } = after;
  if (attach) await followLogs(io, deps, sessions, progress);
  else if (wait && kind === 'headless') return waitForEnds(io, deps, ids, progress, waitTimeout);
  else if (wait || open) {
    const timeoutMs = waitTimeout ?? defaultTimeoutMs;
    const seen = await waitForAll(io, deps, ids, { until: 'running', timeoutMs, progress });
    if (open) {
      await openPages(io, deps, ids);
      if (rm) note(io, 'It will be deleted when it ends, or with Ctrl-C.');
    } else if (!isMachine(io.format) && !rm)
      for (const { id, connectUrl } of seen)
        if (connectUrl !== undefined) note(io, `Open it with 'skaha open ${id}'.`);
  }
  if (attach || rm) await waitForEnds(io, deps, ids, progress);
}

/** @throws {SkahaError} session.failed if any session did, wait.timeout */
async function waitForEnds(
  io: Io,
  deps: Deps,
  ids: readonly string[],
  progress: ProgressMode,
  timeoutMs?: number,
): Promise<void> {
  const seen = await waitForAll(io, deps, ids, { until: 'finished', progress, timeoutMs });
  await endingsOf(deps, seen, { signal: io.signal, witnessed: true });
  await throwIfAnyFailed(io, deps, seen, ids.length);
}

const intervalMs = 1000;
/** What a command writes that takes no time is not kept waiting. */
const firstMs = 50;

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
  progress: ProgressMode,
): Promise<void> {
  const client = await deps.client();
  const failed = new AbortController();
  const { signal, release } = linkSignals(io.signal, failed.signal);
  const total = sessions.length;
  const how = { mode: progress, now: deps.now, fewItems: total, reportsAll: true };
  const steps = createSteps(io, how);
  const waiting = waitingReporter(deps, {
    ids: () => sessions.map(({ id }) => id),
    report: (what) => steps.step({ event: 'wait', ...what, summary: what.text, done: 0, total }),
    reportsStart: true,
    signal,
  });
  const writer = new LineWriter(io);
  const follow = async ({ id, name }: CreatedSession) => {
    const prefix = total > 1 ? `${plain(name)}/${id} │ ` : '';
    const call = { intervalMs, firstMs, signal, encoding: 'latin1' } as const;
    try {
      for await (const line of client.sessions.follow(id, call)) writer.write(id, prefix, line);
    } finally {
      writer.end(id);
    }
  };
  waiting.begin();
  try {
    await Promise.all(sessions.map(follow));
  } catch (error) {
    failed.abort(error);
    throw error;
  } finally {
    await waiting.end();
    release();
  }
}

async function openPages(io: Io, deps: Deps, ids: readonly string[]): Promise<void> {
  const { sessions } = await deps.client();
  for (const session of await sessions.connect(ids, { signal: io.signal })) {
    const link = await sessions.pageLink(session, { signal: io.signal });
    if (await deps.openBrowser(link.url)) note(io, openedWords(session.id, link));
    else {
      note(io, `No browser can be started here. Open this address: ${plain(link.url)}`);
      if (link.lifetimeMs !== undefined) note(io, linkWords(link.lifetimeMs));
    }
  }
}

/** Whoever has pressed Ctrl-C waits no longer than this for what is cleaned up, in milliseconds. */
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
  const report = (deleted: readonly { id: string; name: string }[]) => {
    for (const { id, name } of deleted) note(io, `deleted ${id} (${plain(name)})`);
  };
  try {
    const deleted = await client.sessions.destroy(ids, { signal });
    report(deleted);
    await keepDeleted(deps, deleted);
  } catch (error) {
    if (isGone(error)) return;
    if (!(error instanceof PartialError)) throw error;
    report(error.done);
    if (!error.failed.every((one) => isGone(one.error))) throw error;
  }
}

const namesOf = (sessions: readonly CreatedSession[]): string =>
  sessions.map(({ id, name }) => `${plain(name)} (${id})`).join(', ');

/** Says which sessions continue in spite of Ctrl-C, and with `--rm` offers to delete them. */
export async function afterInterruption(
  io: Io,
  deps: Deps,
  sessions: readonly CreatedSession[],
  { rm, attach }: Pick<AfterOptions, 'attach' | 'rm'>,
): Promise<void> {
  if (sessions.length === 0) return;
  if (io.errIsTty && !isMachine(io.format)) io.err('\n');
  const left =
    rm && (await confirmRemoval(io, sessions)) ? await tryRemoval(io, deps, sessions) : sessions;
  const [first] = left;
  if (first === undefined) return;
  const one = left.length === 1;
  const follow = attach && one ? `, follow it with 'skaha logs -f ${first.id}'` : '';
  const words = left.length > 8 ? 'ID...' : left.map(({ id }) => id).join(' ');
  note(io, `Still there: ${namesOf(left)}.`);
  note(io, `Delete ${one ? 'it' : 'them'} with 'skaha delete ${words}'${follow}.`);
}

/** Asks after Ctrl-C, when the command's own questions are over. */
async function confirmRemoval(io: Io, sessions: readonly CreatedSession[]): Promise<boolean> {
  if (io.assumeYes) return true;
  const { reason } = io.signal;
  // Nobody is there to answer if the terminal or the pipe was closed.
  if (!(reason instanceof Interruption) || reason.exitStatus !== 130 || !io.mayAsk) return false;
  const more = sessions.length > 8 ? `, … and ${sessions.length - 8} more` : '';
  const names = namesOf(sessions.slice(0, 8));
  const question = `Delete ${count(sessions.length, 'session')}: ${names}${more}? [y/N]`;
  io.err(`${fitted(io, question)} `);
  const answer = await io.readLine({ afterwards: true });
  if (answer === undefined) io.err('\n');
  return /^y(?:es)?$/i.test((answer ?? '').trim());
}

/** @returns the sessions that could not be deleted */
async function tryRemoval(
  io: Io,
  deps: Deps,
  sessions: readonly CreatedSession[],
): Promise<readonly CreatedSession[]> {
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
