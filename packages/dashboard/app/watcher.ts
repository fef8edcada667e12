/// <reference lib="webworker" />
// Runs in a worker: reading a list of thousands must not stop a scroll.
import { createSend } from './sending.js';
import type { Raw } from './session.js';
import {
  afterFailure,
  createLook,
  keyOfRaw,
  newsOf,
  Pause,
  type Report,
  rawsIn,
  type WatcherRequest,
} from './watching.js';

const intervalMs = 2_000;
/** A look that took long is followed by a pause that is longer still. */
const pausePerLook = 4;

const post = (report: Report): void => postMessage(report);
const pause = new Pause();

const byKey = (list: readonly Raw[]): Map<string, Raw> =>
  new Map(list.map((raw) => [keyOfRaw(raw), raw]));

/** Asks again and again; reports failures, and waits until they are over. */
async function watch({
  url,
  key,
  seen,
  at: from,
}: Extract<WatcherRequest, { type: 'begin' }>): Promise<void> {
  const send = createSend(
    () => key,
    () => post({ type: 'loggedOut' }),
  );
  const look = createLook(url, send, seen);
  // The page has read it already; it is read here once something is new.
  let known: Map<string, Raw> | undefined;
  let at = from;
  let failures = 0;
  await pause.take(intervalMs);
  for (;;) {
    const began = performance.now();
    try {
      const found = await look();
      failures = 0;
      at = Date.now();
      const link = { state: 'live', at } as const;
      if (found === undefined) post({ type: 'news', changed: [], gone: [], link });
      else {
        known ??= byKey(rawsIn(JSON.parse(new TextDecoder().decode(seen.bytes))));
        post({ type: 'news', ...newsOf(known, found.list), link });
        known = byKey(found.list);
      }
      await pause.take(Math.max(intervalMs, pausePerLook * (performance.now() - began)));
    } catch (error) {
      failures += 1;
      const { pauseMs, ...link } = afterFailure(error, at, failures);
      post({ type: 'news', changed: [], gone: [], link });
      await pause.take(pauseMs);
    }
  }
}

addEventListener('message', ({ data }: MessageEvent<WatcherRequest>) => {
  if (data.type === 'look') pause.end();
  else void watch(data);
});
