import { confirm } from '@skaha/terminal/confirm.js';
import { type Io, note } from '@skaha/terminal/io.js';
import { documentOf } from '@skaha/terminal/output/field.js';
import { renderList } from '@skaha/terminal/output/list.js';
import { render, renderItem } from '@skaha/terminal/output/render.js';
import { type Column, column } from '@skaha/terminal/output/table.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import { relative } from '@skaha/terminal/output/time.js';
import { readInteger } from '@skaha/terminal/parse/values.js';
import { usageError } from '@skaha/terminal/usage.js';
import type { FailedItem, SkahaClient } from 'skaha';
import type { BatchOutcome } from 'skaha/batch';
import {
  type ClusterChange,
  type ClusterConnection,
  type ClusterSpec,
  type ClusterState,
  clusterEngines,
  connectCluster,
  createCluster,
  deleteCluster,
  listClusters,
  scaleCluster,
} from 'skaha/cluster';
import type { Run } from '../../command.js';
import type { Deps } from '../../environment/deps.js';
import { forEach, itemDocument, renderDone, throwIfFailed } from '../../output/outcome.js';
import { readCores, readEnvironment, readMemory } from '../create/template.js';
import { reasonWords } from '../session/waiting.js';
import type * as def from './definitions.js';
import { clusterFields } from './definitions.js';

/** A cluster for programs. */
const clusterDocument = (cluster: ClusterState) =>
  documentOf(clusterFields, {
    ...cluster,
    head: cluster.head.id,
    startTime: new Date(cluster.startedAt).toISOString(),
    workers: cluster.workers.map(({ name, id = null, status }) => ({ name, id, status })),
  });

const clusterColumns = (now: number): Column<ClusterState>[] => [
  column('CLUSTER', ({ name }) => plain(name)),
  column('ENGINE', ({ engine }) => plain(engine)),
  column('STATE', ({ state }) => state),
  column('HEAD', ({ head }) => head.id ?? '-'),
  column('WORKERS', ({ live, maxWorkers }) => `${live}/${maxWorkers}`),
  column('PENDING', ({ pending }) => String(pending)),
  column('IMAGE', ({ image }) => plain(image), { shrinkTo: 8, cut: 'start' }),
  column('STARTED', ({ startedAt }) => relative(new Date(startedAt), now)),
];

/** How many workers there are, and how many of them do not run yet. */
function workersText({ live, pending }: ClusterState): string {
  const all = count(live, 'worker');
  if (pending === 0) return all;
  return live === 1 ? `${all}, waiting` : `${all}, ${pending} of them waiting`;
}

/** The platform is asked for this many waiting workers why: most of them have the same reason. */
const samples = 3;

/** The newest warning about a worker that waits, where there is one. */
async function waitingText(
  client: SkahaClient,
  { workers }: ClusterState,
  signal: AbortSignal,
): Promise<string | undefined> {
  const asked = workers.filter(({ status }) => status === 'Pending').slice(0, samples);
  const ids = asked.flatMap(({ id }) => id ?? []);
  const reasons = await client.sessions.reasons(ids, { signal });
  for (const { id, name, status } of asked) {
    const reason = id === undefined ? undefined : reasons.get(id);
    if (reason?.type === 'Warning')
      return `${plain(name)} (${id}): ${status}, ${reasonWords(reason)}`;
  }
  return undefined;
}

/** What a change could not do, as items of which the others are done. */
const failedItems = (failed: ClusterChange['failed']): FailedItem[] =>
  failed.map(({ name, error }, index) => ({ index, item: name, error }));

/** Says what became of a change; fails when some of it could not be done. */
async function showChange(
  io: Io,
  deps: Deps,
  { cluster, launched, removed, failed }: ClusterChange,
): Promise<void> {
  const waiting = await waitingText(await deps.client(), cluster, io.signal);
  const lines = [
    ...launched.map(({ id, name }) => `created ${id} (${plain(name)})`),
    ...removed.map(({ id, name }) => `deleted ${id} (${plain(name)})`),
    `${plain(cluster.name)}: ${cluster.state}, ${workersText(cluster)}`,
    ...(waiting === undefined ? [] : [waiting]),
  ];
  await render(io, {
    data: {
      ...clusterDocument(cluster),
      launched,
      removed,
      failed: failed.map(({ name, error }) => ({ name, error: error.toJSON() })),
    },
    table: () => lines.map((line) => `${line}\n`).join(''),
    names: () => launched.map(({ id }) => id),
  });
  const done = [...launched, ...removed];
  throwIfFailed({ done, failed: failedItems(failed) }, 'change', 'session');
}

/** How a cluster is changed, with a line for each session that is launched. */
const changeOptions = (io: Io, startTimeoutMs: number) => ({
  signal: io.signal,
  startTimeoutMs,
  onOutcome: ({ name, result, id }: BatchOutcome) => {
    if (result === 'launched') note(io, `${plain(name)} (${id}) is launched.`);
  },
});

export const runClusterCreate: Run<typeof def.clusterCreateCommand> = async (io, deps, options) => {
  const { engine, workers, maxWorkers, python, headImage } = options;
  if (engine === undefined)
    throw usageError('The engine is missing.', 'Add --engine dask or --engine ray.');
  const spec: ClusterSpec = {
    name: options.cluster,
    engine: clusterEngines[engine],
    image: options.image,
    workers,
    maxWorkers,
    python,
    env: await readEnvironment(io, deps, { env: options.env, envFile: [] }),
    cores: readCores(options.cpu),
    memoryGiB: readMemory(io, options.memory),
    gpus: options.gpu,
    headKind: options.head,
    headImage,
    headCores: readCores(options.headCpu),
    headMemoryGiB: readMemory(io, options.headMemory),
  };
  const [client, store] = await Promise.all([deps.client(), deps.jobs()]);
  const change = await createCluster(client, store, spec, changeOptions(io, options.timeout));
  const head = change.cluster.head.id;
  if (spec.headKind === 'contributed' && head !== undefined)
    note(io, `Its dashboard opens with 'skaha open ${head}'.`);
  await showChange(io, deps, change);
};

