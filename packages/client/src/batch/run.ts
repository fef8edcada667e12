import { linkSignals } from '@skaha/base/signals.js';
import type { ClientCore } from '../client/core.js';
import { abortError } from '../client/failures.js';
import { type ClientHolder, coreOf } from '../client/source.js';
import { SkahaError } from '../errors/index.js';
import type { SessionInfo } from '../models/session.js';
import { offered, registryFor, registryHeader } from '../session/create.js';
import { BatchEngine } from './engine.js';
import { itemsOf } from './items.js';
import { type BatchJournal, memoryJournal } from './journal.js';
import { listAllSessions, Outage } from './listing.js';
import { type BatchSettings, batchSettings } from './options.js';
import { type RecordOf, versionFor } from './records.js';
import { checkBatch, planBatch } from './requests.js';
import { BatchStager, hasDownloadsLeft, stagedTasks } from './staging.js';
import { addRecord, type BatchState, BatchTracker } from './state.js';
import type {
  BatchOptions,
  BatchOutcome,
  BatchSpec,
  BatchStaging,
  ResumeOptions,
} from './types.js';
import type { BatchWork } from './work.js';

/**
 * Launches a batch: one session for each replica, array value or row. Every step is recorded in a
 * journal, so that {@link resumeBatch} can launch exactly what is missing after a crash, a network
 * failure or a full platform. If the reply to a launch is lost, the session is looked up by name
 * before anything is sent again.
 *
 * @param client - where to launch
 * @param spec - what to launch
 * @param options - journal, bounds, retries, signal
 * @returns what happens to the items, as it happens. If you leave the loop, launching stops, and
 *   the batch can be resumed. The value at the end is the state of the batch.
 * @throws {ValidationError} `request.invalid` before anything is sent, listing what is wrong
 * @throws {SkahaError} `batch.exists` if the journal is in use already, `batch.rolled_back` if a
 *   launch of an atomic batch was rejected, `batch.journal_unwritable`, `transport.failure` if the
 *   platform stayed out of reach, `request.aborted`
 * @example
 * ```ts
 * import { SkahaClient } from 'skaha';
 * import { runBatch } from 'skaha/batch';
 * import { openJournal } from 'skaha/batch/journal';
 *
 * await using skaha = new SkahaClient();
 * await using journal = await openJournal('fit');
 * const spec = { name: 'fit', image: 'skaha/astroml:latest', cmd: './fit.sh', array: '0-999' };
 * for await (const { name, result, id } of runBatch(skaha, spec, { journal, maxActive: 20 }))
 *   console.log(name, result, id);
 * ```
 */
export async function* runBatch(
  client: ClientHolder,
  spec: BatchSpec,
  options: BatchOptions = {},
): AsyncGenerator<BatchOutcome, BatchState> {
  const core = coreOf(client);
  const settings = batchSettings(options, core.settings.concurrency);
  const { journal = memoryJournal() } = options;
  // First without asking the platform, so that what is plainly wrong costs no request.
  checkBatch(withinReach(spec));
  if ((await journal.read()).length > 0) {
    throw new SkahaError(
      'batch.exists',
      `There is already a batch in the journal of ${spec.name}.`,
      {
        hint: 'Resume it, or use another journal.',
      },
    );
  }
  const call = { ...spec, signal: settings.signal };
  const [resources, registry, { root }, existing] = await Promise.all([
    offered(core, call),
    registryFor(core, call),
    core.connection(),
    // A platform that cannot be reached now is said at once: there is nothing to resume yet.
    existingSessions(core, { ...settings, patienceMs: 0 }),
  ]);
  const plan = planBatch(spec, resources, registry);
  for (const text of plan.notes) core.settings.logger.warn(text);
  options.onPlanned?.(plan);
  const batch: RecordOf<'batch'> = {
    type: 'batch',
    version: versionFor(options.staging !== undefined),
    at: core.settings.clock.now(),
    server: root,
    image: plan.image,
    spec: storable(spec),
    options: storableOptions(options),
  };
  const tracker = new BatchTracker(batch);
  const staging = stagingRecord(options.staging, batch.at);
  if (staging !== undefined) {
    tracker.apply(staging);
    for (const direction of ['upload', 'download'] as const) stagedTasks(tracker, direction);
  }
  const known = namesakes(tracker, existing);
  const headers = await registryHeader(core, plan.image, spec.registryCredential);
  await journal.append(batch);
  if (staging !== undefined) await journal.append(staging);
  const work = { core, tracker, journal, settings, plan, headers };
  return yield* workThrough(work, known, options.staging);
}

