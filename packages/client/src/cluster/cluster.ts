import {
  type BatchSpec,
  cancelBatch,
  missingItems,
  resumeBatch,
  runBatch,
} from '../batch/index.js';
import { type ClientHolder, coreOf } from '../client/source.js';
import { PartialError, SkahaError, ValidationError } from '../errors/index.js';
import { Session } from '../session/session.js';
import { headAddress, runsImage } from './address.js';
import { type ClusterEngine, clusterEngines } from './engines.js';
import { checkSpec, headSpec, workersSpec } from './specs.js';
import {
  type ClusterBatch,
  type KnownCluster,
  knownCluster,
  knownClusters,
  liveOf,
  nextWorkers,
  stateOf,
  statusesOn,
} from './state.js';
import type {
  ClusterChange,
  ClusterOptions,
  ClusterSpec,
  ClusterState,
  ClusterStore,
  ScaleOptions,
} from './types.js';

/** What was launched and deleted, and what could not be. */
interface Changes {
  launched: { name: string; id: string }[];
  removed: { name: string; id: string }[];
  failed: { name: string; error: SkahaError }[];
}

const noChanges = (): Changes => ({ launched: [], removed: [], failed: [] });

/** Why single sessions could not be deleted. @throws any other error */
function failuresOf(error: unknown): Changes['failed'] {
  if (!(error instanceof PartialError)) throw error;
  return error.failed.map(({ item, error: reason }) => ({ name: item, error: reason }));
}

const tooMany = (name: string, wanted: number, limit: number): SkahaError =>
  new SkahaError(
    'cluster.limit',
    `The cluster ${name} may have ${limit} workers, including those that are waiting; ${wanted} would be too many.`,
    { hint: 'Ask for fewer, or create a cluster with a higher --max-workers.' },
  );

/** Launches a batch with a journal of its own, or what is missing of one that is there. */
async function launch(
  client: ClientHolder,
  store: ClusterStore,
  { job, spec }: { job: string; spec: BatchSpec | undefined },
  { signal, onOutcome }: ClusterOptions,
): Promise<Changes> {
  const changes = noChanges();
  const journal = await store.open(job, signal, { mustExist: spec === undefined });
  try {
    const batch =
      spec === undefined
        ? resumeBatch(client, { journal, signal })
        : runBatch(client, spec, { journal, signal });
    for await (const outcome of batch) {
      onOutcome?.(outcome);
      const { name, result, id, error } = outcome;
      if (result === 'launched' && id !== undefined) changes.launched.push({ name, id });
      if (result === 'rejected' || result === 'unknown') {
        changes.failed.push({ name, error: error ?? new SkahaError('internal', result) });
      }
    }
    return changes;
  } finally {
    await journal.close();
  }
}

const merged = (...all: readonly Changes[]): Changes => ({
  launched: all.flatMap(({ launched }) => launched),
  removed: all.flatMap(({ removed }) => removed),
  failed: all.flatMap(({ failed }) => failed),
});

async function asChange(
  client: ClientHolder,
  store: ClusterStore,
  name: string,
  changes: Changes,
  signal: AbortSignal | undefined,
): Promise<ClusterChange> {
  const { state } = await currentState(client, store, name, signal);
  return { cluster: state, ...changes };
}

/** A cluster as its journals have it, and as it is now. */
async function currentState(
  client: ClientHolder,
  store: ClusterStore,
  name: string,
  signal: AbortSignal | undefined,
): Promise<{ known: KnownCluster; state: ClusterState }> {
  const known = await knownCluster(store, name);
  return { known, state: stateOf(known, await statusesOn(client, [known], signal)) };
}

const headEnded = (name: string): SkahaError =>
  new SkahaError('cluster.head_failed', `The head of the cluster ${name} has ended.`, {
    hint: `Remove what is left: 'skaha cluster delete ${name}'.`,
  });