export const runClusterLs: Run<typeof def.clusterLsCommand> = async (io, deps) => {
  const { signal } = io;
  const [client, store] = await Promise.all([deps.client(), deps.jobs()]);
  const clusters = await listClusters(client, store, { signal });
  await renderList(
    io,
    {
      rows: clusters,
      document: clusterDocument,
      columns: clusterColumns(deps.now()),
      name: ({ name }) => name,
    },
    "No clusters. Create one with 'skaha cluster create NAME IMAGE --engine dask'.",
  );
  if (io.format !== 'table') return;
  const lines = await Promise.all(clusters.map((one) => waitingText(client, one, signal)));
  for (const line of lines) if (line !== undefined) note(io, line);
};

export const runClusterScale: Run<typeof def.clusterScaleCommand> = async (io, deps, options) => {
  const workers = readInteger('COUNT', options.workers, 0, 10_000);
  const [client, store] = await Promise.all([deps.client(), deps.jobs()]);
  const how = changeOptions(io, options.timeout);
  await showChange(io, deps, await scaleCluster(client, store, options.cluster, workers, how));
};

export const runClusterConnect: Run<typeof def.clusterConnectCommand> = async (
  io,
  deps,
  options,
) => {
  const [client, store] = await Promise.all([deps.client(), deps.jobs()]);
  const how = { signal: io.signal, startTimeoutMs: options.timeout };
  const found = await connectCluster(client, store, options.cluster, how);
  if (options.command.length > 0) return runBeside(io, deps, found, options.command);
  const { cluster, host, port, dashboard, variables } = found;
  const { name, engine, state, live, pending, maxWorkers } = cluster;
  const pairs = Object.entries(variables).map((pair) => pair.join('='));
  const data = { name, engine, host, port, dashboard: dashboard ?? null, variables, live, pending };
  await renderItem(io, host, data, [
    ['Cluster', `${plain(name)} (${engine}, ${state})`],
    ['Address', `${host}:${port}`],
    ['Dashboard', dashboard],
    ['Variables', pairs.join(' ')],
    ['Workers', `${workersText(cluster)}, at most ${maxWorkers}`],
    ['Waiting', await waitingText(client, cluster, io.signal)],
  ]);
};

/**
 * Launches a session alongside the cluster, as 'skaha create --attach --rm' does. Nobody asked for a
 * session, so it is deleted without a question however the command ends.
 */
async function runBeside(
  io: Io,
  deps: Deps,
  { cluster: { name, image }, variables: env }: ClusterConnection,
  [cmd, ...args]: readonly string[],
): Promise<void> {
  const [{ checkAfter }, { runLaunches }] = await Promise.all([
    import('../create/plan.js'),
    import('../create/run.js'),
  ]);
  const after = { attach: true, rm: true, wait: false, open: false, progress: 'auto' } as const;
  checkAfter(io, 'headless', after);
  const spec = { kind: 'headless' as const, name: `${name}-run`, image, cmd, args, env };
  const launch = { spec, options: {}, isBatch: false, isNamed: true, after };
  await runLaunches({ ...io, assumeYes: true }, deps, [launch], { details: false, dryRun: false });
}

/** Whether its head runs or waits; that of a launch without an answer is not known. */
const isHeadLive = ({ state, head }: ClusterState): boolean =>
  head.id !== undefined && (state === 'running' || state === 'starting');

export const runClusterDelete: Run<typeof def.clusterDeleteCommand> = async (io, deps, options) => {
  if (options.clusters.length === 0 && !options.orphans)
    throw usageError('Specify a cluster.', "See them with 'skaha cluster ls', or use --orphans.");
  const [client, store] = await Promise.all([deps.client(), deps.jobs()]);
  const { signal } = io;
  const all = await listClusters(client, store, { signal });
  const orphans = options.orphans
    ? all.filter(({ state }) => state === 'orphaned' || state === 'stopped')
    : [];
  const names = [...new Set([...options.clusters, ...orphans.map(({ name }) => name)])];
  const known = all.filter(({ name }) => names.includes(name));
  const live = known.reduce((sum, one) => sum + one.live + (isHeadLive(one) ? 1 : 0), 0);
  const what = `${count(known.length, 'cluster')} with ${count(live, 'session')} running or waiting`;
  const question = `Delete ${what}: ${names.map(plain).join(', ')}?`;
  if (known.length > 0 && !(await confirm(io, question, 'Nothing was deleted.'))) return;
  const ended = await forEach(io, names, String, async (cluster) => ({
    ...(await deleteCluster(client, store, cluster, { signal })),
    cluster,
  }));
  const done = ended.done.flatMap(({ removed, cluster }) =>
    removed.map(({ id, name }) => ({ id, name, cluster })),
  );
  const failed = [...ended.done.flatMap((one) => failedItems(one.failed)), ...ended.failed];
  await renderDone(io, 'deleted', done, [
    ...done.map((one) => itemDocument('delete', one)),
    ...failed.map(({ item, error }) =>
      itemDocument('delete', { id: null, name: item, cluster: null }, error),
    ),
  ]);
  if (ended.failed.length === 0) throwIfFailed({ done, failed }, 'delete', 'session');
  throwIfFailed(ended, 'delete', 'cluster');
};