/**
 * Resumes a batch: launches the items that have no session yet or were rejected before, and first
 * checks whether launches without a reply created a session.
 *
 * @param client - connected to the server on which the batch began
 * @param options - the journal; bounds and retries as for {@link runBatch}, by default those with
 *   which the batch began
 * @returns what happens to the items, as it happens
 * @throws {SkahaError} `batch.not_found` for an empty journal, `batch.cancelled`,
 *   `batch.other_server`, and those of {@link runBatch}
 * @example
 * ```ts
 * import { SkahaClient } from 'skaha';
 * import { resumeBatch } from 'skaha/batch';
 * import { openJournal } from 'skaha/batch/journal';
 *
 * await using skaha = new SkahaClient();
 * await using journal = await openJournal('fit');
 * for await (const { name, result } of resumeBatch(skaha, { journal })) console.log(name, result);
 * ```
 */
export async function* resumeBatch(
  client: ClientHolder,
  options: ResumeOptions,
): AsyncGenerator<BatchOutcome, BatchState> {
  const core = coreOf(client);
  const { journal, registryCredential, ...given } = options;
  const tracker = await trackerOf(core, journal);
  if (tracker.cancelled !== undefined) throw cancelled(tracker);
  const began = tracker.batch.options as BatchOptions | undefined;
  const defined = Object.entries(given).filter(([, value]) => value !== undefined);
  const fetches = hasDownloadsLeft(tracker) ? ({ until: 'finished' } as const) : {};
  const merged: BatchOptions = { ...began, ...fetches, ...Object.fromEntries(defined) };
  const settings = batchSettings(merged, core.settings.concurrency);
  const spec = { ...tracker.spec, image: tracker.batch.image };
  const resources = await offered(core, { ...spec, signal: settings.signal });
  const plan = planBatch(spec, resources);
  given.onPlanned?.(plan);
  const known = namesakes(tracker, await existingSessions(core, settings));
  const headers = await registryHeader(core, plan.image, registryCredential);
  const work = { core, tracker, journal, settings, plan, headers };
  return yield* workThrough(work, known, given.staging);
}

/**
 * Reads the batch of a journal, and makes sure that it belongs to the server of a client.
 *
 * @throws {SkahaError} `batch.not_found`, `batch.other_server`
 */
export async function trackerOf(core: ClientCore, journal: BatchJournal): Promise<BatchTracker> {
  const tracker = BatchTracker.of(await journal.read());
  if (tracker === undefined) {
    throw new SkahaError(
      'batch.not_found',
      'The journal contains no batch: nothing was launched.',
      {
        hint: 'Start the batch again.',
      },
    );
  }
  const { root } = await core.connection();
  if (root !== tracker.batch.server) {
    throw new SkahaError(
      'batch.other_server',
      `The batch ${tracker.spec.name} runs on ${tracker.batch.server}, not on ${root}.`,
      { hint: 'Use the context or the address of that server.' },
    );
  }
  return tracker;
}

/**
 * Launches what is missing, and moves files before and after.
 *
 * @param known - older sessions by the batch's names
 */