/**
 * Creates a cluster of sessions: launches its head, waits until the head has an address, and
 * launches workers that connect to it. Head and workers are batches whose journals contain
 * everything about the cluster, so it survives the program that created it. If the program is
 * interrupted, {@link scaleCluster} continues, and {@link deleteCluster} cleans up.
 *
 * @param client - where to launch
 * @param store - where the journals are kept
 * @param spec - engine, image, number and size of the workers
 * @param options - patience, signal
 * @returns the cluster and what became of each launch
 * @throws {ValidationError} `request.invalid` before anything is sent
 * @throws {SkahaError} `cluster.exists`, `cluster.limit`, `cluster.head_failed`, `wait.timeout`, and
 *   those of `runBatch`
 * @example
 * ```ts
 * import { SkahaClient } from 'skaha';
 * import { jobStore, journalDirectory } from 'skaha/batch/journal';
 * import { createCluster, daskEngine } from 'skaha/cluster';
 *
 * await using skaha = new SkahaClient();
 * const store = jobStore(journalDirectory());
 * const spec = { name: 'fit', engine: daskEngine, image: 'skaha/astroml:latest', workers: 4 };
 * const { cluster } = await createCluster(skaha, store, spec);
 * console.log(cluster.live, 'workers');
 * ```
 */
export async function createCluster(
  client: ClientHolder,
  store: ClusterStore,
  spec: ClusterSpec,
  options: ClusterOptions = {},
): Promise<ClusterChange> {
  checkSpec(spec);
  const { name, workers = 1, maxWorkers = 32 } = spec;
  if (workers > maxWorkers) throw tooMany(name, workers, maxWorkers);
  if ((await knownClusters(store)).some((one) => one.name === name)) {
    throw new SkahaError('cluster.exists', `There is already a cluster '${name}'.`, {
      id: name,
      hint: `Resize it with 'skaha cluster scale ${name}', or end it with 'skaha cluster delete ${name}'.`,
    });
  }
  const id = crypto.randomUUID().slice(0, 13);
  const head = await launch(
    client,
    store,
    { job: `${name}.head`, spec: headSpec(spec, id) },
    options,
  );
  if (head.failed.length > 0 || workers === 0) {
    return await asChange(client, store, name, head, options.signal);
  }
  const known = await knownCluster(store, name);
  const host = await headAddress(client, known, spec.engine, options);
  const { job, number } = nextWorkers(known);
  const batch = { job, spec: workersSpec(spec, id, host, number) };
  const done = merged(head, await launch(client, store, batch, options));
  return await asChange(client, store, name, done, options.signal);
}

function engineOf({ name, plan }: KnownCluster, given: ClusterEngine | undefined): ClusterEngine {
  const word = plan.engine;
  if (given !== undefined && given.name === word) return given;
  const found = Object.values(clusterEngines).find((one) => one.name === word);
  if (found !== undefined && given === undefined) return found;
  const message = `The cluster ${name} is one of ${word}.`;
  throw new ValidationError([{ path: 'engine', message }]);
}

/**
 * Changes the number of workers of a cluster. It first looks for launches that were never
 * confirmed, so that nothing is launched twice, and launches what an earlier change left out. To
 * reduce the number, it deletes the newest workers first, waiting ones before running ones.
 *
 * @param client - connected to the server on which the cluster is
 * @param store - where its journals are
 * @param name - of the cluster
 * @param workers - how many it should have, 0 or more
 * @param options - time limit, signal, and your own engine if you use one
 * @returns the cluster and what became of each worker that was launched or deleted
 * @throws {SkahaError} `cluster.not_found`, `cluster.limit`, `cluster.head_failed`, `batch.locked`
 *   if another program changes it, and those of `runBatch`. When the platform cannot be asked what
 *   there is, nothing is launched.
 * @example
 * ```ts
 * import { SkahaClient } from 'skaha';
 * import { jobStore, journalDirectory } from 'skaha/batch/journal';
 * import { scaleCluster } from 'skaha/cluster';
 *
 * await using skaha = new SkahaClient();
 * const { launched } = await scaleCluster(skaha, jobStore(journalDirectory()), 'fit', 8);
 * console.log(launched.length, 'more workers');
 * ```
 */
export async function scaleCluster(
  client: ClientHolder,
  store: ClusterStore,
  name: string,
  workers: number,
  options: ScaleOptions = {},
): Promise<ClusterChange> {
  const known = await knownCluster(store, name);
  const spec = { ...known.plan, engine: engineOf(known, options.engine), workers };
  checkSpec(spec);
  // The head's journal is held meanwhile: two programs would count past the limit.
  const lock = await store.open(known.head.job, options.signal, { mustExist: true });
  try {
    return await scale(client, store, spec, options);
  } finally {
    await lock.close();
  }
}

