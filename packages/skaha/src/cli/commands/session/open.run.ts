import type { ConnectableSession } from '../../../session/types.js';
import type { Run } from '../../command.js';
import { isMachine, note } from '../../io.js';
import { render } from '../../output/render.js';
import { plain } from '../../output/text.js';
import { attempt, selectSessions, throwIfFailed } from '../../select.js';
import { itemDocuments } from './items.js';

export interface OpenOptions {
  sessions: readonly string[];
  print: boolean;
  wait: boolean;
  waitTimeout: number;
}

/** Opens sessions in the browser. */
export const runOpen: Run<OpenOptions> = async (io, deps, options) => {
  const client = await deps.client();
  const selection = await selectSessions(io, deps, options.sessions);
  const { wait, waitTimeout } = options;
  const outcome = await attempt(selection, (ids) =>
    client.sessions.connect(ids, { wait, timeoutMs: waitTimeout, signal: io.signal }),
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