async function* workThrough(
  work: BatchWork,
  known: Record<string, string[]>,
  staging: BatchStaging | undefined,
): AsyncGenerator<BatchOutcome, BatchState> {
  const { core, tracker, settings } = work;
  await addRecord(work, { type: 'run', at: core.settings.clock.now(), known });
  if (tracker.staging === undefined) {
    yield* new BatchEngine(work).run();
    return tracker.snapshot();
  }
  const left = new AbortController();
  const { signal, release } = linkSignals(settings.signal, core.settings.signal, left.signal);
  const stager = new BatchStager(work, staging, signal);
  try {
    await stager.upload();
    for await (const outcome of new BatchEngine(work).run()) {
      stager.onOutcome(outcome);
      yield outcome;
    }
    await stager.finish();
  } catch (error) {
    throw signal.aborted ? abortError(signal.reason) : error;
  } finally {
    left.abort(new SkahaError('request.aborted', 'The loop over the batch was left.'));
    await stager.settled();
    release();
  }
  return tracker.snapshot();
}

function stagingRecord(
  staging: BatchStaging | undefined,
  at: number,
): RecordOf<'staging'> | undefined {
  if (staging === undefined) return undefined;
  const plain = (pairs: BatchStaging['uploads'] = []) =>
    pairs.map(({ from, to }) => ({ from, to }));
  const [uploads, downloads] = [plain(staging.uploads), plain(staging.downloads)];
  return { type: 'staging', at, uploads, downloads };
}

/** What there is before anything more is sent. */
async function existingSessions(
  core: ClientCore,
  { patienceMs, signal }: BatchSettings,
): Promise<readonly SessionInfo[]> {
  const never = new AbortController();
  const { sessions } = await listAllSessions(
    core,
    new Outage(core, patienceMs),
    signal ?? never.signal,
  );
  return sessions;
}

/** Which sessions have the names of the batch. */
function namesakes(
  tracker: BatchTracker,
  sessions: readonly SessionInfo[],
): Record<string, string[]> {
  const names = new Set(tracker.items.map(({ name }) => name.toLowerCase()));
  const known = new Map<string, string[]>();
  for (const { id, name } of sessions) {
    const lower = name.toLowerCase();
    if (names.has(lower) && id !== '') known.set(lower, [...(known.get(lower) ?? []), id]);
  }
  return Object.fromEntries(known);
}

function cancelled({ spec, cancelled: reason }: BatchTracker): SkahaError {
  const why = reason === 'atomic' ? 'was rolled back' : 'is cancelled';
  return new SkahaError('batch.cancelled', `The batch ${spec.name} ${why}.`, {
    hint: 'Remove its journal and start it again.',
  });
}

/** Only the platform can say whether an amount is too large: it may offer more than most. */
const withinReach = ({ cores: _cores, memoryGiB: _memory, gpus: _gpus, ...spec }: BatchSpec) =>
  spec;

/** What a later run must know; nothing that belongs to one program, and no secret. */
function storable(spec: BatchSpec): RecordOf<'batch'>['spec'] {
  const { name, image, kind, cores, memoryGiB, gpus, cmd, args, env } = spec;
  const { replicas, array, labels } = spec;
  // As text: JSON has no bigint, and numbers of JSON are not those of every program. The caller may
  // change its own while the batch is under way.
  const rows =
    spec.rows === undefined ? {} : { rows: itemsOf(spec).map(({ env }) => ({ ...env })) };
  const others = {
    name,
    image,
    kind,
    cores,
    memoryGiB,
    gpus,
    cmd,
    args,
    env,
    replicas,
    array,
    labels,
  };
  return { ...JSON.parse(JSON.stringify(others)), ...rows };
}

function storableOptions(options: BatchOptions): Record<string, unknown> {
  const { maxActive, retries, retryOn, backoffMs, atomic, until } = options;
  return JSON.parse(JSON.stringify({ maxActive, retries, retryOn, backoffMs, atomic, until }));
}
