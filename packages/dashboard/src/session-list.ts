import { isFinished, sameStatus } from '@skaha/wire/status.js';

/** What a list says about a session; the `SessionInfo` of the library is one. */
export interface ListedSession {
  readonly id: string;
  readonly appId?: string | undefined;
  readonly name: string;
  readonly kind: string;
  readonly status: string;
  readonly image?: string | undefined;
  readonly startTime?: Date | undefined;
  readonly expiryTime?: Date | undefined;
  readonly requested: Quantities;
  readonly used: Quantities & { readonly gpuUtilization?: number | undefined };
}

interface Quantities {
  readonly cores?: number | undefined;
  readonly memoryGiB?: number | undefined;
  readonly gpus?: number | undefined;
}

/** What distinguishes a session from all others: desktop apps share the id of their desktop. */
export const keyOf = ({ id, appId }: Pick<ListedSession, 'appId' | 'id'>): string =>
  appId === undefined ? id : `${id}/${appId}`;

/** Which sessions are meant: all, where nothing is said. */
export interface Choice {
  /** Words that the name, the id or the image contains, all of them. */
  readonly words?: string | undefined;
  readonly status?: string | undefined;
  readonly kind?: string | undefined;
}

/** The sessions that fit. */
export function chosen<Session extends ListedSession>(
  sessions: readonly Session[],
  { words = '', status = '', kind = '' }: Choice,
): Session[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length === 0 && status === '' && kind === '') return [...sessions];
  const fits = (session: Session) => {
    if (status !== '' && !sameStatus(session.status, status)) return false;
    if (kind !== '' && session.kind !== kind) return false;
    if (wanted.length === 0) return true;
    const text = `${session.name} ${session.id} ${session.image ?? ''}`.toLowerCase();
    return wanted.every((word) => text.includes(word));
  };
  return sessions.filter(fits);
}

/** Orders of a list. */
export const sorts = ['started', 'name', 'status', 'left', 'use'] as const;
export type Sort = (typeof sorts)[number];

const statusOrder = ['Failed', 'Running', 'Pending', 'Terminating', 'Completed'];
const placeOf = (status: string): number => {
  const index = statusOrder.findIndex((known) => status.startsWith(known));
  return index < 0 ? statusOrder.length : index;
};

const last = Number.MAX_SAFE_INTEGER;

/** Two numbers to sort by, the smallest first. */
const ranks: Readonly<Record<Sort, (session: ListedSession) => readonly [number, number]>> = {
  started: ({ startTime }) => [startTime === undefined ? -last : -startTime.getTime(), 0],
  name: () => [0, 0],
  status: ({ status }) => [placeOf(status), 0],
  left: ({ expiryTime, status }) => [
    expiryTime === undefined || isFinished(status) ? last : expiryTime.getTime(),
    0,
  ],
  use: ({ used }) => [-(used.cores ?? -1), -(used.memoryGiB ?? -1)],
};

/** A name whose numbers sort by value: `fit-9` before `fit-10`. */
const sortable = (name: string): string =>
  name.toLowerCase().replace(/\d+/g, (digits) => digits.padStart(12, '0'));

const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** A session, and what it is sorted by; its name is taken apart when two are equal up to there. */
class Ranked<Session extends ListedSession> {
  readonly session: Session;
  readonly first: number;
  readonly second: number;
  #name: string | undefined;

  constructor(session: Session, [first, second]: readonly [number, number]) {
    this.session = session;
    this.first = first;
    this.second = second;
  }

  get name(): string {
    this.#name ??= sortable(this.session.name);
    return this.#name;
  }
}

/**
 * Sorts sessions: the newest, the first to end, or the busiest first; equal ones by name. What they
 * are sorted by is found once for each, which is what makes thousands quick.
 */
