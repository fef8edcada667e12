import { note } from '@skaha/terminal/io.js';
import { usageError } from '@skaha/terminal/usage.js';
import { ValidationError } from 'skaha';
import type { Run } from '../../command.js';
import { runLogs } from '../session/logs.run.js';
import { itemRows } from './jobs-view.js';
import { currentStatuses, readKnownJob, withStatus } from './show.run.js';

export interface JobsLogsOptions {
  job: string;
  number: readonly string[];
  failed: boolean;
  follow: boolean;
  tail?: number | undefined;
  timestamps: boolean;
}

const interval = 2_000;

async function numbersOf(given: readonly string[], total: number): Promise<Set<number>> {
  const { parseArray } = await import('skaha/internal/batch/items.js');
  try {
    const numbers = given.flatMap(parseArray);
    const surplus = numbers.find((number) => number < 1 || number > total);
    if (surplus === undefined) return new Set(numbers);
    throw usageError(`There is no session ${surplus} in this batch.`, `Numbers go to ${total}.`);
  } catch (error) {
    if (error instanceof ValidationError) throw usageError(error.message, 'Write 7, or 1-5,9.');
    throw error;
  }
}

/** Prints the logs of a batch. */
export const runJobsLogs: Run<JobsLogsOptions> = async (io, deps, options) => {
  const { state } = await readKnownJob(deps, options.job);
  const numbers = await numbersOf(options.number, state.items.length);
  const statuses = options.failed ? await currentStatuses(io, deps, state.server) : new Map();
  const sessions = itemRows(state, statuses)
    .map(withStatus)
    .filter(({ index }) => numbers.size === 0 || numbers.has(index))
    .filter(({ outcome }) => !options.failed || outcome === 'failed')
    .flatMap(({ id }) => id ?? []);
  if (sessions.length === 0) {
    note(io, options.failed ? 'No session of it failed.' : 'None of its sessions was launched.');
    return undefined;
  }
  const { follow, tail, timestamps } = options;
  const usual = { new: false, sinceStart: false, prefix: false };
  return runLogs(io, deps, { ...usual, sessions, follow, tail, timestamps, interval });
};
