import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '@skaha/base/clock.js';
import { reasonOf } from '@skaha/service/errors.js';
import type { Engine } from './engine.js';
import { isUnreachable } from './engine-error.js';

/** Between two attempts to reach an engine that was there before, in milliseconds. */
export const engineStepMs = 1_000;

/**
 * Asks again while the engine does not answer: one that is restarted finds its containers again,
 * and so do we.
 *
 * @param closing - gives it up
 * @param report - called with why it does not answer, and with undefined once it does again
 */
export async function retried<Result>(
  ask: () => Promise<Result>,
  closing: AbortSignal,
  report: (trouble: string | undefined) => void = () => undefined,
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const result = await ask();
      if (attempt > 1) report(undefined);
      return result;
    } catch (error) {
      closing.throwIfAborted();
      if (!isUnreachable(error)) throw error;
      report(`the container engine: ${reasonOf(error)}`);
      await pause(engineStepMs, undefined, { signal: closing });
    }
  }
}

/** How often a container is checked whose end the engine should report, in milliseconds. */
const lookMs = 3_000;

/**
 * Resolves once a container runs no longer. The engine reports that, but not when it was stopped
 * itself in the meantime: so we also check.
 *
 * @throws {EngineError} when the engine does not answer
 */
export async function untilOver(
  engine: Engine,
  container: string,
  closing: AbortSignal,
): Promise<void> {
  const waiting = new AbortController();
  const signal = AbortSignal.any([waiting.signal, closing]);
  try {
    await Promise.race([engine.over(container, signal), seenOver(engine, container, signal)]);
  } finally {
    waiting.abort();
  }
}

async function seenOver(engine: Engine, container: string, signal: AbortSignal): Promise<void> {
  do await pause(lookMs, undefined, { signal });
  while (await engine.runs(container));
}

const firstPauseMs = 10_000;
const longestPauseMs = 300_000;

/**
 * Waits before the next attempt: 10 seconds at first, each time twice as long, 5 minutes at most,
 * as a cluster does.
 *
 * @param attempt - how many failed before the last one
 */
export async function backOff(clock: Clock, attempt: number, signal: AbortSignal): Promise<void> {
  await clock.sleep(Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(attempt, 10)), signal);
}
