import type { Io } from '@skaha/terminal/io.js';
import { type ListView, listText, renderList, selectRows } from '@skaha/terminal/output/list.js';
import type { Column } from '@skaha/terminal/output/table.js';
import { utc } from '@skaha/terminal/output/time.js';
import type { SessionInfo, SkahaClient } from 'skaha';
import { sameStatus } from 'skaha/internal/models/status.js';
import type { Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import { checkWatchable, watch } from '../../output/watch.js';
import type { WatchOptions } from '../../output/watch-options.js';
import { selectSessions, throwIfFailed } from '../../select.js';
import { gpus, statusInk, usedOf } from './session-view.js';

export interface TopOptions extends WatchOptions {
  sessions: readonly string[];
}

interface Amount {
  used: number | null;
  requested: number | null;
  /** Used over requested; null where one of them is not known. */
  load: number | null;
}

function amount(used: number | undefined, requested: number | undefined): Amount {
  const isKnown = used !== undefined && requested !== undefined && requested > 0;
  return {
    used: used ?? null,
    requested: requested ?? null,
    load: isKnown ? Math.round((used / requested) * 1000) / 1000 : null,
  };
}

const topDocument = ({ id, name, kind, status, used, requested }: SessionInfo) => ({
  id,
  name,
  kind,
  status,
  cores: amount(used.cores, requested.cores),
  memoryGiB: amount(used.memoryGiB, requested.memoryGiB),
  gpus: requested.gpus ?? null,
  gpuUtilization: used.gpuUtilization ?? null,
});

const percent = ({ load }: Amount): string => (load === null ? '-' : `${Math.round(load * 100)}%`);
const right = { align: 'right' } as const;

const columns: readonly Column<SessionInfo>[] = [
  { header: 'ID', value: ({ id }) => id },
  { header: 'NAME', value: ({ name }) => name || '-', shrinkTo: 8, cut: 'middle' },
  { header: 'KIND', value: ({ kind }) => kind || '-', shrinkTo: 4, dropFirst: 3 },
  {
    header: 'STATUS',
    value: ({ status }) => status || '-',
    ink: ({ status }) => statusInk(status),
    dropFirst: 2,
  },
  {
    header: 'CORES',
    value: ({ used, requested }) => usedOf(used.cores, requested.cores, ''),
    ...right,
    dropFirst: 5,
  },
  {
    header: 'CPU',
    value: ({ used, requested }) => percent(amount(used.cores, requested.cores)),
    ...right,
  },
  {
    header: 'MEMORY',
    value: ({ used, requested }) => usedOf(used.memoryGiB, requested.memoryGiB, ' GiB'),
    ...right,
    dropFirst: 4,
  },
  {
    header: 'MEM',
    value: ({ used, requested }) => percent(amount(used.memoryGiB, requested.memoryGiB)),
    ...right,
  },
  { header: 'GPUS', value: gpus, ...right, dropFirst: 1 },
];

/** The busiest first: by cores, then by memory. */
function byUse({ used: left }: SessionInfo, { used: right }: SessionInfo): number {
  const cores = (right.cores ?? -1) - (left.cores ?? -1);
  return cores === 0 ? (right.memoryGiB ?? -1) - (left.memoryGiB ?? -1) : cores;
}

async function read(
  io: Io,
  client: SkahaClient,
  ids: ReadonlySet<string> | undefined,
): Promise<ListView<SessionInfo>> {
  const sessions = await client.sessions.fetch({ signal: io.signal });
  const rows = sessions
    .filter(({ kind }) => kind !== 'desktop-app')
    .filter(({ id, status }) => (ids === undefined ? sameStatus(status, 'Running') : ids.has(id)))
    .sort(byUse);
  return { rows, document: topDocument, columns, name: ({ id }) => id };
}

const empty = 'No sessions are running.';

async function watchUse(
  io: Io,
  deps: Deps,
  look: () => Promise<ListView<SessionInfo>>,
  intervalMs: number,
): Promise<undefined> {
  return watch(io, deps, {
    intervalMs,
    read: look,
    draw: async (list) =>
      selectRows(io, list).length === 0 ? `${empty}\n` : await listText(io, list),
    lines: (list) => {
      const sessions = selectRows(io, list).map(topDocument);
      return [{ time: utc(new Date(deps.now())), sessions }];
    },
  });
}

/** Shows what sessions use. */
export const runTop: Run<TopOptions> = async (io, deps, options) => {
  if (options.watch) checkWatchable(io, '--watch');
  const client = await deps.client();
  const isNamed = options.sessions.length > 0;
  const selection = isNamed ? await selectSessions(io, deps, options.sessions) : undefined;
  const ids = selection && new Set(selection.ids);
  const look = () => read(io, client, ids);
  if (options.watch) {
    throwIfFailed({ done: [], failed: selection?.missing ?? [] }, 'find');
    return watchUse(io, deps, look, options.interval);
  }
  if (ids?.size !== 0) await renderList(io, await look(), empty);
  throwIfFailed({ done: [...(ids ?? [])], failed: selection?.missing ?? [] }, 'find');
  return undefined;
};
