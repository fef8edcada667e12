import { isRecord } from '@skaha/base/record.js';
import { type LaunchOrder, launchesResource, launchesType } from '@skaha/wire/many-launches.js';
import { isJson } from '../client/body.js';
import type { ClientCore } from '../client/core.js';
import { createdId } from '../session/create.js';
import type { BatchJournal } from './journal.js';
import type { BatchSettings } from './options.js';
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

/** No server need take more than that at once, in characters. */
const longestOrders = 256 * 1024;

/** As many of some items as fit into one request, in their order. */
export function fittingItems(
  { plan }: Pick<BatchWork, 'plan'>,
  items: readonly TrackedItem[],
): readonly TrackedItem[] {
  let length = 0;
  const end = items.findIndex(({ index }) => {
    const form = plan.requests[index - 1]?.form ?? [];
    for (const [name, value] of form) length += name.length + value.length + 8;
    return length > longestOrders;
  });
  return end < 0 ? items : items.slice(0, Math.max(1, end));
}

/**
 * Sends the launches of several items in one request, which a platform must have offered.
 *
 * @param run - identifies this run among all others
 * @returns the ids of their sessions, each in the place of its item; undefined for one that was not
 *   launched and must be sent by itself to learn why
 */
export async function sendLaunches(
  { core, plan, headers, settings }: BatchWork,
  items: readonly TrackedItem[],
  run: string,
  signal: AbortSignal,
): Promise<readonly (string | undefined)[]> {
  const orders = items.map(({ index, attempts }): LaunchOrder => {
    const form = plan.requests[index - 1]?.form ?? [];
    return { key: `${run}-${index}-${attempts}`, form };
  });
  const reply = await core.request({
    method: 'POST',
    path: [launchesResource],
    body: JSON.stringify(orders),
    headers: { ...headers, 'content-type': launchesType },
    isExpected: isJson((value) => Array.isArray(value) && value.length === items.length),
    timeoutMs: settings.timeoutMs,
    signal,
  });
  return (reply.json() as unknown[]).map((one) =>
    isRecord(one) && typeof one['id'] === 'string' ? createdId(one['id'], reply.status) : undefined,
  );
}
