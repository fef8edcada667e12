import { defined } from '@skaha/base/record.js';
import { documentOf } from '@skaha/terminal/output/field.js';
import type { Ink } from '@skaha/terminal/output/style.js';
import { type Column, column, numberColumn } from '@skaha/terminal/output/table.js';
import { short } from '@skaha/terminal/output/text.js';
import { age, relative, utc } from '@skaha/terminal/output/time.js';
import { sameStatus } from '@skaha/wire/status.js';
import { changesBetween, isFailed, type SessionInfo, type Snapshot, snapshot } from 'skaha';
import type { EndRecord } from 'skaha/history';
import { fieldsOf } from '../../command.js';
import { sessionFields } from '../options.js';

/** How a session ended, or why it has not begun. */
export type SessionEnding = Pick<EndRecord, 'endTime' | 'exitStatus' | 'reason'>;

const endFields = fieldsOf('endTime exitStatus reason');

const startOf = (session: SessionInfo): number =>
  session.startTime?.getTime() ?? Number.POSITIVE_INFINITY;

/** Oldest first; what has not started yet comes last. Of one second, in the order of their names. */
export function byStart(left: SessionInfo, right: SessionInfo): number {
  const [first, second] = [startOf(left), startOf(right)];
  if (first !== second) return first - second;
  return left.name.localeCompare(right.name, 'en', { numeric: true });
}

/**
 * A session for programs: the fields of the Skaha API, null where the server sent none, then what
 * else it sent. Times are RFC 3339 in UTC.
 *
 * @param end - how it ended, where that was looked at
 */
export function sessionDocument(
  session: SessionInfo,
  end?: SessionEnding,
): Record<string, unknown> {
  const { raw, startTime, expiryTime } = session;
  const document = {
    ...documentOf(sessionFields, raw),
    ...raw,
    ...defined({
      startTime: startTime && utc(startTime),
      expiryTime: expiryTime && utc(expiryTime),
    }),
  };
  return end === undefined ? document : { ...document, ...documentOf(endFields, end) };
}

/** The colour of a status; the word says the same. */
export function statusInk(status: string): Ink | undefined {
  if (status === 'Running') return 'green';
  if (status === 'Pending') return 'yellow';
  if (isFailed(status)) return 'red';
  return status === 'Terminating' ? 'dim' : undefined;
}

/** What is used of what was asked for, `-` for what is not known. */
export function usedOf({ used, requested }: SessionInfo, what: 'cores' | 'memoryGiB'): string {
  const amounts = [used[what], requested[what]];
  if (amounts.every((amount) => amount === undefined)) return '-';
  const words = amounts.map((amount) => (amount === undefined ? '-' : short(amount)));
  return `${words.join('/')}${what === 'memoryGiB' ? ' GiB' : ''}`;
}

/** How many GPUs were asked for, and how busy they are where that is known. */
export const gpus = ({ used: { gpuUtilization }, requested }: SessionInfo): string =>
  `${requested.gpus ?? '-'}${gpuUtilization === undefined ? '' : ` (${gpuUtilization}%)`}`;

export const isPending = ({ status }: SessionInfo): boolean => sameStatus(status, 'Pending');

/** Whether a session has its exact resources, or shares what there is. */
const sizing = (session: SessionInfo): string =>
  session.fixedResources === undefined ? '-' : session.fixedResources ? 'FIXED' : 'FLEX';

/** The host of a registry says little to who has only one; the wide list and programs have it. */
export const withoutRegistry = (image: string | undefined): string | undefined => {
  const [host = '', ...path] = image?.split('/') ?? [];
  return path.length > 0 && /[.:]/.test(host) ? path.join('/') : image;
};

/** How sessions ended, by id. */
export type Ends = ReadonlyMap<string, SessionEnding>;

/**
 * The columns of a list of sessions.
 *
 * @param ends - what became of those that are over; without any there is no column for it
 */
export function sessionColumns(
  now: number,
  isWide: boolean,
  ends: Ends = new Map(),
): Column<SessionInfo>[] {
  const ended = ({ id }: SessionInfo) => {
    const time = ends.get(id)?.endTime;
    return time ? `${age(new Date(time), now)} ago` : '-';
  };
  return [
    column('ID', ({ id }) => id || '-'),
    column('NAME', ({ name }) => name || '-', { shrinkTo: 8, cut: 'middle' }),
    column('KIND', ({ kind }) => kind || '-', { dropFirst: 1 }),
    column('STATUS', ({ status }) => status || '-', { ink: ({ status }) => statusInk(status) }),
    column('IMAGE', ({ image }) => (isWide ? image : withoutRegistry(image)) ?? '-', {
      shrinkTo: isWide ? 16 : 8,
      cut: 'start',
    }),
    column('AGE', ({ startTime }) => age(startTime, now), { dropFirst: 2 }),
    ...(ends.size > 0 ? [column('ENDED', ended, { dropFirst: 1 })] : []),
    ...(isWide ? wideColumns(now, ends) : []),
  ];
}

/** What only the wide list has. */
function wideColumns(now: number, ends: Ends): Column<SessionInfo>[] {
  const exit = ({ id }: SessionInfo) => ends.get(id)?.exitStatus;
  return [
    ...(ends.size > 0 ? [numberColumn('EXIT', exit, { dropFirst: 2 })] : []),
    numberColumn('CORES', (session) => usedOf(session, 'cores'), { dropFirst: 3 }),
    numberColumn('MEMORY', (session) => usedOf(session, 'memoryGiB'), { dropFirst: 4 }),
    numberColumn('GPUS', gpus, { dropFirst: 5 }),
    column('MODE', sizing, { dropFirst: 6 }),
    column('EXPIRES', ({ expiryTime }) => (expiryTime ? relative(expiryTime, now) : '-'), {
      shrinkTo: 8,
      dropFirst: 7,
    }),
    column('URL', ({ connectUrl }) => connectUrl ?? '-', {
      shrinkTo: 16,
      cut: 'middle',
      dropFirst: 8,
    }),
  ];
}

/**
 * Compares looks at a list. Once it was shown, a session is followed to its end, also when it no
 * longer fits what was asked for: a program that watches what runs must learn how it ended.
 *
 * @returns a function that takes the whole list and those of it that are to be shown
 */
export function sessionChanges() {
  let followed: Snapshot = new Map();
  return (listed: readonly SessionInfo[], shown: ReadonlySet<SessionInfo>) => {
    const now = [...snapshot(listed)];
    const next = new Map(now.filter(([id, session]) => followed.has(id) || shown.has(session)));
    const changes = changesBetween(followed, next);
    followed = next;
    return changes.map(({ change, ...session }) => ({
      type: change.toUpperCase(),
      object: sessionDocument(session),
    }));
  };
}
