import { computed, effect, type Signal, signal } from '@preact/signals';
import {
  chosen,
  countsOf,
  groupedLines,
  inOrder,
  type Line as LineOf,
  plainLines,
  type Sort,
  sorts,
} from '@skaha/dashboard/session-list.js';
import { type Session, sessions } from '../live.js';

/** What one has chosen in this tab outlives that it is loaded again. */
function storedSignal(name: string): Signal<string> {
  const key = `skaha.dashboard.sessions.${name}`;
  const chosenOne = signal(sessionStorage.getItem(key) ?? '');
  effect(() => sessionStorage.setItem(key, chosenOne.value));
  return chosenOne;
}

export const query = storedSignal('query');
export const status = storedSignal('status');
export const kind = storedSignal('kind');
const chosenSort = storedSignal('sort');
export const sort = computed(
  (): Sort => sorts.find((name) => name === chosenSort.value) ?? 'started',
);

/** Sorts the list otherwise. */
export function sortBy(name: string): void {
  chosenSort.value = name;
}

export const isGrouped = signal(localStorage.getItem('skaha.dashboard.group') !== 'no');
/** Names of the groups whose sessions are shown. */
export const opened = signal<ReadonlySet<string>>(new Set());

/** Keys of the sessions that are marked. */
export const selected = signal<ReadonlySet<string>>(new Set());

/** Keys of the sessions that will be deleted in a moment, or are being deleted. */
export const leaving = signal<ReadonlySet<string>>(new Set());

/** One line of the list. */
export type Line = LineOf<Session>;

// Each step is remembered: what is typed does not sort, and what is opened does not filter again.
const sorted = computed(() => inOrder([...sessions.value.values()], sort.value));

/** The sessions that fit, in order. */
export const fitting = computed(() =>
  chosen(sorted.value, { words: query.value, status: status.value, kind: kind.value }),
);

/** What the list shows. */
export const lines = computed((): Line[] =>
  isGrouped.value ? groupedLines(fitting.value, opened.value) : plainLines(fitting.value),
);

/** How many sessions there are of each state. */
export const counts = computed(() => countsOf(sessions.value.values()));

/** The kinds that there are. */
export const kinds = computed(() => {
  const found = new Set([...sessions.value.values()].map((session) => session.kind));
  // What was chosen stays to be seen when its last session is gone.
  if (kind.value !== '') found.add(kind.value);
  return [...found].sort();
});

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
