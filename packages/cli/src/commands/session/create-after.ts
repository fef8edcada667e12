import { type Io, isMachine, note } from '@skaha/terminal/io.js';
import { plain } from '@skaha/terminal/output/text.js';
import { usageError } from '@skaha/terminal/usage.js';
import { type CreatedSession, isFailed } from 'skaha';
import type { Deps } from '../../deps.js';
import { followLogs } from './create-attach.js';
import { offerRemoval, removeSessions } from './create-remove.js';
import { linkWords, openedWords, pageLink } from './page-link.js';
import { failedSessions, waitForAll } from './wait-for.js';

/** The options about what happens once the sessions are launched. */
export interface AfterOptions {
  wait: boolean;
  waitTimeout: number;
  open: boolean;
  attach: boolean;
  rm: boolean;
  progress: string;
}

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
async function finish(io: Io, deps: Deps, ids: readonly string[], { progress }: AfterOptions) {
  const seen = await waitForAll(io, deps, ids, { until: 'finished', progress });
  const failed = seen.filter(({ status }) => isFailed(status));
  if (failed.length > 0) throw failedSessions(failed, ids.length);
}

async function work(
  io: Io,
  deps: Deps,
  sessions: readonly CreatedSession[],
  options: AfterOptions,
): Promise<void> {
  const ids = sessions.map(({ id }) => id);
  if (options.attach) await followLogs(io, deps, sessions);
  else if (options.wait || options.open) {
    const { waitTimeout: timeoutMs, progress } = options;
    const seen = await waitForAll(io, deps, ids, { until: 'running', timeoutMs, progress });
    if (options.open) await open(io, deps, ids, options);
    else if (!isMachine(io.format) && !options.rm)
      for (const { id, connectUrl } of seen)
        if (connectUrl !== undefined) note(io, `Open it with 'skaha open ${id}'.`);
  }
  if (options.attach || options.rm) await finish(io, deps, ids, options);
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
  options: AfterOptions,
): Promise<void> {
  if (sessions.length === 0 || !(options.wait || options.open || options.attach || options.rm))
    return;
  try {
    await work(io, deps, sessions, options);
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
