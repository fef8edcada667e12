/// <reference lib="webworker" />
// Runs beside the page: reading a list of thousands must not stop a scroll.
import { isSkahaError, SkahaClient } from 'skaha';
import { createSend } from './sending.js';
import {
  keyOf,
  type Link,
  type News,
  newsOf,
  type Order,
  type Report,
  type Session,
} from './watching.js';

const intervalMs = 2_000;
const longestPauseMs = 15_000;
/** A look that took long is followed by a pause that is longer still. */
const pausePerLook = 4;

const tell = (report: Report): void => postMessage(report);

let wake: () => void = () => undefined;

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    wake = () => {
      clearTimeout(timer);
      resolve();
    };
  });

/** Looks at the list; a server that tells versions apart is not asked for the same one twice. */
function createLook({ origin, key }: Extract<Order, { type: 'begin' }>) {
  let etag = '';
  let isSame = false;
  const send = createSend(
    () => key,
    () => tell({ type: 'loggedOut' }),
  );
  const fetch: typeof send = async (input, init = {}) => {
    const headers = new Headers(init.headers);
    if (etag !== '') headers.set('if-none-match', etag);
    const response = await send(input, { ...init, headers });
    isSame = response.status === 304;
    if (isSame) return new Response('[]', { headers: { 'content-type': 'application/json' } });
    etag = response.headers.get('etag') ?? '';
    return response;
  };
  const client = new SkahaClient({ url: `${origin}/skaha`, fetch, retries: 0 });
  return async () => {
    const list = await client.sessions.fetch({ timeoutMs: 20_000 });
    return isSame ? undefined : list;
  };
}

function problemOf(error: unknown): Link['problem'] {
  if (isSkahaError(error)) return { message: error.message, hint: error.hint };
  return { message: error instanceof Error ? error.message : String(error) };
}

/** Asks again and again; a failure is told, and waited out. */
async function watch(order: Extract<Order, { type: 'begin' }>): Promise<void> {
  const known = new Map<string, Session>(order.known.map((session) => [keyOf(session), session]));
  const look = createLook(order);
  let { at } = order;
  let failures = 0;
  const report = (news: News) => tell({ type: 'news', ...news });
  for (;;) {
    const began = performance.now();
    try {
      const list = await look();
      const { changed, gone } =
        list === undefined ? { changed: [], gone: [] } : newsOf(known, list);
      for (const session of changed) known.set(keyOf(session), session);
      for (const key of gone) known.delete(key);
      failures = 0;
      at = Date.now();
      report({ changed, gone, link: { state: 'live', at } });
      await pause(Math.max(intervalMs, pausePerLook * (performance.now() - began)));
    } catch (error) {
      failures += 1;
      const wait = Math.min(longestPauseMs, 1_000 * 2 ** (failures - 1));
      const again = Date.now() + wait;
      report({
        changed: [],
        gone: [],
        link: { state: 'lost', at, problem: problemOf(error), again },
      });
      await pause(wait);
    }
  }
}

addEventListener('message', ({ data }: MessageEvent<Order>) => {
  if (data.type === 'look') wake();
  else void watch(data);
});
