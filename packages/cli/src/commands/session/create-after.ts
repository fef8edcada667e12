import { type Io, isMachine, note } from '@skaha/terminal/io.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import { usageError } from '@skaha/terminal/usage.js';
import { type CreatedSession, isFailed } from 'skaha';
import type { Deps } from '../../deps.js';
import { notifying } from '../../notify.js';
import { followLogs } from './create-attach.js';
import { offerRemoval, removeSessions } from './create-remove.js';
import { linkWords, openedWords, pageLink } from './page-link.js';
import { failedSessions, waitForAll } from './wait-for.js';

/** The options about what happens once the sessions are launched. */
export interface AfterOptions {
  wait: boolean;
  waitTimeout?: number | undefined;
  open: boolean;
  attach: boolean;
  rm: boolean;
  progress: string;
  notify?: string | undefined;
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
    const link = await pageLink(client, session, io.signal);
    if (await deps.openBrowser(link.url)) note(io, openedWords(session.id, link));
    else {
      note(io, `No browser can be started here. Open this address: ${plain(link.url)}`);
      if (link.seconds !== undefined) note(io, linkWords(link.seconds));
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

/** Whether an address is of this machine. */
const isHere = (url: string): boolean =>
  /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(new URL(url).hostname);

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
  if (!isHere((await client.connection()).root)) return;
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
    else if (options.rm && isOver(error)) await removeSessions(io, deps, sessions);
    throw error;
  }
  if (options.rm) await removeSessions(io, deps, sessions);
}

const isOver = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'session.failed';

/** Says what goes on in spite of Ctrl-C, and with `--rm` offers to end it. */
export async function afterInterruption(
  io: Io,
  deps: Deps,
  sessions: readonly CreatedSession[],
  { rm, attach }: Pick<AfterOptions, 'attach' | 'rm'>,
): Promise<void> {
  const [first] = sessions;
  if (first === undefined) return;
  if (io.errIsTty && !isMachine(io.format)) io.err('\n');
  if (rm && (await offerRemoval(io, deps, sessions))) return;
  const which = sessions.map(({ id, name }) => `${plain(name)} (${id})`).join(', ');
  const one = sessions.length === 1;
  const follow = attach && one ? `, follow it with 'skaha logs -f ${first.id}'` : '';
  const words = sessions.length > 8 ? 'ID...' : sessions.map(({ id }) => id).join(' ');
  note(io, `Still there: ${which}.`);
  note(io, `Delete ${one ? 'it' : 'them'} with 'skaha delete ${words}'${follow}.`);
}
