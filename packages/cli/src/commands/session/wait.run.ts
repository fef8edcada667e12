import { render } from '@skaha/terminal/output/render.js';
import { isFailed } from 'skaha';
import type { Run } from '../../command.js';
import { selectSessions, throwIfFailed, withGuess } from '../../select.js';
import { sessionDocument } from './session-view.js';
import { failedSessions, parseGoal, waitForAll } from './wait-for.js';

export interface WaitCommandOptions {
  sessions: readonly string[];
  for: string;
  timeout?: number | undefined;
  any: boolean;
  interval: number;
  progress: string;
}

/** Waits for sessions. */
export const runWait: Run<WaitCommandOptions> = async (io, deps, options) => {
  const goal = parseGoal(options.for);
  const selection = await selectSessions(io, deps, options.sessions);
  const { ids, missing } = selection;
  // Said before the wait, which may take hours.
  throwIfFailed({ done: [], failed: missing }, 'find');
  const { timeout: timeoutMs, interval: intervalMs, any, progress } = options;
  const request = { ...goal, timeoutMs, intervalMs, any, progress };
  const seen = await waitForAll(io, deps, ids, request).catch((error: unknown) => {
    throw withGuess(error, selection);
  });
  await render(io, {
    data: seen.map(sessionDocument),
    table: () => '',
    names: () => seen.map(({ id }) => id),
  });
  const isOver = 'until' in goal && goal.until === 'finished';
  const failed = seen.filter(({ status }) => isFailed(status));
  if (isOver && failed.length > 0) throw failedSessions(failed, ids.length);
  return undefined;
};
