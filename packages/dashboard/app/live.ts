import { batch, signal } from '@preact/signals';
import type { SessionInfo } from 'skaha';
import { client, login, type Problem, problemOf } from './api.js';

/** A session without what only a program would look at. */
export type Session = Omit<SessionInfo, 'anomalies' | 'raw' | 'supplementalGroups'>;

/** How the list of sessions stands. */
export interface Link {
  readonly state: 'connecting' | 'live' | 'lost';
  /** When the list was last seen, in milliseconds since the epoch. */
  readonly at: number | undefined;
  readonly problem?: Problem | undefined;
  /** When it is asked again. */
  readonly again?: number | undefined;
}

/** Sessions by id; desktop apps by theirs, too. A new map whenever something changed. */
export const sessions = signal<ReadonlyMap<string, Session>>(new Map());
export const link = signal<Link>({ state: 'connecting', at: undefined });

const intervalMs = 2_000;
const longestPauseMs = 15_000;

type Message =
  | { type: 'hello' }
  | { type: 'look' }
  | { type: 'all'; sessions: Session[]; link: Link }
  | { type: 'news'; changed: Session[]; gone: string[]; link: Link };

const channel = new BroadcastChannel('skaha.sessions');
let isLeading = false;
let wake: () => void = () => undefined;

const keyOf = ({ id, appId }: SessionInfo | Session): string =>
  appId === undefined ? id : `${id}/${appId}`;

/** Two replies about the same session compare by what a person would see. */
const lookOf = ({ status, startTime, expiryTime, connectUrl, used, name }: Session): string =>
  [
    ...[status, name, startTime?.getTime(), expiryTime?.getTime(), connectUrl],
    ...[used.cores, used.memoryGiB],
  ].join();

function slim({
  anomalies: _,
  raw: __,
  supplementalGroups: ___,
  ...session
}: SessionInfo): Session {
  return session;
}

/** What changed between two lists. */
export function newsOf(
  before: ReadonlyMap<string, Session>,
  list: readonly SessionInfo[],
): { changed: Session[]; gone: string[] } {
  const keys = new Set<string>();
  const changed: Session[] = [];
  for (const info of list) {
    const key = keyOf(info);
    keys.add(key);
    const known = before.get(key);
    if (known === undefined || lookOf(known) !== lookOf(info)) changed.push(slim(info));
  }
  return { changed, gone: [...before.keys()].filter((key) => !keys.has(key)) };
}

function apply(changed: readonly Session[], gone: readonly string[], state: Link): void {
  batch(() => {
    link.value = state;
    if (changed.length === 0 && gone.length === 0) return;
    const next = new Map(sessions.value);
    for (const key of gone) next.delete(key);
    for (const session of changed) next.set(keyOf(session), session);
    sessions.value = next;
  });
}

function tell(changed: Session[], gone: string[], state: Link): void {
  apply(changed, gone, state);
  channel.postMessage({ type: 'news', changed, gone, link: state } satisfies Message);
}

channel.onmessage = ({ data }: MessageEvent<Message>) => {
  if (data.type === 'hello' && isLeading) {
    const all = [...sessions.value.values()];
    channel.postMessage({ type: 'all', sessions: all, link: link.value } satisfies Message);
  } else if (data.type === 'look' && isLeading) wake();
  else if (data.type === 'news') apply(data.changed, data.gone, data.link);
  else if (data.type === 'all') {
    batch(() => {
      sessions.value = new Map(data.sessions.map((session) => [keyOf(session), session]));
      link.value = data.link;
    });
  }
};

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    wake = () => {
      clearTimeout(timer);
      resolve();
    };
  });

/** Asks again and again, until there is no need; a failure is told, and waited out. */
async function watch(signal: AbortSignal): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    try {
      const list = await client.sessions.fetch({ signal, timeoutMs: 20_000 });
      const { changed, gone } = newsOf(sessions.value, list);
      failures = 0;
      tell(changed, gone, { state: 'live', at: Date.now() });
      await pause(intervalMs);
    } catch (error) {
      if (signal.aborted || login.value !== 'in') return;
      failures += 1;
      const wait = Math.min(longestPauseMs, 1_000 * 2 ** (failures - 1));
      const { at } = link.value;
      tell([], [], { state: 'lost', at, problem: problemOf(error), again: Date.now() + wait });
      await pause(wait);
    }
  }
}

/**
 * Keeps the list of sessions up to date. Of all tabs that can be seen one asks, and tells the
 * others; a browser lets hidden ones sleep, so that they leave it to one that is looked at.
 */
export function keepLive(): void {
  let stop = new AbortController();
  const lead = () => {
    stop = new AbortController();
    const { signal } = stop;
    const leading = async () => {
      isLeading = true;
      try {
        await watch(signal);
      } finally {
        isLeading = false;
      }
    };
    navigator.locks.request('skaha.sessions', { signal }, leading).catch(() => undefined);
  };
  document.addEventListener('visibilitychange', () => {
    stop.abort();
    wake();
    if (document.visibilityState === 'visible') lead();
  });
  channel.postMessage({ type: 'hello' } satisfies Message);
  lead();
}

/** Has the list looked at right now, whichever tab does it. */
export function lookNow(): void {
  if (isLeading) wake();
  else channel.postMessage({ type: 'look' } satisfies Message);
}
