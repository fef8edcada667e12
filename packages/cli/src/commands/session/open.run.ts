import { type Io, isMachine, note } from '@skaha/terminal/io.js';
import { render } from '@skaha/terminal/output/render.js';
import { plain } from '@skaha/terminal/output/text.js';
import { type ConnectableSession, isSkahaError } from 'skaha';
import type { Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import { attempt, type Selection, selectSessions, throwIfFailed } from '../../select.js';
import { itemDocuments } from './items.js';
import { linkWords, openedWords, pageLink } from './page-link.js';
import { waitForAll } from './wait-for.js';

export interface OpenOptions {
  sessions: readonly string[];
  print: boolean;
  wait: boolean;
  waitTimeout: number;
  progress: string;
}

const shortestWait = 1000;

/**
 * With `--wait`, waits and tells how it goes; what became of each session is found out afterwards.
 *
 * @returns how long may still be waited, in milliseconds
 * @throws {SkahaError} wait.timeout, and what is not about single sessions
 */
async function tellWaiting(
  io: Io,
  deps: Deps,
  { ids }: Selection,
  { wait, waitTimeout, progress }: OpenOptions,
): Promise<number> {
  if (!wait || ids.length === 0) return waitTimeout;
  const started = deps.now();
  try {
    await waitForAll(io, deps, ids, { until: 'running', timeoutMs: waitTimeout, progress });
  } catch (error) {
    const isAboutOne =
      isSkahaError(error, 'session.failed') || isSkahaError(error, 'session.not_found');
    if (!isAboutOne) throw error;
  }
  return Math.max(shortestWait, waitTimeout - (deps.now() - started));
}

/** Opens one session, or prints what does. */
async function openOne(
  io: Io,
  deps: Deps,
  session: ConnectableSession,
  print: boolean,
): Promise<string> {
  const link = await pageLink(await deps.client(), session, io.signal);
  const isOpened = !print && (await deps.openBrowser(link.url));
  if (isOpened) note(io, openedWords(session.id, link));
  else if (!isMachine(io.format)) {
    if (!print) note(io, 'No browser can be started here. Open this address:');
    io.out(`${plain(link.url)}\n`);
    if (link.seconds !== undefined) note(io, linkWords(link.seconds));
  }
  return link.url;
}

/** Opens sessions in the browser. */
export const runOpen: Run<OpenOptions> = async (io, deps, options) => {
  const client = await deps.client();
  const selection = await selectSessions(io, deps, options.sessions);
  const timeoutMs = await tellWaiting(io, deps, selection, options);
  const outcome = await attempt(selection, (ids) =>
    client.sessions.connect(ids, { wait: options.wait, timeoutMs, signal: io.signal }),
  );
  const urls = new Map<string, string>();
  for (const session of outcome.done) {
    urls.set(session.id, await openOne(io, deps, session, options.print));
  }
  const isEmpty = outcome.done.length === 0 && outcome.failed.length > 0;
  if (isMachine(io.format) && !isEmpty) {
    const data = itemDocuments('open', selection, outcome).map((item) => ({
      ...item,
      url: urls.get(item.id) ?? null,
    }));
    await render(io, { data, table: () => '' });
  }
  throwIfFailed(outcome, 'open');
  return undefined;
};
