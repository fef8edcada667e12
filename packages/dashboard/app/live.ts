import { batch, signal } from '@preact/signals';
import { keyOf } from '@skaha/dashboard/session-list.js';
import { keyOfPage, login } from './api.js';
import watcherAddress from './watcher.ts?worker&url';
import type { Link, Order, Report, Session } from './watching.js';

export type { Session } from './watching.js';

/** Sessions by id; desktop apps by theirs, too. A new map whenever something changed. */
export const sessions = signal<ReadonlyMap<string, Session>>(new Map());
export const link = signal<Link>({ state: 'connecting', at: undefined });

type Message =
  | { type: 'hello' }
  | { type: 'look' }
  | { type: 'all'; sessions: Session[]; link: Link }
  | { type: 'news'; changed: Session[]; gone: string[]; link: Link };

const channel = new BroadcastChannel('skaha.sessions');
let isLeading = false;
let wake: () => void = () => undefined;

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

/** Has the list watched, beside the page, until there is no need. */
function watch(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  const watcher = startWatcher();
  wake = () => watcher.postMessage({ type: 'look' } satisfies Order);
  return new Promise((resolve) => {
    const end = () => {
      watcher.terminate();
      wake = () => undefined;
      resolve();
    };
    signal.addEventListener('abort', end, { once: true });
    watcher.onmessage = ({ data }: MessageEvent<Report>) => {
      if (data.type === 'news') tell(data.changed, data.gone, data.link);
      else {
        if (login.value === 'in') login.value = 'out';
        end();
      }
    };
    const { origin } = location;
    const known = [...sessions.value.values()];
    const { at } = link.value;
    watcher.postMessage({ type: 'begin', origin, key: keyOfPage(), known, at } satisfies Order);
  });
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
