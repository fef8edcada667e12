import { parseRecord } from '@skaha/base/json.js';
import { isLoopback } from '@skaha/base/server-url.js';
import { type Io, isMachine, note } from '@skaha/terminal/io.js';
import { render } from '@skaha/terminal/output/render.js';
import { plain } from '@skaha/terminal/output/text.js';
import { type ConnectableSession, isSkahaError, type SkahaClient } from 'skaha';
import type { OptionsOf, Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import { isNothing, throwIfFailed } from '../../output/outcome.js';
import { attempt, itemDocuments } from './attempt.js';
import type { openCommand } from './definitions.js';
import { type Selection, selectSessions } from './select.js';
import { waitForAll } from './wait.js';

/** What opens a session in a browser. */
export interface PageLink {
  url: string;
  /** Seconds in which a link must be opened that works once; undefined for an address that stays. */
  seconds: number | undefined;
}

/** It will be opened in a browser, with what it opens in it. */
const isOurs = (url: string): boolean =>
  URL.canParse(url) && new URL(url).protocol === 'http:' && isLoopback(url);

/**
 * A link that opens the page of a session once, without a certificate that browsers do not know: the
 * platform of this machine makes one for the owner. Other servers are not asked.
 *
 * @param session - its id, and its address, which is the answer where there are no such links
 */
export async function pageLink(
  client: SkahaClient,
  { id, url }: { id: string; url: string },
  signal: AbortSignal,
): Promise<PageLink> {
  const lasting = { url, seconds: undefined };
  if (!isLoopback(url)) return lasting;
  try {
    const form = [['id', id]] as const;
    const path = ['page-links'];
    const reply = await client.request({ method: 'POST', base: 'root', path, form, signal });
    const { url: link, expires_in: seconds } = parseRecord(reply.text()) ?? {};
    const isLink = typeof link === 'string' && typeof seconds === 'number' && isOurs(link);
    return isLink ? { url: link, seconds } : lasting;
  } catch (error) {
    // An older platform, or another server on this machine.
    if (isSkahaError(error) && (error.status === 404 || error.status === 405)) return lasting;
    throw error;
  }
}

/** How long a link can be used, and by whom. */
export const linkWords = (seconds: number): string =>
  `It works once, within ${seconds} seconds, in a browser on this machine, which then stays logged in to the page.`;

/** What will be seen. */
export const openedWords = (id: string, { url, seconds }: PageLink): string =>
  `Opening session ${id} in the browser.${seconds === undefined ? '' : ` Its page is at ${new URL(url).origin}, on this machine only.`}`;

type OpenOptions = OptionsOf<typeof openCommand>;

const shortestWait = 1000;

/**
 * With `--wait`, waits and reports how it goes; what became of each session is found out afterwards.
 *
 * @returns how long may still be waited, in milliseconds
 * @throws {SkahaError} wait.timeout, and what is not about single sessions
 */
async function waitUntilRunning(
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

export const runOpen: Run<typeof openCommand> = async (io, deps, options) => {
  const client = await deps.client();
  const selection = await selectSessions(io, deps, options.sessions);
  const timeoutMs = await waitUntilRunning(io, deps, selection, options);
  const outcome = await attempt(selection, (ids) =>
    client.sessions.connect(ids, { wait: options.wait, timeoutMs, signal: io.signal }),
  );
  const urls = new Map<string, string>();
  for (const session of outcome.done) {
    urls.set(session.id, await openOne(io, deps, session, options.print));
  }
  if (isMachine(io.format) && !isNothing(outcome)) {
    const data = itemDocuments('open', selection, outcome).map((item) => ({
      ...item,
      url: urls.get(item.id) ?? null,
    }));
    await render(io, { data, table: () => '' });
  }
  throwIfFailed(outcome, 'open');
};
