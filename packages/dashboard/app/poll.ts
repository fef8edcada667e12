import { useEffect, useState } from 'preact/hooks';
import { type Problem, problemOf } from './api.js';

/** What was found, or why nothing was; what was found earlier stays. */
export interface Polled<Value> {
  readonly value: Value | undefined;
  readonly problem: Problem | undefined;
  /** Looks now. */
  readonly look: () => void;
}

/**
 * Looks again and again while a view is shown.
 *
 * @param load - asks once
 * @param intervalMs - between two looks
 * @param keys - what the look is about: another one starts again
 */
export function usePolled<Value>(
  load: (signal: AbortSignal) => Promise<Value>,
  intervalMs: number,
  keys: readonly unknown[] = [],
): Polled<Value> {
  const [state, setState] = useState<{ value?: Value; problem?: Problem }>({});
  const [round, setRound] = useState(0);
  useEffect(() => setState({}), keys);
  useEffect(() => {
    const leave = new AbortController();
    const { signal } = leave;
    let isBusy = false;
    const look = async () => {
      if (isBusy || document.visibilityState !== 'visible') return;
      isBusy = true;
      try {
        const value = await load(signal);
        if (!signal.aborted) setState({ value });
      } catch (error) {
        if (!signal.aborted) setState((before) => ({ ...before, problem: problemOf(error) }));
      } finally {
        isBusy = false;
      }
    };
    void look();
    const timer = setInterval(() => void look(), intervalMs);
    const onVisible = () => void look();
    document.addEventListener('visibilitychange', onVisible);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', onVisible);
      leave.abort();
    };
  }, [...keys, round]);
  const { value, problem } = state;
  return { value, problem, look: () => setRound((count) => count + 1) };
}
