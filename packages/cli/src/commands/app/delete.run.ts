import { confirm } from '@skaha/terminal/confirm.js';
import { note } from '@skaha/terminal/io.js';
import { nearest } from '@skaha/terminal/nearest.js';
import { render } from '@skaha/terminal/output/render.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import { usageError } from '@skaha/terminal/usage.js';
import type { SessionInfo } from 'skaha';
import { type FailedItem, isSkahaError, SkahaError } from 'skaha';
import type { Run } from '../../command.js';
import { throwIfFailed } from '../../select.js';
import { findDesktop } from './desktop.js';

export interface AppDeleteOptions {
  desktop: string;
  apps: readonly string[];
}

/** A program on the desktop. */
interface App {
  id: string;
  name: string;
}

function notFound(word: string, apps: readonly App[]): SkahaError {
  const guess = nearest(
    word,
    apps.flatMap(({ id, name }) => [id, name]),
  );
  return new SkahaError('session.not_found', `There is no program '${word}' on the desktop.`, {
    id: word,
    hint: `${guess === undefined ? '' : `Did you mean '${guess}'? `}See them with 'skaha app ls'.`,
  });
}

function find(word: string, apps: readonly App[]): App | undefined {
  const byId = apps.find(({ id }) => id === word);
  if (byId !== undefined) return byId;
  const named = apps.filter(({ name }) => name === word);
  if (named.length > 1)
    throw usageError(
      `${named.length} programs are called '${word}'.`,
      `Use one of the ids: ${named.map(({ id }) => id).join(', ')}.`,
    );
  return named[0];
}

const toApps = (sessions: readonly SessionInfo[]): App[] =>
  sessions.flatMap(({ appId, name }) => (appId === undefined ? [] : [{ id: appId, name }]));

/** Ends programs on a desktop. */
export const runAppDelete: Run<AppDeleteOptions> = async (io, deps, options) => {
  const desktop = await findDesktop(io, deps, options.desktop);
  const { apps: remote } = (await deps.client()).sessions;
  const known = toApps(await remote.list(desktop, { signal: io.signal }));
  const words = [...new Set(options.apps)].map((word) => ({ word, app: find(word, known) }));
  const found = words.flatMap(({ app }) => app ?? []);
  const list = found.map(({ id, name }) => `${plain(name)} (${id})`).join(', ');
  const question = `End ${count(found.length, 'program')} on the desktop: ${list}?`;
  if (found.length > 0 && !(await confirm(io, question))) {
    note(io, 'Nothing was ended.');
    return undefined;
  }
  const done: App[] = [];
  const failed: FailedItem[] = [];
  for (const [index, { word, app }] of words.entries()) {
    try {
      if (app === undefined) throw notFound(word, known);
      await remote.destroy(desktop, app.id, { signal: io.signal });
      done.push(app);
    } catch (error) {
      if (io.signal.aborted || !isSkahaError(error)) throw error;
      failed.push({ index, item: word, error });
    }
  }
  if (done.length > 0) {
    const document = { action: 'delete', error: null };
    await render(io, {
      data: words.map(({ word, app }) => {
        const error = failed.find(({ item }) => item === word)?.error;
        const item = { id: app?.id ?? word, name: app?.name ?? null };
        return error === undefined
          ? { ...item, ok: true, ...document }
          : { ...item, ok: false, action: 'delete', error: error.toJSON() };
      }),
      table: () => done.map(({ id, name }) => `ended ${id} (${plain(name)})\n`).join(''),
      names: () => done.map(({ id }) => id),
    });
  }
  throwIfFailed({ done, failed }, 'end', 'program');
  return undefined;
};