export function inOrder<Session extends ListedSession>(
  list: readonly Session[],
  sort: Sort,
): Session[] {
  const rankOf = ranks[sort];
  const ranked = list.map((session) => new Ranked(session, rankOf(session)));
  ranked.sort(
    (a, b) =>
      a.first - b.first ||
      a.second - b.second ||
      compareTexts(a.name, b.name) ||
      compareTexts(keyOf(a.session), keyOf(b.session)),
  );
  return ranked.map(({ session }) => session);
}

/** The batch a session seems to belong to: replicas and rows have their number behind the name. */
export const groupOf = ({ name, kind }: ListedSession): string | undefined =>
  kind === 'headless' ? /^(.+)-\d+$/.exec(name)?.[1] : undefined;

/** One line of a list. */
export type Line<Session> =
  | { type: 'session'; key: string; session: Session; isInGroup: boolean }
  | { type: 'group'; key: string; name: string; members: readonly Session[]; isOpen: boolean };

const single = <Session extends ListedSession>(
  session: Session,
  isInGroup: boolean,
): Line<Session> => ({ type: 'session', key: keyOf(session), session, isInGroup });

/** The lines of a list in which every session has its own. */
export const plainLines = <Session extends ListedSession>(
  list: readonly Session[],
): Line<Session>[] => list.map((session) => single(session, false));

/**
 * The lines of a list in which each batch is one, where its first session would be.
 *
 * @param opened - names of the batches whose sessions are shown below them
 */
export function groupedLines<Session extends ListedSession>(
  list: readonly Session[],
  opened: ReadonlySet<string>,
): Line<Session>[] {
  const groups = new Map<string, Session[]>();
  const names = list.map(groupOf);
  for (const [index, session] of list.entries()) {
    const name = names[index];
    if (name === undefined) continue;
    const members = groups.get(name);
    if (members === undefined) groups.set(name, [session]);
    else members.push(session);
  }
  const lines: Line<Session>[] = [];
  const listed = new Set<string>();
  for (const [index, session] of list.entries()) {
    const name = names[index];
    const members = name === undefined ? undefined : groups.get(name);
    if (name === undefined || members === undefined || members.length < 2) {
      lines.push(single(session, false));
    } else if (!listed.has(name)) {
      listed.add(name);
      const isOpen = opened.has(name);
      lines.push({ type: 'group', key: `group ${name}`, name, members, isOpen });
      if (isOpen) lines.push(...members.map((member) => single(member, true)));
    }
  }
  return lines;
}

/** How many sessions there are of each status, those that need care first. */
export function countsOf(sessions: Iterable<Pick<ListedSession, 'status'>>): [string, number][] {
  const found = new Map<string, number>();
  for (const { status } of sessions) found.set(status, (found.get(status) ?? 0) + 1);
  return [...found].sort(([a], [b]) => placeOf(a) - placeOf(b) || compareTexts(a, b));
}

/**
 * How long a session may still run.
 *
 * @param now - milliseconds since the epoch
 * @returns milliseconds, 0 at least; `over` when it has ended, undefined where that is not known
 */
export function timeLeft(
  { status, expiryTime }: Pick<ListedSession, 'expiryTime' | 'status'>,
  now: number,
): number | 'over' | undefined {
  if (isFinished(status)) return 'over';
  return expiryTime === undefined ? undefined : Math.max(0, expiryTime.getTime() - now);
}

/** How much of what was asked for is used. */
export interface Amount {
  readonly used: number | undefined;
  readonly requested: number | undefined;
  /** Used over requested; undefined where one of them is not known. */
  readonly load: number | undefined;
}

function amount(used: number | undefined, requested: number | undefined): Amount {
  const isKnown = used !== undefined && requested !== undefined && requested > 0;
  return {
    used,
    requested,
    load: isKnown ? Math.round((used / requested) * 1000) / 1000 : undefined,
  };
}

/** What a session uses of what it asked for. */
export const useOf = ({
  used,
  requested,
}: Pick<ListedSession, 'requested' | 'used'>): { cores: Amount; memoryGiB: Amount } => ({
  cores: amount(used.cores, requested.cores),
  memoryGiB: amount(used.memoryGiB, requested.memoryGiB),
});
