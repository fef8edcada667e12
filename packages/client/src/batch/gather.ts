import { isFinished } from '@skaha/wire/status.js';
import type { ClientCore } from '../client/core.js';
import { settleMany } from '../client/many.js';
import { type ClientHolder, coreOf } from '../client/source.js';
import { type ErrorDocument, isSkahaError, type SkahaError } from '../errors/index.js';
import { reasonOf, type SessionReason } from '../models/reason.js';
import { readEvents, readLog } from '../session/read.js';
import type { BatchJournal } from './journal.js';
import { listAllSessions, Outage } from './listing.js';
import { phaseNow } from './progress.js';
import { trackerOf } from './run.js';
import type { ItemPhase } from './types.js';

/** What to collect from a batch. */
export interface GatherOptions {
  /** The journal of the batch. */
  journal: BatchJournal;
  /** First wait until every launched session has ended. @defaultValue false */
  wait?: boolean | undefined;
  /** Time between two polls while it waits, in milliseconds. @defaultValue 2000 */
  intervalMs?: number | undefined;
  /** Also read the logs of the sessions. @defaultValue true */
  logs?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

/** The outcome of one item of a batch, with the log of its session. */
export interface GatheredItem {
  /** Number of the item, from 1: its `REPLICA_ID`. */
  index: number;
  name: string;
  /** Its own variables: its row of parameters, or `ARRAY_INDEX`; empty for replicas. */
  row: Readonly<Record<string, string>>;
  /** Its latest session. */
  id?: string | undefined;
  /**
   * The state of the item. A session that is no longer listed is `gone`, unless it is known how it
   * ended.
   */
  outcome: ItemPhase;
  /** The current status on the platform; undefined if the session is not listed. */
  status?: string | undefined;
  /** The log of the session; undefined if there is none, or it can no longer be read. */
  log?: string | undefined;
  /** Why a session failed or is waiting. */
  reason?: SessionReason | undefined;
  /** Why it was not launched. */
  error?: ErrorDocument | undefined;
}

/**
 * Collects the outcome of a batch in one call: for each item its parameters, how it ended and why,
 * and its log.
 *
 * @param client - connected to the server on which the batch began
 * @param options - the journal, whether to wait, what to read
 * @returns one entry for each item, in the order of the batch
 * @throws {SkahaError} `batch.not_found`, `batch.other_server`, and the codes of every call; logs
 *   and events of single sessions that cannot be read are left out
 * @example
 * ```ts
 * import { SkahaClient } from 'skaha';
 * import { gatherBatch } from 'skaha/batch';
 * import { openJournal } from 'skaha/batch/journal';
 *
 * await using skaha = new SkahaClient();
 * await using journal = await openJournal('fit');
 * for (const { row, outcome, log, reason } of await gatherBatch(skaha, { journal, wait: true }))
 *   console.log(row, outcome, log ?? reason?.message);
 * ```
 */
export async function gatherBatch(
  client: ClientHolder,
  { journal, wait = false, intervalMs = 2_000, logs = true, signal }: GatherOptions,
): Promise<GatheredItem[]> {
  const core = coreOf(client);
  const { items } = await trackerOf(core, journal);
  const ids = items.flatMap(({ id, phase }) => (phase === 'launched' && id ? [id] : []));
  const statuses = await statusesOf(core, wait ? new Set(ids) : undefined, { intervalMs, signal });
  const outcomes = await settleMany(core, items, { signal }, async (item, _, own) => {
    const { index, name, row, id, phase, error } = item;
    const status = statuses.get(id ?? '');
    const outcome = phaseNow(phase, status, Number.POSITIVE_INFINITY);
    const found: GatheredItem = { index, name, row, id, outcome, status, error };
    if (id === undefined || phase === 'removed') return found;
    const log = logs ? await orNothing(readLog(core, id, { signal: own })) : undefined;
    // An empty answer is what the platform gives for a session that it has forgotten.
    if (log !== undefined && (log.length > 0 || status !== undefined))
      found.log = new TextDecoder().decode(log);
    if (outcome !== 'failed' && status !== 'Pending') return found;
    const read = await orNothing(readEvents(core, id, { signal: own }));
    found.reason = read && reasonOf(read.events);
    return found;
  });
  return outcomes.map(({ done, error }) => {
    if (error !== undefined) throw error;
    return done;
  });
}

/** What is not about one session ends the whole call. */
async function orNothing<Found>(reading: Promise<Found>): Promise<Found | undefined> {
  try {
    return await reading;
  } catch (error) {
    const isItsOwn = (one: SkahaError) => /^(?:session|response|server\.error)\b/.test(one.code);
    if (isSkahaError(error) && isItsOwn(error)) return undefined;
    throw error;
  }
}

/** The sessions as listed; asked again until those that are waited for have ended. */
async function statusesOf(
  core: ClientCore,
  awaited: ReadonlySet<string> | undefined,
  { intervalMs, signal }: { intervalMs: number; signal: AbortSignal | undefined },
): Promise<ReadonlyMap<string, string>> {
  const outage = new Outage(core, 300_000);
  const own = signal ?? new AbortController().signal;
  for (;;) {
    const { sessions } = await listAllSessions(core, outage, own);
    const isOver = sessions.every(({ id, status }) => !awaited?.has(id) || isFinished(status));
    if (isOver) return new Map(sessions.map(({ id, status }) => [id, status]));
    await core.settings.clock.sleep(intervalMs, own);
  }
}
