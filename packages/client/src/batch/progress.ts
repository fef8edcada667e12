import { isFailed, isFinished, listLagMs } from '@skaha/wire/status.js';
import { type BatchState, missingItems } from './state.js';
import type { BatchItem, ItemPhase } from './types.js';

/** The statuses of sessions, as the platform lists them. */
export interface StatusList {
  /** By the id of the session. */
  statuses: ReadonlyMap<string, string>;
  /** When they were listed, in milliseconds since the epoch. */
  at: number;
}

/** An item of a batch, with what the platform says about its session. */
export interface ListedItem extends BatchItem {
  /** The current status on the platform; undefined if it was not asked or does not list the session. */
  status?: string | undefined;
}

/** How far a batch is. */
export interface BatchProgress {
  /** Whether launches are missing; nothing more is launched of a `cancelled` batch. */
  stage: 'cancelled' | 'incomplete' | 'launched';
  /** Number of items that have, or had, a session. */
  launched: number;
  /** Number of items without a session. */
  missing: number;
  /** Number of sessions that the batch itself deleted. */
  removed: number;
  /**
   * Where the other sessions are, as numbers; `gone` are those that are no longer listed and whose
   * end nobody saw. Undefined if some have not ended according to the journal, and the platform was
   * not asked.
   */
  sessions: Record<'completed' | 'failed' | 'gone' | 'pending' | 'running', number> | undefined;
  /** The items in order; their phases take the statuses into account. */
  items: readonly ListedItem[];
}

/**
 * Works out how far a batch is, from its journal and, if you have asked the platform, from the
 * statuses of its sessions. Nothing is sent and nothing is recorded; see {@link recordEnds} for that.
 *
 * @param state - of the batch, from its journal
 * @param listed - the statuses of all your sessions, and when they were listed
 * @example
 * ```ts
 * import { SkahaClient } from 'skaha';
 * import { batchProgress } from 'skaha/batch';
 * import { readJob } from 'skaha/batch/journal';
 *
 * await using skaha = new SkahaClient();
 * const { state } = await readJob('fit');
 * const all = await skaha.sessions.fetch();
 * const statuses = new Map(all.map(({ id, status }) => [id, status]));
 * const { sessions, missing } = batchProgress(state, { statuses, at: Date.now() });
 * console.log(sessions?.running, 'running,', sessions?.failed, 'failed,', missing, 'missing');
 * ```
 */
export function batchProgress(state: BatchState, listed?: StatusList): BatchProgress {
  const items = state.items.map((item) => listedItem(item, listed));
  const numberOf = (wanted: ItemPhase) => items.filter(({ phase }) => phase === wanted).length;
  const missing = missingItems(state).length;
  const active = items.filter(({ phase }) => phase === 'launched');
  // What is not listed yet was launched a moment ago.
  const pending = active.filter(({ status = 'Pending' }) => /^pending$/i.test(status)).length;
  const isKnown = listed !== undefined || active.length === 0;
  const sessions = {
    pending,
    running: active.length - pending,
    completed: numberOf('completed'),
    failed: numberOf('failed'),
    gone: numberOf('gone'),
  };
  return {
    stage: state.cancelled !== undefined ? 'cancelled' : missing > 0 ? 'incomplete' : 'launched',
    launched: items.length - missing,
    missing,
    removed: numberOf('removed'),
    sessions: isKnown ? sessions : undefined,
    items,
  };
}

function listedItem(item: BatchItem, listed: StatusList | undefined): ListedItem {
  if (listed === undefined || item.id === undefined) return item;
  const { statuses, at } = listed;
  const status = statuses.get(item.id);
  return { ...item, status, phase: phaseNow(item.phase, status, at - (item.sentAt ?? 0)) };
}

/**
 * A journal does not know how sessions ended that nobody waited for; the platform may.
 *
 * @param ageMs - time since the launch: a list may lack a young session
 */
export function phaseNow(phase: ItemPhase, status: string | undefined, ageMs: number): ItemPhase {
  if (phase !== 'launched') return phase;
  if (status === undefined) return ageMs > listLagMs ? 'gone' : phase;
  if (!isFinished(status)) return phase;
  return isFailed(status) ? 'failed' : 'completed';
}
