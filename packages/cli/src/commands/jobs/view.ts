import { isSecretName, mask } from '@skaha/base/redact.js';
import type { Ink } from '@skaha/terminal/output/style.js';
import { type Column, column, numberColumn } from '@skaha/terminal/output/table.js';
import { plain } from '@skaha/terminal/output/text.js';
import { relative } from '@skaha/terminal/output/time.js';
import type { SessionReason } from 'skaha';
import type { BatchProgress, ItemPhase, ListedItem } from 'skaha/batch';
import type { LookedBatch } from './look.js';

/** Where sessions are that nobody asked the platform about. */
const notAsked = { pending: null, running: null, completed: null, failed: null, gone: null };

/** What is known of a batch, for programs. */
export const jobDocument = ({ job, state, owner, progress }: LookedBatch) => ({
  job,
  name: state.name,
  image: state.image,
  server: state.server,
  // As long as a program works on it, nobody need resume it.
  state: owner === undefined ? progress.stage : ('launching' as const),
  sessions: state.items.length,
  launched: progress.launched,
  missing: progress.missing,
  ...(progress.sessions ?? notAsked),
  removed: progress.removed,
  startTime: new Date(state.startedAt).toISOString(),
  changeTime: new Date(state.changedAt).toISOString(),
});

export type JobDocument = ReturnType<typeof jobDocument>;

const stateInk: Readonly<Record<JobDocument['state'], Ink>> = {
  cancelled: 'dim',
  incomplete: 'yellow',
  launched: 'green',
  launching: 'blue',
};

export const jobColumns = (now: number): Column<JobDocument>[] => [
  column('BATCH', ({ job }) => job, { shrinkTo: 12, cut: 'middle' }),
  column('STATE', ({ state }) => state, { ink: ({ state }) => stateInk[state] }),
  numberColumn('LAUNCHED', ({ launched, sessions }) => `${launched} of ${sessions}`),
  numberColumn('PENDING', ({ pending }) => pending, { dropFirst: 3 }),
  numberColumn('RUNNING', ({ running }) => running),
  numberColumn('COMPLETED', ({ completed }) => completed),
  numberColumn('FAILED', ({ failed }) => failed, {
    ink: ({ failed }) => (failed ? 'red' : undefined),
  }),
  column('STARTED', ({ startTime }) => relative(new Date(startTime), now), { dropFirst: 2 }),
  column('IMAGE', ({ image }) => image, { shrinkTo: 16, cut: 'start', dropFirst: 1 }),
];

/** How many sessions of a batch are where, in words. */
export function sessionsText({ sessions, removed }: BatchProgress): string {
  if (sessions === undefined) return 'status not requested';
  const { pending, running, completed, failed, gone } = sessions;
  const counts = { pending, running, completed, failed, gone, deleted: removed };
  const words = Object.entries(counts).flatMap(([word, sum]) =>
    sum === 0 ? [] : `${sum} ${word}`,
  );
  return words.join(', ') || 'none';
}

/**
 * What is known of one session of a batch, for programs.
 *
 * @param why - it failed or waits, by its events
 */
export const itemRow = (item: ListedItem, why?: SessionReason) => ({
  index: item.index,
  name: item.name,
  id: item.id ?? null,
  parameters: shownParameters(item),
  outcome: item.phase,
  status: item.status ?? null,
  attempts: item.attempts,
  exitStatus: why?.exitStatus ?? null,
  reason: why === undefined ? null : { reason: why.reason, message: why.message },
  error: item.error ?? null,
});

export type ItemRow = ReturnType<typeof itemRow>;

/** Parameters as they may be shown. */
const shownParameters = ({ row }: ListedItem): Record<string, string> =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, isSecretName(name) ? mask : value]),
  );

/** The parameters in which the items of a batch differ; whether secrets do is not shown. */
export function varyingNames(items: readonly ListedItem[]): string[] {
  const all = items.map(shownParameters);
  const names = new Set(all.flatMap(Object.keys));
  return [...names].filter((name) => new Set(all.map((one) => one[name])).size > 1);
}

/** Some parameters of an item in words. */
export function parameterWords(item: ListedItem, names: readonly string[]): string {
  const shown = Object.entries(shownParameters(item)).filter(([name]) => names.includes(name));
  return shown.map(([name, value]) => plain(`${name}=${value}`)).join(' ');
}

const inks: Partial<Readonly<Record<ItemPhase, Ink>>> = {
  completed: 'green',
  failed: 'red',
  rejected: 'red',
  unanswered: 'yellow',
  unknown: 'yellow',
  pending: 'yellow',
};

const hasExitStatus = ({ exitStatus }: ItemRow): boolean => exitStatus !== null;

/**
 * The columns of `jobs show`.
 *
 * @param varying - the parameters in which the sessions differ
 */
export const itemColumns = (
  varying: readonly string[],
  rows: readonly ItemRow[],
): Column<ItemRow>[] => [
  numberColumn('NUMBER', ({ index }) => index),
  column('NAME', ({ name }) => name, { shrinkTo: 12, cut: 'middle' }),
  column('ID', ({ id }) => id ?? '-'),
  ...varying.map((name) =>
    column(plain(name), ({ parameters }: ItemRow) => plain(parameters[name] ?? '-'), {
      shrinkTo: 8,
      cut: 'middle',
    }),
  ),
  column('OUTCOME', ({ outcome }) => outcome, { ink: ({ outcome }) => inks[outcome] }),
  column('STATUS', ({ status }) => status ?? '-', { dropFirst: 2 }),
  numberColumn('LAUNCHES', ({ attempts }) => attempts, { dropFirst: 1 }),
  ...(rows.some(hasExitStatus) ? [numberColumn('EXIT', (row: ItemRow) => row.exitStatus)] : []),
  column('REASON', ({ error, reason }) => plain(error?.message ?? reason?.message ?? ''), {
    shrinkTo: 20,
  }),
];
