import { type Amount, chosen, inOrder, timeLeft, useOf } from '@skaha/dashboard/session-list.js';
import { type Io, note } from '@skaha/terminal/io.js';
import { documentOf } from '@skaha/terminal/output/field.js';
import { type ListView, listText, renderList, selectRows } from '@skaha/terminal/output/list.js';
import { type Column, column, numberColumn } from '@skaha/terminal/output/table.js';
import { shortDuration, utc } from '@skaha/terminal/output/time.js';
import { checkWatchable, watch } from '@skaha/terminal/output/watch.js';
import type { SessionInfo } from 'skaha';
import { fieldsOf, type Run } from '../../command.js';
import type { Deps } from '../../environment/deps.js';
import { throwIfFailed } from '../../output/outcome.js';
import type { topCommand } from './definitions.js';
import { ownSessions, selectSessions } from './select.js';
import { gpus, isPending, statusInk, usedOf } from './view.js';

const amountFields = fieldsOf('used requested load');

function topDocument(session: SessionInfo) {
  const { id, name, kind, status, used, requested } = session;
  const { cores, memoryGiB } = useOf(session);
  return {
    id,
    name,
    kind,
    status,
    cores: documentOf(amountFields, cores),
    memoryGiB: documentOf(amountFields, memoryGiB),
    gpus: requested.gpus ?? null,
    gpuUtilization: used.gpuUtilization ?? null,
  };
}

const percent = ({ load }: Amount) => (load === undefined ? load : `${Math.round(load * 100)}%`);

function left(session: SessionInfo, now: number): string | undefined {
  const time = timeLeft(session, now);
  return typeof time === 'number' ? shortDuration(time) : undefined;
}

const topColumns = (now: number): readonly Column<SessionInfo>[] => [
  column('ID', ({ id }) => id),
  column('NAME', ({ name }) => name || '-', { shrinkTo: 8, cut: 'middle' }),
  column('KIND', ({ kind }) => kind || '-', { shrinkTo: 4, dropFirst: 3 }),
  column('STATUS', ({ status }) => status || '-', {
    ink: ({ status }) => statusInk(status),
    dropFirst: 2,
  }),
  numberColumn('CORES', (session) => usedOf(session, 'cores'), { dropFirst: 5 }),
  numberColumn('CPU', (session) => percent(useOf(session).cores)),
  numberColumn('MEMORY', (session) => usedOf(session, 'memoryGiB'), { dropFirst: 4 }),
  numberColumn('MEM', (session) => percent(useOf(session).memoryGiB)),
  numberColumn('GPUS', gpus, { dropFirst: 1 }),
  numberColumn('LEFT', (session) => left(session, now), { dropFirst: 6 }),
];

/**
 * What runs, and what would run if it could start.
 *
 * @param ids - only these sessions, whether they run or not
 */
async function readUse(io: Io, deps: Deps, ids: readonly string[] | undefined) {
  const all = await ownSessions(io, deps);
  const named = new Set(ids);
  const meant = ids === undefined ? all : all.filter(({ id }) => named.has(id));
  const list: ListView<SessionInfo> = {
    rows: inOrder(ids === undefined ? chosen(all, { status: 'Running' }) : meant, 'use'),
    document: topDocument,
    columns: topColumns(deps.now()),
    name: ({ id }) => id,
  };
  return { list, pending: meant.filter(isPending) };
}

/** Why sessions that wait use nothing, a line for each; what finds out is loaded only for some. */
async function waitingLinesOf(
  io: Io,
  deps: Deps,
  pending: readonly SessionInfo[],
): Promise<readonly string[]> {
  if (pending.length === 0) return [];
  const { waitingLines } = await import('./waiting.js');
  return waitingLines(await deps.client(), pending, io.signal);
}

const empty = 'No sessions are running.';

export const runTop: Run<typeof topCommand> = async (io, deps, options) => {
  if (options.watch) checkWatchable(io, '--watch');
  const isNamed = options.sessions.length > 0;
  const selection = isNamed ? await selectSessions(io, deps, options.sessions) : undefined;
  const { ids, missing: failed = [] } = selection ?? {};
  const read = () => readUse(io, deps, ids);
  if (options.watch) {
    throwIfFailed({ done: [], failed }, 'find');
    return watch(io, deps, {
      intervalMs: options.interval,
      read,
      draw: async ({ list, pending }) => {
        const text = await listText(io, list, empty);
        const waits = await waitingLinesOf(io, deps, pending);
        return [text, ...waits.map((line) => `${line}\n`)].join('');
      },
      lines: ({ list }) => {
        const sessions = selectRows(io, list).map(topDocument);
        return [{ time: utc(new Date(deps.now())), sessions }];
      },
    });
  }
  if (ids === undefined || ids.length > 0) {
    const { list, pending } = await read();
    await renderList(io, list, empty);
    if (io.format === 'table' || io.format === 'wide')
      for (const line of await waitingLinesOf(io, deps, pending)) note(io, line);
  }
  throwIfFailed({ done: ids ?? [], failed }, 'find');
  return undefined;
};
