import { isFinished, listLagMs } from '@skaha/wire/status.js';
import * as z from 'zod/mini';
import type { BatchItem, BatchState } from '../batch/index.js';
import { type ClientHolder, coreOf } from '../client/source.js';
import { isSkahaError, PartialError, SkahaError } from '../errors/index.js';
import { Session } from '../session/session.js';
import type { ClusterSession, ClusterState, ClusterStore } from './types.js';

/**
 * These labels in a journal mark its batch as part of a cluster: the id of the cluster; the plan,
 * which only the batch of a head has; and in those of workers the address of their head.
 */
export type ClusterLabels = Partial<Record<'cluster' | 'cluster.plan' | 'cluster.head', string>>;

const planSchema = z.object({
  name: z.string(),
  /** Name of the engine. */
  engine: z.string(),
  /** Of the workers, as it was given. */
  image: z.string(),
  python: z.optional(z.string()),
  maxWorkers: z.number(),
  cores: z.optional(z.number()),
  memoryGiB: z.optional(z.number()),
  gpus: z.optional(z.number()),
  env: z.optional(z.record(z.string(), z.string())),
});

/** What a cluster was made of. */
export type ClusterPlan = z.infer<typeof planSchema>;

/** A batch of a cluster. */
export interface ClusterBatch {
  job: string;
  state: BatchState;
}

/** The batches of a cluster, as recorded in the journals. */
export interface KnownCluster {
  id: string;
  name: string;
  plan: ClusterPlan;
  head: ClusterBatch;
  /** Oldest first. */
  workers: readonly ClusterBatch[];
}

/** The label of a batch; undefined where it has none. */
export const labelOf = ({ state }: ClusterBatch, label: keyof ClusterLabels): string | undefined =>
  state.spec.labels?.[label];

