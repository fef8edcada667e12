import type { BatchSettings } from './options.js';
import type { BatchTracker, TrackedItem } from './state.js';

/** What is to be done for the items of a batch when a run begins. */
export interface SortedItems {
  /** To be launched. */
  ready: TrackedItem[];
  /** Launched without an answer: to be searched for. */
  lost: TrackedItem[];
  /** Launched, and not known to have finished. */
  active: TrackedItem[];
  /** Nobody can know, and nobody asked to launch them again. */
  unknown: TrackedItem[];
}

/** Whether an item whose session failed is tried again. */
export const mayRetryFailed = (
  { failures }: TrackedItem,
  { retries, retryOn }: BatchSettings,
): boolean => retryOn.has('failed') && failures <= retries;

/** Longest pause before a retry, in milliseconds: a day. */
const longestPause = 86_400_000;

/** How long to wait before a retry: twice as long each time. */
export const retryPause = (backoffMs: number, earlier: number): number =>
  Math.min(longestPause, backoffMs * 2 ** earlier);

/** Finds out what is to be done for each item. */
export function sortItems({ items }: BatchTracker, settings: BatchSettings): SortedItems {
  const found: SortedItems = { ready: [], lost: [], active: [], unknown: [] };
  const listOf = (item: TrackedItem): keyof SortedItems | undefined => {
    if (item.phase === 'pending' || item.phase === 'rejected') return 'ready';
    if (item.phase === 'unanswered') return 'lost';
    if (item.phase === 'launched') return 'active';
    if (item.phase === 'unknown') return settings.resubmitUnknown ? 'ready' : 'unknown';
    return item.phase === 'failed' && mayRetryFailed(item, settings) ? 'ready' : undefined;
  };
  for (const item of items) {
    const list = listOf(item);
    if (list !== undefined) found[list].push(item);
  }
  return found;
}
