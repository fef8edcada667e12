/// <reference lib="webworker" />
// Runs beside the page: reading a list of thousands must not stop a scroll.
import { keyOf } from '@skaha/dashboard/session-list.js';
import { SkahaClient } from 'skaha';
import { createSend, type Problem, problemOf } from './sending.js';
import { type News, newsOf, type Order, type Report, type Session } from './watching.js';

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

/** Whether two replies are the same to the last byte: comparing takes a hundredth of reading. */
function areEqual(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  for (let index = 0; index < one.length; index += 1) {
    if (one[index] !== other[index]) return false;
  }
  return true;
}

/**
 * Looks at the list. A server that tells versions apart is not asked for the same one twice, and what
 * another sends twice is read once.
 */
function createLook({ origin, key }: Extract<Order, { type: 'begin' }>) {
  interface Reply {
    readonly etag: string;
    readonly bytes: Uint8Array;
  }
  let known: Reply = { etag: '', bytes: new Uint8Array() };
  let latest = known;
  let isSame = false;
  const send = createSend(
    () => key,
    () => tell({ type: 'loggedOut' }),
  );
  const fetch: typeof send = async (input, init = {}) => {
    const headers = new Headers(init.headers);
    if (known.etag !== '') headers.set('if-none-match', known.etag);
    const response = await send(input, { ...init, headers });
    isSame = response.status === 304;
    const nothing = () => new Response('[]', { headers: { 'content-type': 'application/json' } });
    if (isSame) return nothing();
    if (!response.ok) return response;
    const bytes = new Uint8Array(await response.arrayBuffer());
    isSame = areEqual(bytes, known.bytes);
    if (isSame) return nothing();
    latest = { etag: response.headers.get('etag') ?? '', bytes };
    return new Response(bytes, response);
  };
  const client = new SkahaClient({ url: `${origin}/skaha`, fetch, retries: 0 });
  return async () => {
    const list = await client.sessions.fetch({ timeoutMs: 20_000 });
    // Only what could be read is known.
    if (!isSame) known = latest;
    return isSame ? undefined : list;
  };
}

/** A problem as it can be handed over. */
const plain = ({ message, hint, code }: Problem): Problem => ({ message, hint, code });

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
        link: { state: 'lost', at, problem: plain(problemOf(error)), again },
      });
      await pause(wait);
    }
  }
}

addEventListener('message', ({ data }: MessageEvent<Order>) => {
  if (data.type === 'look') wake();
  else void watch(data);
});
