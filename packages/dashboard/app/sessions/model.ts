import { computed, signal } from '@preact/signals';
import { type Session, sessions } from '../live.js';

/** Orders of the list. */
export const sorts = ['started', 'name', 'status', 'left'] as const;
export type Sort = (typeof sorts)[number];

export const query = signal('');
export const status = signal('');
export const kind = signal('');
export const sort = signal<Sort>('started');
export const isGrouped = signal(localStorage.getItem('skaha.dashboard.group') !== 'no');
/** Names of the groups whose sessions are shown. */
export const opened = signal<ReadonlySet<string>>(new Set());

/** Keys of the sessions that are marked. */
export const selected = signal<ReadonlySet<string>>(new Set());

/** Keys of the sessions that will be deleted in a moment, or are being deleted. */
export const leaving = signal<ReadonlySet<string>>(new Set());

/** What tells a session from all others: desktop apps share the id of their desktop. */
export const keyOf = ({ id, appId }: Session): string =>
  appId === undefined ? id : `${id}/${appId}`;

/** One line of the list. */
export type Line =
  | { type: 'session'; key: string; session: Session; isInGroup: boolean }
  | { type: 'group'; key: string; name: string; members: readonly Session[]; isOpen: boolean };

const order = ['Failed', 'Running', 'Pending', 'Terminating', 'Completed'];
const place = ({ status: word }: Session): number => {
  const index = order.indexOf(word);
  return index < 0 ? order.length : index;
};

const byName = new Intl.Collator('en', { numeric: true }).compare;
const startOf = ({ startTime }: Session): number => startTime?.getTime() ?? Number.MAX_SAFE_INTEGER;

const comparisons: Readonly<Record<Sort, (a: Session, b: Session) => number>> = {
  started: (a, b) => startOf(b) - startOf(a),
  name: () => 0,
  status: (a, b) => place(a) - place(b),
  left: (a, b) => leftOf(a) - leftOf(b),
};

/** When the platform will end a session; those that have ended come last. */
function leftOf({ expiryTime, status: word }: Session): number {
  const isOver = word === 'Completed' || word === 'Failed';
  return isOver || expiryTime === undefined ? Number.MAX_SAFE_INTEGER : expiryTime.getTime();
}

/** The sessions that fit, in order. */
export const fitting = computed((): Session[] => {
  const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (session: Session) => {
    if (status.value !== '' && session.status !== status.value) return false;
    if (kind.value !== '' && session.kind !== kind.value) return false;
    if (words.length === 0) return true;
    const text = `${session.name} ${session.id} ${session.image ?? ''}`.toLowerCase();
    return words.every((word) => text.includes(word));
  };
  const compare = comparisons[sort.value];
  return [...sessions.value.values()]
    .filter(fits)
    .sort((a, b) => compare(a, b) || byName(a.name, b.name) || (a.id < b.id ? -1 : 1));
});

/** The batch a session seems to belong to: replicas and rows have their number behind the name. */
export const groupOf = ({ name, kind: sort }: Session): string | undefined =>
  sort === 'headless' ? /^(.+)-\d+$/.exec(name)?.[1] : undefined;

/** What the list shows. */
export const lines = computed((): Line[] => {
  const single = (session: Session, isInGroup: boolean): Line => ({
    type: 'session',
    ...{ key: keyOf(session), session, isInGroup },
  });
  if (!isGrouped.value) return fitting.value.map((session) => single(session, false));
  const groups = new Map<string, Session[]>();
  for (const session of fitting.value) {
    const name = groupOf(session);
    if (name === undefined) continue;
    const members = groups.get(name);
    if (members === undefined) groups.set(name, [session]);
    else members.push(session);
  }
  const told = new Set<string>();
  return fitting.value.flatMap((session): Line[] => {
    const name = groupOf(session);
    const members = name === undefined ? [] : (groups.get(name) ?? []);
    if (name === undefined || members.length < 2) return [single(session, false)];
    if (told.has(name)) return [];
    told.add(name);
    const isOpen = opened.value.has(name);
    const head: Line = { type: 'group', key: `group ${name}`, name, members, isOpen };
    return isOpen ? [head, ...members.map((member) => single(member, true))] : [head];
  });
});

/** How many sessions there are of each state. */
export const counts = computed(() => {
  const found = new Map<string, number>();
  for (const session of sessions.value.values()) {
    found.set(session.status, (found.get(session.status) ?? 0) + 1);
  }
  return [...found].sort(([a], [b]) => order.indexOf(a) - order.indexOf(b));
});

/** The kinds that there are. */
export const kinds = computed(() =>
  [...new Set([...sessions.value.values()].map((session) => session.kind))].sort(),
);

/** The marked sessions that are still there. */
export const marked = computed((): Session[] =>
  [...selected.value].flatMap((key) => sessions.value.get(key) ?? []),
);

/** Adds to a set, or takes away. */
export function toggled(
  set: ReadonlySet<string>,
  keys: readonly string[],
  isIn: boolean,
): ReadonlySet<string> {
  const next = new Set(set);
  for (const key of keys) {
    if (isIn) next.add(key);
    else next.delete(key);
  }
  return next;
}