async function scale(
  client: ClientHolder,
  store: ClusterStore,
  spec: ClusterSpec & { workers: number },
  options: ClusterOptions,
): Promise<ClusterChange> {
  const { name, workers, maxWorkers = 32 } = spec;
  const { signal } = options;
  if (workers > maxWorkers) throw tooMany(name, workers, maxWorkers);
  let { known, state } = await currentState(client, store, name, signal);
  if (workers > 0 && state.state !== 'running' && state.state !== 'starting') throw headEnded(name);
  const changes: Changes[] = [];
  for (const batch of batchesToResume(known.workers, workers > state.live)) {
    const most = state.live + missingItems(batch.state).length;
    if (most > maxWorkers) throw tooMany(name, most, maxWorkers);
    changes.push(await launch(client, store, { job: batch.job, spec: undefined }, options));
    ({ known, state } = await currentState(client, store, name, signal));
  }
  if (state.live < workers) {
    const wanted = workers - state.live;
    const most = workers + state.unanswered;
    if (most > maxWorkers) throw tooMany(name, most, maxWorkers);
    const host = await headAddress(client, known, spec.engine, options);
    const { job, number } = nextWorkers(known);
    const more = workersSpec({ ...spec, workers: wanted }, known.id, host, number);
    changes.push(await launch(client, store, { job, spec: more }, options));
  }
  if (state.live > workers) changes.push(await shrink(client, state, workers, signal));
  return await asChange(client, store, name, merged(...changes), signal);
}

/** Batches of which something must be found out, or launched to have more. */
const batchesToResume = (batches: readonly ClusterBatch[], isGrowing: boolean): ClusterBatch[] =>
  batches.filter(
    ({ state }) =>
      state.cancelled === undefined &&
      state.items.some(({ phase }) => phase === 'unanswered' || (isGrowing && phase === 'pending')),
  );

async function shrink(
  client: ClientHolder,
  { workers: all }: ClusterState,
  wanted: number,
  signal: AbortSignal | undefined,
): Promise<Changes> {
  const live = liveOf(all);
  const order = [...live].reverse();
  const waits = ({ status }: { status: string }) => (status === 'Pending' ? 0 : 1);
  order.sort((a, b) => waits(a) - waits(b));
  const victims = order.slice(0, live.length - wanted).flatMap(({ id }) => id ?? []);
  const changes = noChanges();
  const onDestroyed = (one: { id: string; name: string }) => void changes.removed.push(one);
  try {
    await new Session(client).destroy(victims, { signal, onDestroyed });
  } catch (error) {
    changes.failed.push(...failuresOf(error));
  }
  return changes;
}

/**
 * Lists the clusters whose journals are in a store, oldest first.
 *
 * @param client - sends one request for all sessions
 * @param store - where the journals are
 * @param options - signal
 * @throws {SkahaError} if the platform cannot be asked
 * @example
 * ```ts
 * import { SkahaClient } from 'skaha';
 * import { jobStore, journalDirectory } from 'skaha/batch/journal';
 * import { listClusters } from 'skaha/cluster';
 *
 * await using skaha = new SkahaClient();
 * for (const { name, state, live } of await listClusters(skaha, jobStore(journalDirectory())))
 *   console.log(name, state, live);
 * ```
 */
export async function listClusters(
  client: ClientHolder,
  store: ClusterStore,
  { signal }: Pick<ClusterOptions, 'signal'> = {},
): Promise<ClusterState[]> {
  const known = await knownClusters(store);
  if (known.length === 0) return [];
  const { root } = await coreOf(client).connection();
  const here = known.filter(({ head }) => head.state.server === root);
  const statuses = await statusesOn(client, here, signal);
  return here.map((one) => stateOf(one, statuses));
}

