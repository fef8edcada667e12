import { confirm } from '@skaha/terminal/confirm.js';
import type { Io } from '@skaha/terminal/io.js';
import { didYouMean } from '@skaha/terminal/nearest.js';
import { renderList } from '@skaha/terminal/output/list.js';
import { render } from '@skaha/terminal/output/render.js';
import { type Column, column } from '@skaha/terminal/output/table.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import { relative } from '@skaha/terminal/output/time.js';
import { usageError } from '@skaha/terminal/usage.js';
import { type SessionInfo, SkahaError } from 'skaha';
import type { Run } from '../../command.js';
import type { Deps } from '../../environment/deps.js';
import { forEach, itemDocument, renderDone, showOutcome } from '../../output/outcome.js';
import { readCores, readMemory } from '../create/template.js';
import { selectOne } from '../session/select.js';
import { byStart, sessionDocument, statusInk } from '../session/view.js';
import type { appCreateCommand, appDeleteCommand, appLsCommand } from './definitions.js';

/**
 * Finds the desktop that is meant.
 *
 * @throws {SkahaError} session.not_found, command.usage when it is no desktop
 */
async function findDesktop(io: Io, deps: Deps, word: string): Promise<string> {
  const hint = "See your desktops with 'skaha ps -k desktop'.";
  const { id, known } = await selectOne(io, deps, word, () =>
    usageError('Specify one desktop.', hint),
  );
  const kind = known.get(id)?.kind;
  if (kind !== undefined && kind !== 'desktop')
    throw usageError(`The session ${id} is of kind ${kind}: only desktops can run programs.`, hint);
  return id;
}

const columns = (now: number): Column<SessionInfo>[] => [
  column('APP', ({ appId }) => appId ?? '-'),
  column('NAME', ({ name }) => name || '-', { shrinkTo: 8, cut: 'middle' }),
  column('STATUS', ({ status }) => status || '-', { ink: ({ status }) => statusInk(status) }),
  column('IMAGE', ({ image }) => image ?? '-', { shrinkTo: 8, cut: 'start' }),
  column('STARTED', ({ startTime }) => (startTime ? relative(startTime, now) : '-')),
];

export const runAppLs: Run<typeof appLsCommand> = async (io, deps, { desktop }) => {
  const id = await findDesktop(io, deps, desktop);
  const client = await deps.client();
  const apps = (await client.sessions.apps.list(id, { signal: io.signal })).sort(byStart);
  await renderList(
    io,
    {
      rows: apps,
      document: (session) => sessionDocument(session),
      columns: columns(deps.now()),
      name: ({ appId }) => appId ?? '-',
    },
    `No programs are running on it. Start one with 'skaha app create ${desktop} IMAGE'.`,
  );
};

export const runAppCreate: Run<typeof appCreateCommand> = async (io, deps, options) => {
  const { image } = options;
  const size = { cores: readCores(options.cpu), memoryGiB: readMemory(io, options.memory) };
  const desktop = await findDesktop(io, deps, options.desktop);
  const client = await deps.client();
  const call = { image, ...size, signal: io.signal };
  const { appId } = await client.sessions.apps.create(desktop, call);
  await render(io, {
    data: { id: desktop, appid: appId, image },
    table: () => `created ${appId} on ${desktop}\n`,
    names: () => [appId],
  });
};

interface App {
  id: string;
  name: string;
}

function notFound(word: string, apps: readonly App[]): SkahaError {
  const words = apps.flatMap(({ id, name }) => [id, name]);
  return new SkahaError('session.not_found', `There is no program '${word}' on the desktop.`, {
    id: word,
    hint: didYouMean(word, words, "See them with 'skaha app ls'."),
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

export const runAppDelete: Run<typeof appDeleteCommand> = async (io, deps, options) => {
  const desktop = await findDesktop(io, deps, options.desktop);
  const { apps: remote } = (await deps.client()).sessions;
  const known = (await remote.list(desktop, { signal: io.signal })).flatMap(({ appId, name }) =>
    appId === undefined ? [] : [{ id: appId, name }],
  );
  const words = [...new Set(options.apps)].map((word) => ({ word, app: find(word, known) }));
  const found = words.flatMap(({ app }) => app ?? []);
  const list = found.map(({ id, name }) => `${plain(name)} (${id})`).join(', ');
  const question = `End ${count(found.length, 'program')} on the desktop: ${list}?`;
  if (found.length > 0 && !(await confirm(io, question, 'Nothing was ended.'))) return;
  const end = async ({ word, app }: (typeof words)[number]) => {
    if (app === undefined) throw notFound(word, known);
    await remote.destroy(desktop, app.id, { signal: io.signal });
    return app;
  };
  const outcome = await forEach(io, words, ({ word }) => word, end);
  const documents = words.map(({ word, app }) => {
    const error = outcome.failed.find(({ item }) => item === word)?.error;
    return itemDocument('delete', { id: app?.id ?? word, name: app?.name ?? null }, error);
  });
  const show = () => renderDone(io, 'ended', outcome.done, documents);
  await showOutcome(outcome, 'end', show, 'program');
};
