import type { ClientCore } from '../client/core.js';
import { createdId } from '../session/create.js';
import type { BatchJournal } from './journal.js';
import type { BatchSettings } from './options.js';
import type { JournalRecord } from './records.js';
import type { BatchTracker, TrackedItem } from './state.js';
import type { BatchPlan } from './types.js';

/** What a batch works with. */
export interface BatchWork {
  core: ClientCore;
  journal: BatchJournal;
  tracker: BatchTracker;
  plan: BatchPlan;
  /** Sent with each launch: the credentials of an image's registry. */
  headers: Readonly<Record<string, string>>;
  settings: BatchSettings;
}

/** Writes a record down, then takes it into account. */
export async function note(
  { journal, tracker }: Pick<BatchWork, 'journal' | 'tracker'>,
  record: JournalRecord,
): Promise<void> {
  await journal.append(record);
  tracker.apply(record);
}

/**
 * Sends the launch of one item, once.
 *
 * @returns the id of its session
 */
export async function sendLaunch(
  { core, plan, headers, settings }: BatchWork,
  { index }: TrackedItem,
  signal: AbortSignal,
): Promise<string> {
  const reply = await core.request({
    method: 'POST',
    path: ['session'],
    form: plan.requests[index - 1]?.form ?? [],
    headers,
    accept: 'text/plain',
    maximumBytes: 64 * 1024,
    timeoutMs: settings.timeoutMs,
    signal,
  });
  return createdId(reply.text(), reply.status);
}
