import { type Io, isMachine, note } from '@skaha/terminal/io.js';
import { render } from '@skaha/terminal/output/render.js';
import { plain } from '@skaha/terminal/output/text.js';
import { type ConnectableSession, isSkahaError, type PageLink } from 'skaha';
import type { OptionsOf, Run } from '../../command.js';
import type { Deps } from '../../environment/deps.js';
import { showOutcome } from '../../output/outcome.js';
import type { openCommand } from './definitions.js';
import { attempt, itemDocuments, selectSessions } from './select.js';
import { waitForAll } from './wait.js';

/** How long a link can be used, and by whom. */
export const linkWords = (lifetimeMs: number): string =>
  `It works once, within ${lifetimeMs / 1000} seconds, in a browser on this machine, which then stays logged in to the page.`;

/** What will be seen. */
export const openedWords = (id: string, { url, lifetimeMs }: PageLink): string =>
  `Opening session ${id} in the browser.${lifetimeMs === undefined ? '' : ` Its page is at ${new URL(url).origin}, on this machine only.`}`;

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
  ids: readonly string[],
  { wait, waitTimeout, progress }: OptionsOf<typeof openCommand>,
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
  const client = await deps.client();
  const link = await client.sessions.pageLink(session, { signal: io.signal });
  const isOpened = !print && (await deps.openBrowser(link.url));
  if (isOpened) note(io, openedWords(session.id, link));
  else if (!isMachine(io.format)) {
    if (!print) note(io, 'No browser can be started here. Open this address:');
    io.out(`${plain(link.url)}\n`);
    if (link.lifetimeMs !== undefined) note(io, linkWords(link.lifetimeMs));
  }
  return link.url;
}

export const runOpen: Run<typeof openCommand> = async (io, deps, options) => {
  const { wait, print } = options;
  const client = await deps.client();
  const selection = await selectSessions(io, deps, options.sessions);
  const timeoutMs = await waitUntilRunning(io, deps, selection.ids, options);
  const outcome = await attempt(selection, (ids) =>
    client.sessions.connect(ids, { wait, timeoutMs, signal: io.signal }),
  );
  await showOutcome(outcome, 'open', async () => {
    const urls = new Map<string, string>();
    for (const session of outcome.done)
      urls.set(session.id, await openOne(io, deps, session, print));
    const data = itemDocuments('open', selection, outcome).map((item) => ({
      ...item,
      url: urls.get(item.id) ?? null,
    }));
    if (isMachine(io.format)) await render(io, { data, table: () => '' });
  });
};
