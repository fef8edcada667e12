import { type Amount, chosen, inOrder, timeLeft, useOf } from '@skaha/dashboard/session-list.js';
import { type Io, note } from '@skaha/terminal/io.js';
import { documentOf } from '@skaha/terminal/output/field.js';
import { meets } from '@skaha/terminal/output/filter.js';
import { type ListView, listText, renderList, selectRows } from '@skaha/terminal/output/list.js';
import { type Column, column } from '@skaha/terminal/output/table.js';
import { span, utc } from '@skaha/terminal/output/time.js';
import { sameStatus } from '@skaha/wire/status.js';
import { isFailed, isFinished, type SessionInfo, type SkahaClient } from 'skaha';
import { fieldsOf, type OptionsOf, type Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import { throwIfFailed } from '../../output/outcome.js';
import { checkWatchable, watch } from '../../output/watch.js';
import type { psCommand, topCommand } from './definitions.js';
import { ownSessions, selectSessions } from './select.js';
import {
  byStart,
  type Endings,
  gpus,
  sessionColumns,
  sessionDocument,
  statusInk,
  usedOf,
} from './view.js';

export type PsOptions = OptionsOf<typeof psCommand>;

const active = ['Pending', 'Running'];

/** Whether the user has said which statuses to show. */
const choosesStatus = (io: Io, { all, status }: PsOptions): boolean =>
  all ||
  status !== undefined ||
  (io.output?.filters ?? []).some(({ field }) => field.path[0] === 'status');

function isShown(
  session: SessionInfo,
  { kind, status, since }: PsOptions,
  { anyStatus, now }: { anyStatus: boolean; now: number },
): boolean {
  if (kind !== undefined && session.kind.toLowerCase() !== kind) return false;
  if (since !== undefined && (session.startTime?.getTime() ?? now) < now - since) return false;
  if (status !== undefined) return sameStatus(session.status, status);
  return anyStatus || active.some((wanted) => sameStatus(session.status, wanted));
}

function listOf(
  io: Io,
  deps: Deps,
  sessions: readonly SessionInfo[],
  options: PsOptions,
  endings: Endings = new Map(),
): ListView<SessionInfo> {
  const now = deps.now();
  const anyStatus = choosesStatus(io, options);
  return {
    rows: sessions.filter((session) => isShown(session, options, { anyStatus, now })).sort(byStart),
    document: (session) => sessionDocument(session, endings.get(session.id)),
    columns: sessionColumns(now, io.format === 'wide', endings),
    name: (session) => session.id,
  };
}

function noteAnomalies(io: Io, sessions: readonly SessionInfo[]): void {
  const anomalies = new Set(sessions.flatMap((session) => session.anomalies));
  for (const anomaly of anomalies) note(io, `Session response: ${anomaly}`);
}

function emptyWords(io: Io, sessions: readonly SessionInfo[], options: PsOptions): string {
  const { kind, since } = options;
  const isNarrowed =
    kind !== undefined || since !== undefined || (io.output?.filters.length ?? 0) > 0;
  return isNarrowed || choosesStatus(io, options) || sessions.length === 0
    ? 'No sessions found.'
    : 'No pending or running sessions. Add --all to see the others.';
}

/** One line below the list on what it leaves out, which is what has ended. */
function noteHidden(
  io: Io,
  sessions: readonly SessionInfo[],
  options: PsOptions,
  now: number,
): readonly SessionInfo[] {
  if ((io.format !== 'table' && io.format !== 'wide') || choosesStatus(io, options)) return [];
  const filters = io.output?.filters ?? [];
  const over = sessions.filter(
    (session) =>
      isFinished(session.status) &&
      isShown(session, options, { anyStatus: true, now }) &&
      filters.every((filter) => meets(sessionDocument(session), filter)),
  );
  if (over.length === 0) return [];
  const failed = over.filter(({ status }) => isFailed(status)).length;
  const completed = over.length - failed;
  const words = [
    ...(completed > 0 ? [`${completed} completed`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
  ];
  note(io, `Not shown: ${words.join(', ')}. See them with 'skaha ps --all'.`);
  return over;
}

async function watchList(io: Io, deps: Deps, options: PsOptions): Promise<undefined> {
  // Loaded when it is needed: most lists are printed once.
  const [{ checkWatchable, watch }, { sessionChanges }] = await Promise.all([
    import('../../output/watch.js'),
    import('./view.js'),
  ]);
  checkWatchable(io, '--watch');
  const client = await deps.client();
  const changesOf = sessionChanges();
  return watch(io, deps, {
    intervalMs: options.interval,
    read: () => client.sessions.fetch({ signal: io.signal }),
    draw: async (sessions) => {
      const list = listOf(io, deps, sessions, options);
      const text = await listText(io, list);
      const isEmpty = selectRows(io, list).length === 0;
      return isEmpty ? `${emptyWords(io, sessions, options)}\n` : text;
    },
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

/** How those that are over have ended; nothing else is loaded or asked where none is. */
async function endingsIn(io: Io, deps: Deps, sessions: readonly SessionInfo[]): Promise<Endings> {
  const over = sessions.filter(({ status }) => isFinished(status));
  if (over.length === 0 || io.format === 'name') return new Map();
  const { endingsOf } = await import('./endings.js');
  return endingsOf(deps, await deps.client(), over, io);
}

export const runPs: Run<typeof psCommand> = async (io, deps, options) => {
  if (options.watch) return watchList(io, deps, options);
  const client = await deps.client();
  const first = firstOnly(io, options);
  const sessions = await client.sessions.fetch({ first, signal: io.signal });
  if (deps.globals.logLevel === 'debug') noteAnomalies(io, sessions);
  const shown = await endingsIn(io, deps, listOf(io, deps, sessions, options).rows);
  const list = listOf(io, deps, sessions, options, shown);
  await renderList(io, list, emptyWords(io, sessions, options));
  const hidden = noteHidden(io, sessions, options, deps.now());
  // They are seen now; what they ended with is to be known when the platform has forgotten them.
  await endingsIn(io, deps, hidden);
  return undefined;
};

const amountFields = fieldsOf('used requested load');
const numbers = (amount: Amount) => documentOf(amountFields, amount);

const topDocument = (session: SessionInfo) => {
  const { id, name, kind, status, used, requested } = session;
  const { cores, memoryGiB } = useOf(session);
  return {
    ...{ id, name, kind, status, cores: numbers(cores), memoryGiB: numbers(memoryGiB) },
    gpus: requested.gpus ?? null,
    gpuUtilization: used.gpuUtilization ?? null,
  };
};

const percent = ({ load }: Amount): string =>
  load === undefined ? '-' : `${Math.round(load * 100)}%`;

function left(session: SessionInfo, now: number): string {
  const time = timeLeft(session, now);
  return typeof time === 'number' ? span(time) : '-';
}

const right = { align: 'right' } as const;

const topColumns = (now: number): readonly Column<SessionInfo>[] => [
  column('ID', ({ id }) => id),
  column('NAME', ({ name }) => name || '-', { shrinkTo: 8, cut: 'middle' }),
  column('KIND', ({ kind }) => kind || '-', { shrinkTo: 4, dropFirst: 3 }),
  column('STATUS', ({ status }) => status || '-', {
    ink: ({ status }) => statusInk(status),
    dropFirst: 2,
  }),
  column('CORES', ({ used, requested }) => usedOf(used.cores, requested.cores, ''), {
    ...right,
    dropFirst: 5,
  }),
  column('CPU', (session) => percent(useOf(session).cores), { ...right }),
  column('MEMORY', ({ used, requested }) => usedOf(used.memoryGiB, requested.memoryGiB, ' GiB'), {
    ...right,
    dropFirst: 4,
  }),
  column('MEM', (session) => percent(useOf(session).memoryGiB), { ...right }),
  column('GPUS', gpus, { ...right, dropFirst: 1 }),
  column('LEFT', (session) => left(session, now), { ...right, dropFirst: 6 }),
];

/** What runs, and what would run if it could start. */
interface Use {
  list: ListView<SessionInfo>;
  pending: readonly SessionInfo[];
}

async function read(
  io: Io,
  { now }: Deps,
  client: SkahaClient,
  ids: ReadonlySet<string> | undefined,
): Promise<Use> {
  const ones = await ownSessions(client, io);
  const rows =
    ids === undefined ? chosen(ones, { status: 'Running' }) : ones.filter(({ id }) => ids.has(id));
  const pending = ones.filter(
    ({ id, status }) => sameStatus(status, 'Pending') && (ids === undefined || ids.has(id)),
  );
  const columns = topColumns(now());
  const list = { rows: inOrder(rows, 'use'), document: topDocument, columns };
  return { list: { ...list, name: ({ id }) => id }, pending };
}

/** Why sessions that wait use nothing, a line for each; loaded only where some do. */
async function waitsIn(
  client: SkahaClient,
  pending: readonly SessionInfo[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (pending.length === 0) return [];
  const { waitingLines } = await import('./waiting.js');
  return waitingLines(client, pending, signal);
}

const empty = 'No sessions are running.';

async function watchUse(
  io: Io,
  deps: Deps,
  look: () => Promise<Use>,
  intervalMs: number,
): Promise<undefined> {
  const client = await deps.client();
  return watch(io, deps, {
    intervalMs,
    read: look,
    draw: async ({ list, pending }) => {
      const text = selectRows(io, list).length === 0 ? `${empty}\n` : await listText(io, list);
      const waits = await waitsIn(client, pending, io.signal);
      return [text, ...waits.map((line) => `${line}\n`)].join('');
    },
    lines: ({ list }) => {
      const sessions = selectRows(io, list).map(topDocument);
      return [{ time: utc(new Date(deps.now())), sessions }];
    },
  });
}

export const runTop: Run<typeof topCommand> = async (io, deps, options) => {
  if (options.watch) checkWatchable(io, '--watch');
  const client = await deps.client();
  const isNamed = options.sessions.length > 0;
  const selection = isNamed ? await selectSessions(io, deps, options.sessions) : undefined;
  const ids = selection && new Set(selection.ids);
  const look = () => read(io, deps, client, ids);
  if (options.watch) {
    throwIfFailed({ done: [], failed: selection?.missing ?? [] }, 'find');
    return watchUse(io, deps, look, options.interval);
  }
  if (ids?.size !== 0) {
    const { list, pending } = await look();
    await renderList(io, list, empty);
    if (io.format === 'table' || io.format === 'wide')
      for (const line of await waitsIn(client, pending, io.signal)) note(io, line);
  }
  throwIfFailed({ done: [...(ids ?? [])], failed: selection?.missing ?? [] }, 'find');
  return undefined;
};
