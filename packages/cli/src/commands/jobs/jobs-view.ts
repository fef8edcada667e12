import type { Ink } from '@skaha/terminal/output/style.js';
import type { Column } from '@skaha/terminal/output/table.js';
import { relative } from '@skaha/terminal/output/time.js';
import type { ErrorDocument } from 'skaha';
import type { BatchState, ItemPhase } from 'skaha/batch';

/** A batch in machine output. */
export interface JobDocument {
  job: string;
  /** Name of its sessions. */
  name: string;
  image: string;
  server: string;
  /** `running`: a program works on it; `incomplete`: something is missing. */
  state: 'cancelled' | 'complete' | 'incomplete' | 'running';
  sessions: number;
  launched: number;
  /** Items without a session. */
  missing: number;
  failed: number;
  startTime: string;
  changeTime: string;
}

const without = new Set<ItemPhase>(['pending', 'rejected', 'removed', 'unanswered', 'unknown']);

/** What a journal says in one line. */
export function summaryOf(job: string, state: BatchState, isRunning: boolean): JobDocument {
  const launched = state.items.filter(({ phase }) => !without.has(phase)).length;
  const failed = state.items.filter(({ phase }) => phase === 'failed').length;
  const missing = state.items.length - launched;
  return {
    job,
    name: state.name,
    image: state.image,
    server: state.server,
    state: isRunning
      ? 'running'
      : state.cancelled !== undefined
        ? 'cancelled'
        : missing > 0
          ? 'incomplete'
          : 'complete',
    sessions: state.items.length,
    launched,
    missing,
    failed,
    startTime: new Date(state.startedAt).toISOString(),
    changeTime: new Date(state.changedAt).toISOString(),
  };
}

const stateInk: Readonly<Record<JobDocument['state'], Ink>> = {
  cancelled: 'dim',
  complete: 'green',
  incomplete: 'yellow',
  running: 'blue',
};

/** The columns of `jobs ls`. */
export const jobColumns = (now: number): Column<JobDocument>[] => [
  { header: 'JOB', value: ({ job }) => job, shrinkTo: 12, cut: 'middle' },
  { header: 'STATE', value: ({ state }) => state, ink: ({ state }) => stateInk[state] },
  { header: 'SESSIONS', value: ({ sessions }) => String(sessions), align: 'right' },
  { header: 'LAUNCHED', value: ({ launched }) => String(launched), align: 'right' },
  { header: 'MISSING', value: ({ missing }) => String(missing), align: 'right' },
  { header: 'FAILED', value: ({ failed }) => String(failed), align: 'right' },
  { header: 'STARTED', value: ({ startTime }) => relative(new Date(startTime), now) },
  { header: 'IMAGE', value: ({ image }) => image, shrinkTo: 16, cut: 'start' },
];

/** One session of a batch in machine output. */
export interface ItemRow {
  /** Its `REPLICA_ID`. */
  index: number;
  name: string;
  id: string | null;
  outcome: ItemPhase;
  /** What the platform says now; null when it does not list the session or was not asked. */
  status: string | null;
  attempts: number;
  error: ErrorDocument | null;
}

/** What became of each item. */
export const itemRows = (state: BatchState, statuses: ReadonlyMap<string, string>): ItemRow[] =>
  state.items.map(({ index, name, id, phase, attempts, error }) => ({
    ...{ index, name, id: id ?? null, outcome: phase },
    status: id === undefined ? null : (statuses.get(id) ?? null),
    ...{ attempts, error: error ?? null },
  }));

const inks: Partial<Readonly<Record<ItemPhase, Ink>>> = {
  completed: 'green',
  failed: 'red',
  rejected: 'red',
  unanswered: 'yellow',
  unknown: 'yellow',
  pending: 'yellow',
};

/** The columns of `jobs show`. */
export const itemColumns: Column<ItemRow>[] = [
  { header: 'NUMBER', value: ({ index }) => String(index), align: 'right' },
  { header: 'NAME', value: ({ name }) => name, shrinkTo: 12, cut: 'middle' },
  { header: 'ID', value: ({ id }) => id ?? '-' },
  { header: 'OUTCOME', value: ({ outcome }) => outcome, ink: ({ outcome }) => inks[outcome] },
  { header: 'STATUS', value: ({ status }) => status ?? '-' },
  { header: 'LAUNCHES', value: ({ attempts }) => String(attempts), align: 'right' },
  { header: 'REASON', value: ({ error }) => error?.message ?? '', shrinkTo: 20 },
];