/** How programs reach a cluster. */
export interface ClusterConnection {
  cluster: ClusterState;
  /** Address of the head, for other sessions of the same user. */
  host: string;
  port: number;
  /** The variables with which programs find it, for example `DASK_SCHEDULER_ADDRESS`. */
  variables: Readonly<Record<string, string>>;
  /**
   * Address of the head's page; undefined if it has none. That of a contributed head is for browsers,
   * that of another one for other sessions.
   */
  dashboard: string | undefined;
}

/**
 * Returns how programs in other sessions of the same user reach a cluster.
 *
 * @param client - connected to the server on which the cluster is
 * @param store - where its journals are
 * @param name - of the cluster
 * @param options - time limit, signal, and your own engine if you use one
 * @throws {SkahaError} `cluster.not_found`, `cluster.head_failed`, `wait.timeout`
 * @example
 * ```ts
 * import { SkahaClient } from 'skaha';
 * import { jobStore, journalDirectory } from 'skaha/batch/journal';
 * import { connectCluster } from 'skaha/cluster';
 *
 * await using skaha = new SkahaClient();
 * const { variables } = await connectCluster(skaha, jobStore(journalDirectory()), 'fit');
 * await skaha.sessions.create({
 *   name: 'job',
 *   image: 'skaha/astroml',
 *   cmd: 'python3',
 *   args: ['job.py'],
 *   env: variables,
 * });
 * ```
 */
export async function connectCluster(
  client: ClientHolder,
  store: ClusterStore,
  name: string,
  options: ScaleOptions = {},
): Promise<ClusterConnection> {
  const known = await knownCluster(store, name);
  const engine = engineOf(known, options.engine);
  const cluster = stateOf(known, await statusesOn(client, [known], options.signal));
  if (cluster.state === 'orphaned' || cluster.state === 'stopped') throw headEnded(name);
  const host = await headAddress(client, known, engine, options);
  const dashboard = await dashboardOf(client, known, { engine, host }, options);
  return { cluster, host, port: engine.port, variables: engine.variables(host), dashboard };
}

async function dashboardOf(
  client: ClientHolder,
  known: KnownCluster,
  { engine: { dashboardPort }, host }: { engine: ClusterEngine; host: string },
  { signal }: ClusterOptions,
): Promise<string | undefined> {
  if (!runsImage(known)) {
    return dashboardPort === undefined ? undefined : `http://${host}:${dashboardPort}`;
  }
  const [head] = await new Session(client).info([known.head.state.items[0]?.id ?? ''], { signal });
  return head?.connectUrl;
}

/**
 * Ends a cluster: deletes all its sessions, including finished ones, workers first, and then
 * removes its journals. If a session cannot be deleted, its journal stays, so that you can try
 * again.
 *
 * @param client - connected to the server on which the cluster is
 * @param store - where its journals are
 * @param name - of the cluster
 * @param options - signal
 * @returns what was deleted, and what could not be
 * @throws {SkahaError} `cluster.not_found`, `batch.locked`, `batch.other_server`
 * @example
 * ```ts
 * import { SkahaClient } from 'skaha';
 * import { jobStore, journalDirectory } from 'skaha/batch/journal';
 * import { deleteCluster } from 'skaha/cluster';
 *
 * await using skaha = new SkahaClient();
 * const { removed } = await deleteCluster(skaha, jobStore(journalDirectory()), 'fit');
 * console.log(removed.length, 'sessions deleted');
 * ```
 */
export async function deleteCluster(
  client: ClientHolder,
  store: ClusterStore,
  name: string,
  { signal }: Pick<ClusterOptions, 'signal'> = {},
): Promise<Omit<ClusterChange, 'cluster' | 'launched'>> {
  const { head, workers } = await knownCluster(store, name);
  const done = noChanges();
  // Last the head: as long as its journal is there, the cluster is known.
  for (const { job } of [...workers, head]) {
    if (job === head.job && done.failed.length > 0) break;
    const journal = await store.open(job, signal, { mustExist: true });
    try {
      const onRemoved = (one: { id: string; name: string }) => void done.removed.push(one);
      await cancelBatch(client, { journal, finished: true, signal, onRemoved });
    } catch (error) {
      done.failed.push(...failuresOf(error));
      continue;
    } finally {
      await journal.close();
    }
    await store.remove(job);
  }
  return { removed: done.removed, failed: done.failed };
}
