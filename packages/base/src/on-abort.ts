const listening = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls a function when a signal aborts. However many wait for one signal, it gets a single
 * listener, because Node warns of a leak from the eleventh on.
 *
 * @param signal - not aborted yet
 * @param callback - called once
 * @returns stops waiting
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  const waiting = listening.get(signal) ?? startListening(signal);
  waiting.add(callback);
  return () => {
    waiting.delete(callback);
  };
}

function startListening(signal: AbortSignal): Set<() => void> {
  const waiting = new Set<() => void>();
  listening.set(signal, waiting);
  signal.addEventListener(
    'abort',
    () => {
      listening.delete(signal);
      for (const callback of [...waiting]) callback();
    },
    { once: true },
  );
  return waiting;
}
