import { type Io, isMachine, note } from '@skaha/terminal/io.js';
import { render } from '@skaha/terminal/output/render.js';
import { plain } from '@skaha/terminal/output/text.js';
import { type ConnectableSession, isSkahaError } from 'skaha';
import type { Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import { attempt, type Selection, selectSessions, throwIfFailed } from '../../select.js';
import { itemDocuments } from './items.js';
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

/** Opens sessions in the browser. */
export const runOpen: Run<OpenOptions> = async (io, deps, options) => {
  const client = await deps.client();
  const selection = await selectSessions(io, deps, options.sessions);
  const timeoutMs = await tellWaiting(io, deps, selection, options);
  const outcome = await attempt(selection, (ids) =>
    client.sessions.connect(ids, { wait: options.wait, timeoutMs, signal: io.signal }),
  );
  const isOpened = async ({ id, url }: ConnectableSession): Promise<boolean> => {
    if (options.print || !(await deps.openBrowser(url))) return false;
    note(io, `Opening session ${id} in the browser.`);
    return true;
  };
  for (const session of outcome.done) {
    const opened = await isOpened(session);
    if (!opened && !isMachine(io.format)) {
      if (!options.print) note(io, 'No browser can be started here. Open this address:');
      io.out(`${plain(session.url)}\n`);
    }
  }
  const isEmpty = outcome.done.length === 0 && outcome.failed.length > 0;
  if (isMachine(io.format) && !isEmpty) {
    const urls = new Map(outcome.done.map(({ id, url }) => [id, url]));
    const data = itemDocuments('open', selection, outcome).map((item) => ({
      ...item,
      url: urls.get(item.id) ?? null,
    }));
    await render(io, { data, table: () => '' });
  }
  throwIfFailed(outcome, 'open');
  return undefined;
};
