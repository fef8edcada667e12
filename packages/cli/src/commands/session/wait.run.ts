import type { Io } from '@skaha/terminal/io.js';
import { render } from '@skaha/terminal/output/render.js';
import { count } from '@skaha/terminal/output/text.js';
import { isFailed } from 'skaha';
import type { Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import { notifying } from '../../notify.js';
import { type Selection, throwIfFailed, withGuess } from '../../select.js';
import { chooseSessions, type FilterOptions } from './filtered.js';
import { sessionDocument } from './session-view.js';
import { failedSessions, type Goal, parseGoal, waitForAll } from './wait-for.js';

export interface WaitCommandOptions extends FilterOptions {
  sessions: readonly string[];
  for: string;
  timeout?: number | undefined;
  any: boolean;
  interval: number;
  progress: string;
  notify?: string | undefined;
}

async function waitAndShow(
  io: Io,
  deps: Deps,
  goal: Goal,
  { selection, options }: { selection: Selection; options: WaitCommandOptions },
): Promise<string> {
  const { ids } = selection;
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
  if (isOver && failed.length > 0) throw await failedSessions(io, deps, failed, ids.length);
  return `${count(seen.length, 'session')} got there: ${options.for}.`;
}

/** Waits for sessions. */
export const runWait: Run<WaitCommandOptions> = async (io, deps, options) => {
  const goal = parseGoal(options.for);
  const selection = await chooseSessions(io, deps, 'wait', options);
  const { missing } = selection;
  // Said before the wait, which may take hours.
  throwIfFailed({ done: [], failed: missing }, 'find');
  const { notify: how } = options;
  await notifying(io, deps, { how, title: 'skaha wait' }, () =>
    waitAndShow(io, deps, goal, { selection, options }),
  );
  return undefined;
};