function planOf(head: ClusterBatch): ClusterPlan | undefined {
  try {
    const parsed = z.safeParse(planSchema, JSON.parse(labelOf(head, 'cluster.plan') ?? ''));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** Finds all clusters in a store by the labels of their batches. */
export async function knownClusters(store: ClusterStore): Promise<KnownCluster[]> {
  const batches = (await store.list()).flatMap(({ job, state }) =>
    state === undefined ? [] : [{ job, state }],
  );
  return batches
    .flatMap((head): KnownCluster[] => {
      const id = labelOf(head, 'cluster');
      const plan = planOf(head);
      if (id === undefined || plan === undefined) return [];
      const workers = batches
        .filter((one) => one !== head && labelOf(one, 'cluster') === id)
        .sort((a, b) => a.state.startedAt - b.state.startedAt || numberOf(a.job) - numberOf(b.job));
      return [{ id, name: plan.name, plan, head, workers }];
    })
    .sort((a, b) => a.head.state.startedAt - b.head.state.startedAt);
}

/** Jobs of workers are called `NAME.w1`, `NAME.w2` and so on. */
const numberOf = (job: string): number => Number(/\.w(\d+)$/.exec(job)?.[1] ?? 0);

/** The name of the next batch of workers. */
export const nextWorkers = ({ name, workers }: KnownCluster): { job: string; number: number } => {
  const number = Math.max(0, ...workers.map(({ job }) => numberOf(job))) + 1;
  return { job: `${name}.w${number}`, number };
};

/**
 * Finds a cluster.
 *
 * @throws {SkahaError} `cluster.not_found`
 */
export async function knownCluster(store: ClusterStore, name: string): Promise<KnownCluster> {
  const found = (await knownClusters(store)).find((one) => one.name === name);
  if (found !== undefined) return found;
  throw new SkahaError('cluster.not_found', `There is no cluster '${name}'.`, {
    id: name,
    hint: "List those that were created from here with 'skaha cluster ls'.",
  });
}

/**
 * Lists the names of the clusters in a store of journals, oldest first, without sending anything.
 *
 * @param store - where their batches are written down
 *
 * @example
 * ```ts
 * import { jobStore, journalDirectory } from 'skaha/batch/journal';
 * import { clusterNames } from 'skaha/cluster';
 *
 * console.log(await clusterNames(jobStore(journalDirectory())));
 * ```
 */
export const clusterNames = async (store: ClusterStore): Promise<string[]> =>
  (await knownClusters(store)).map(({ name }) => name);

type Statuses = ReadonlyMap<string, string>;

/**
 * What the platform says about all sessions. A failure must not look like an empty list, nor a list
 * that is behind like a session that is gone: young ones that it lacks are asked for alone.
 */
export async function statusesOn(
  client: ClientHolder,
  clusters: readonly KnownCluster[],
  signal: AbortSignal | undefined,
): Promise<Statuses> {
  const sessions = new Session(client);
  const young = coreOf(client).settings.clock.now() - listLagMs;
  const listed = new Map((await sessions.fetch({ signal })).map(({ id, status }) => [id, status]));
  const doubtful = clusters
    .flatMap(({ head, workers }) => [head, ...workers])
    .flatMap(({ state }) => state.items)
    .flatMap(({ id, phase, sentAt = 0 }) =>
      id !== undefined && phase === 'launched' && !listed.has(id) && sentAt > young ? [id] : [],
    );
  for (const { id, status } of await infosOf(sessions, doubtful, signal)) listed.set(id, status);
  return listed;
}

/** Those that there are. */
async function infosOf(
  sessions: Session,
  ids: readonly string[],
  signal: AbortSignal | undefined,
): Promise<readonly { id: string; status: string }[]> {
  if (ids.length === 0) return [];
  try {
    return await sessions.info(ids, { signal });
  } catch (error) {
    if (isSkahaError(error, 'session.not_found')) return [];
    if (!(error instanceof PartialError)) throw error;
    const other = error.failed.find((one) => one.error.code !== 'session.not_found');
    if (other !== undefined) throw other.error;
    return error.done.filter(isInfo);
  }
}

const isInfo = (value: unknown): value is { id: string; status: string } =>
  typeof value === 'object' && value !== null && 'id' in value && 'status' in value;

const statusOf = (item: BatchItem, statuses: Statuses): string => {
  const { id, phase } = item;
  if (phase === 'unanswered' || phase === 'unknown') return 'Unanswered';
  if (id === undefined) return 'Missing';
  const listed = statuses.get(id);
  if (listed !== undefined) return listed;
  if (phase === 'completed') return 'Completed';
  if (phase === 'failed') return 'Failed';
  return 'Gone';
};

const isLive = (status: string): boolean =>
  !isFinished(status) && !['Gone', 'Missing', 'Terminating', 'Unanswered'].includes(status);

/** The sessions of a cluster that were launched and are not over. */
export const liveOf = (sessions: readonly ClusterSession[]): ClusterSession[] =>
  sessions.filter(({ status }) => isLive(status));

/** The complete reference of the workers' image, where a launch resolved it. */
const imageOf = ({ plan, head, workers }: KnownCluster): string =>
  [head, ...workers].find(({ state }) => state.spec.image === plan.image)?.state.image ??
  plan.image;

/** A cluster as it is now. */
export function stateOf(known: KnownCluster, statuses: Statuses): ClusterState {
  const { id, name, plan, head, workers } = known;
  const sessionsOf = (batch: ClusterBatch, role: ClusterSession['role']) =>
    batch.state.items.map(
      (item): ClusterSession => ({
        role,
        name: item.name,
        id: item.id,
        job: batch.job,
        status: statusOf(item, statuses),
      }),
    );
  const [top = { role: 'head', name, id: undefined, job: head.job, status: 'Missing' } as const] =
    sessionsOf(head, 'head');
  const all = workers.flatMap((batch) => sessionsOf(batch, 'worker'));
  const live = liveOf(all).length;
  const pending = all.filter(({ status }) => status === 'Pending').length;
  const unanswered = all.filter(({ status }) => status === 'Unanswered').length;
  const isOver = !isLive(top.status) && top.status !== 'Unanswered';
  const over = live + unanswered > 0 ? 'orphaned' : 'stopped';
  return {
    name,
    id,
    engine: plan.engine,
    server: head.state.server,
    image: imageOf(known),
    state: isOver ? over : top.status === 'Running' ? 'running' : 'starting',
    head: top,
    workers: all,
    live,
    pending,
    unanswered,
    maxWorkers: plan.maxWorkers,
    startedAt: head.state.startedAt,
  };
}
