import { batch, signal } from '@preact/signals';
import { keyOf } from '@skaha/dashboard/session-list.js';
import { keyOfPage, login, send, sessionApi } from './api.js';
import { type Raw, Session } from './session.js';
import watcherAddress from './watcher.ts?worker&url';
import {
  afterFailure,
  createLook,
  type Link,
  looksSame,
  Pause,
  type Report,
  type Seen,
  type WatcherRequest,
} from './watching.js';

export { Session } from './session.js';

/** Sessions by id; desktop apps by theirs, too. A new map whenever something changed. */
export const sessions = signal<ReadonlyMap<string, Session>>(new Map());
export const link = signal<Link>({ state: 'connecting', at: undefined });

/** What tabs say to each other. */
type Message =
  | { type: 'hello' }
  | { type: 'leading' }
  | { type: 'look' }
  | { type: 'all'; sessions: readonly Raw[]; link: Link }
  | { type: 'news'; changed: readonly Raw[]; gone: readonly string[]; link: Link };

const channel = new BroadcastChannel('skaha.sessions');
const say = (message: Message): void => channel.postMessage(message);
let isLeading = false;
/** Whether other tabs listen: to pack ten thousand sessions for nobody takes its time. */
let hasOthers = false;
let wake: () => void = () => undefined;

function apply(changed: readonly Raw[], gone: readonly string[], state: Link): void {
  batch(() => {
    link.value = state;
    if (changed.length === 0 && gone.length === 0) return;
    const next = new Map(sessions.value);
    for (const key of gone) next.delete(key);
    for (const raw of changed) {
      const session = new Session(raw);
      next.set(keyOf(session), session);
    }
    sessions.value = next;
  });
}

/** Takes a whole list; sessions of which nothing is new stay what they are. */
function replace(list: readonly Raw[], state: Link): void {
  batch(() => {
    link.value = state;
    const before = sessions.value;
    const next = new Map<string, Session>();
    for (const raw of list) {
      const session = new Session(raw);
      const key = keyOf(session);
      const known = before.get(key);
      next.set(key, known !== undefined && looksSame(known.raw, raw) ? known : session);
    }
    sessions.value = next;
  });
}

function sayAll(): void {
  const all = [...sessions.value.values()].map(({ raw }) => raw);
  say({ type: 'all', sessions: all, link: link.value });
}

channel.onmessage = ({ data }: MessageEvent<Message>) => {
  if (data.type === 'hello') {
    hasOthers = true;
    if (isLeading && link.value.at !== undefined) sayAll();
  } else if (data.type === 'leading') say({ type: 'hello' });
  else if (data.type === 'look' && isLeading) wake();
  else if (data.type === 'news') apply(data.changed, data.gone, data.link);
  else if (data.type === 'all') replace(data.sessions, data.link);
};

interface Policy {
  createScriptURL(url: string): string;
}

/** The policy of the page lets it load no script by an address that is put together; this one is not. */
const policy = (
  globalThis as { trustedTypes?: { createPolicy(name: string, rules: Policy): Policy } }
).trustedTypes?.createPolicy('skaha', {
  createScriptURL: (url) => (url === watcherAddress ? url : ''),
});

function startWatcher(): Worker {
  const address = watcherAddress;
  return new Worker(policy?.createScriptURL(address) ?? address, { type: 'module' });
}

/** Looks until there is a list. The page does so itself: what it shows first is not handed over first. */
async function firstLook(signal: AbortSignal): Promise<Seen | undefined> {
  const look = createLook(location.origin + sessionApi, send);
  const pause = new Pause();
  wake = () => pause.end();
  signal.addEventListener('abort', () => pause.end(), { once: true });
  for (let failures = 0; !signal.aborted && login.value === 'in'; ) {
    try {
      const found = await look();
      if (found === undefined || signal.aborted) continue;
      replace(found.list, { state: 'live', at: Date.now() });
      if (hasOthers) sayAll();
      return found.seen;
    } catch (error) {
      failures += 1;
      const { pauseMs, ...state } = afterFailure(error, link.value.at, failures);
      if (signal.aborted) return undefined;
      link.value = state;
      if (hasOthers) say({ type: 'news', changed: [], gone: [], link: state });
      await pause.take(pauseMs);
    }
  }
  return undefined;
}

/** How long the page waits before it looks again itself, where no worker could watch for it. */
const unwatchedMs = 2_000;

/** Has a worker watch the list until that is not needed, or not possible. */
function watch(seen: Seen, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  const watcher = startWatcher();
  wake = () => watcher.postMessage({ type: 'look' } satisfies WatcherRequest);
  return new Promise((resolve) => {
    const end = () => {
      watcher.terminate();
      wake = () => undefined;
      resolve();
    };
    signal.addEventListener('abort', end, { once: true });
    // Its program may have to be fetched, from a platform that has just stopped.
    watcher.onerror = end;
    watcher.onmessage = ({ data }: MessageEvent<Report>) => {
      if (data.type === 'news') {
        const { changed, gone, link: state } = data;
        apply(changed, gone, state);
        if (hasOthers) say({ type: 'news', changed, gone, link: state });
      } else {
        if (login.value === 'in') login.value = 'out';
        end();
      }
    };
    const url = location.origin + sessionApi;
    const at = link.value.at ?? Date.now();
    const order: WatcherRequest = { type: 'begin', url, key: keyOfPage(), seen, at };
    watcher.postMessage(order, [seen.bytes.buffer]);
  });
}

/** Until what was found has been drawn; a tab that nobody sees draws nothing. */
const drawn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 200));

/**
 * Keeps the list of sessions up to date. Of all tabs that can be seen one asks, and shares it with
 * the others; a browser lets hidden ones sleep, so that they leave it to one that is looked at.
 */
export function keepLive(): void {
  let stop = new AbortController();
  const lead = () => {
    stop = new AbortController();
    const { signal } = stop;
    const leading = async () => {
      isLeading = true;
      say({ type: 'leading' });
      try {
        for (let wait = 0; ; wait = unwatchedMs) {
          await new Promise((resolve) => setTimeout(resolve, wait));
          const seen = await firstLook(signal);
          if (seen === undefined) return;
          await drawn();
          await watch(seen, signal);
        }
      } finally {
        isLeading = false;
      }
    };
    navigator.locks.request('skaha.sessions', { signal }, leading).catch(() => undefined);
  };
  document.addEventListener('visibilitychange', () => {
    stop.abort();
    if (document.visibilityState === 'visible') lead();
  });
  say({ type: 'hello' });
  lead();
}

/** Has the list looked at right now, whichever tab does it. */
export function lookNow(): void {
  if (isLeading) wake();
  else say({ type: 'look' });
}
