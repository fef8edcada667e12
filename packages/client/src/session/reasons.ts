import type { ClientCore } from '../client/core.js';
import { settleMany } from '../client/many.js';
import type { CallOptions } from '../client/options.js';
import { checkIds } from '../client/url.js';
import { reasonOf, type SessionReason } from '../models/reason.js';
import { readEvents } from './read.js';

/**
 * Finds out why sessions wait or have failed. See `Session.reasons`.
 *
 * @param core - shared by the client's parts
 * @param ids - which sessions
 * @param options - signal and timeout
 */
export async function readReasons(
  core: ClientCore,
  ids: readonly string[],
  options: CallOptions,
): Promise<Map<string, SessionReason>> {
  const reasons = new Map<string, SessionReason>();
  // No failure ends the others: events are only additional information.
  const many = { signal: options.signal, isFatal: () => false };
  const outcomes = await settleMany(core, ids, many, async (id, _index, signal) => {
    checkIds([id]);
    return await readEvents(core, id, { ...options, signal });
  });
  for (const { done, error } of outcomes) {
    if (error?.code === 'request.aborted') throw error;
    const reason = done && reasonOf(done.events);
    if (done !== undefined && reason !== undefined) reasons.set(done.id, reason);
  }
  return reasons;
}
