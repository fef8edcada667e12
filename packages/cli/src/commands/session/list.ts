import { type Io, note } from '@skaha/terminal/io.js';
import { meets } from '@skaha/terminal/output/filter.js';
import { type ListView, listText, renderList, selectRows } from '@skaha/terminal/output/list.js';
import { checkWatchable, watch } from '@skaha/terminal/output/watch.js';
import { sameStatus } from '@skaha/wire/status.js';
import { isFailed, isFinished, type SessionInfo } from 'skaha';
import type { OptionsOf, Run } from '../../command.js';
import type { Deps } from '../../environment/deps.js';
import type { psCommand } from './definitions.js';
import { byStart, type Ends, sessionChanges, sessionColumns, sessionDocument } from './view.js';

type PsOptions = OptionsOf<typeof psCommand>;

/** Whether the user has said which statuses to show. */
const choosesStatus = (io: Io, { all, status }: PsOptions): boolean =>
  all ||
  status !== undefined ||
  (io.output?.filters ?? []).some(({ field }) => field.path[0] === 'status');

/** Whether a session is one of those that were asked for, whatever its status. */
function isMeant(session: SessionInfo, { kind, since }: PsOptions, now: number): boolean {
  if (kind !== undefined && session.kind.toLowerCase() !== kind) return false;
  return since === undefined || (session.startTime?.getTime() ?? now) >= now - since;
}

function listOf(
  io: Io,
  deps: Deps,
  sessions: readonly SessionInfo[],
  options: PsOptions,
  ends: Ends = new Map(),
): ListView<SessionInfo> {
  const now = deps.now();
  const anyStatus = choosesStatus(io, options);
  const statuses = options.status === undefined ? ['Pending', 'Running'] : [options.status];
  const isShown = ({ status }: SessionInfo) =>
    (anyStatus && options.status === undefined) ||
    statuses.some((wanted) => sameStatus(status, wanted));
  return {
    rows: sessions
      .filter((session) => isMeant(session, options, now) && isShown(session))
      .sort(byStart),
    document: (session) => sessionDocument(session, ends.get(session.id)),
    columns: sessionColumns(now, io.format === 'wide', ends),
    name: ({ id }) => id,
  };
}

function emptyWords(io: Io, sessions: readonly SessionInfo[], options: PsOptions): string {
  const { kind, since } = options;
  const isNarrowed =
    kind !== undefined || since !== undefined || (io.output?.filters.length ?? 0) > 0;
  return isNarrowed || choosesStatus(io, options) || sessions.length === 0
    ? 'No sessions found.'
    : 'No pending or running sessions. Add --all to see the others.';
}

/**
 * One line below the list on what it leaves out, which is what has ended.
 *
 * @returns what it leaves out
 */
function noteHidden(
  io: Io,
  deps: Deps,
  sessions: readonly SessionInfo[],
  options: PsOptions,
): readonly SessionInfo[] {
  if ((io.format !== 'table' && io.format !== 'wide') || choosesStatus(io, options)) return [];
  const filters = io.output?.filters ?? [];
  const now = deps.now();
  const over = sessions.filter(
    (session) =>
      isFinished(session.status) &&
      isMeant(session, options, now) &&
      filters.every((filter) => meets(sessionDocument(session), filter)),
  );
  const failed = over.filter(({ status }) => isFailed(status)).length;
  const counts = { completed: over.length - failed, failed };
  const words = Object.entries(counts).flatMap(([word, sum]) =>
    sum > 0 ? [`${sum} ${word}`] : [],
  );
  if (over.length > 0) note(io, `Not shown: ${words.join(', ')}. See them with 'skaha ps --all'.`);
  return over;
}

async function watchList(io: Io, deps: Deps, options: PsOptions): Promise<undefined> {
  checkWatchable(io, '--watch');
  const client = await deps.client();
  const changesOf = sessionChanges();
  return watch(io, deps, {
    intervalMs: options.interval,
    read: () => client.sessions.fetch({ signal: io.signal }),
    draw: (sessions) =>
      listText(io, listOf(io, deps, sessions, options), emptyWords(io, sessions, options)),
    lines: (sessions) => {
      const shown = selectRows(io, listOf(io, deps, sessions, options));
      return changesOf(sessions, new Set(shown));
    },
  });
}

/** How many sessions are enough, where nothing but their order says which are shown. */
function firstOnly(io: Io, { all, kind, status, since }: PsOptions): number | undefined {
  const { limit, filters = [], sortBy = [] } = io.output ?? {};
  const isChosen = !all || (kind ?? status ?? since) !== undefined;
  if (isChosen || filters.length > 0 || sortBy.length > 0) return undefined;
  return limit !== undefined && limit > 0 && limit < 100_000 ? limit : undefined;
}

/** How the finished ones among them ended. If there are none, nothing is loaded or requested. */
async function endsOf(io: Io, deps: Deps, sessions: readonly SessionInfo[]): Promise<Ends> {
  const over = sessions.filter(({ status }) => isFinished(status));
  if (over.length === 0 || io.format === 'name') return new Map();
  const { endingsOf } = await import('./endings.js');
  return endingsOf(deps, over, io);
}

export const runPs: Run<typeof psCommand> = async (io, deps, options) => {
  if (options.watch) return watchList(io, deps, options);
  const client = await deps.client();
  const first = firstOnly(io, options);
  const sessions = await client.sessions.fetch({ first, signal: io.signal });
  if (deps.globals.logLevel === 'debug')
    for (const anomaly of new Set(sessions.flatMap(({ anomalies }) => anomalies)))
      note(io, `Session response: ${anomaly}`);
  const ends = await endsOf(io, deps, listOf(io, deps, sessions, options).rows);
  const list = listOf(io, deps, sessions, options, ends);
  await renderList(io, list, emptyWords(io, sessions, options));
  // They are seen now; what they ended with is to be known when the platform has forgotten them.
  await endsOf(io, deps, noteHidden(io, deps, sessions, options));
  return undefined;
};
