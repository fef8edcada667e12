import { confirm } from '@skaha/terminal/confirm.js';
import { type Io, note } from '@skaha/terminal/io.js';
import { renderList } from '@skaha/terminal/output/list.js';
import { render } from '@skaha/terminal/output/render.js';
import { type Column, column, fields } from '@skaha/terminal/output/table.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import { relative } from '@skaha/terminal/output/time.js';
import { readInteger } from '@skaha/terminal/parse/values.js';
import { usageError } from '@skaha/terminal/usage.js';
import type { FailedItem, SkahaError } from 'skaha';
import type { ClusterChange, ClusterConnection, ClusterState } from 'skaha/cluster';
import type { Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import { forEach, itemDocument, renderDone, throwIfFailed } from '../../output/outcome.js';
import { coresOf, memoryOf, readEnvironment } from '../create/template.js';
import type * as def from './definitions.js';
import { pendingOf, waitingWords, workersWords } from './workers.js';

const document = (cluster: ClusterState) => {
  const { name, id, engine, state, server, image, live, unanswered, maxWorkers } = cluster;
  return {
    ...{ name, id, engine, state, server, image, head: cluster.head.id ?? null, live },
    ...{ pending: pendingOf(cluster), unanswered, maxWorkers },
    startTime: new Date(cluster.startedAt).toISOString(),
    workers: cluster.workers.map(({ name: worker, id: session, status }) => ({
      ...{ name: worker, id: session ?? null, status },
    })),
  };
};

/** Says what became of a change; fails when some of it could not be done. */
async function showChange(
  io: Io,
  { cluster, ...change }: ClusterChange,
  waiting?: string,
): Promise<void> {
  const { launched, removed, failed } = change;
  const lines = [
    ...launched.map(({ id, name }) => `created ${id} (${plain(name)})`),
    ...removed.map(({ id, name }) => `deleted ${id} (${plain(name)})`),
    `${plain(cluster.name)}: ${cluster.state}, ${workersWords(cluster)}`,
    ...(waiting === undefined ? [] : [waiting]),
  ];
  await render(io, {
    data: {
      ...document(cluster),
      ...{ launched, removed },
      failed: failed.map(({ name, error }) => ({ name, error: error.toJSON() })),
    },
    table: () => lines.map((line) => `${line}\n`).join(''),
    names: () => launched.map(({ id }) => id),
  });
  const done = [...launched, ...removed];
  throwIfFailed({ done, failed: itemsOf(failed) }, 'change', 'session');
}

const itemsOf = (failed: readonly { name: string; error: SkahaError }[]): FailedItem[] =>
  failed.map(({ name, error }, index) => ({ index, item: name, error }));

function teller(
  io: Io,
): (outcome: { name: string; result: string; id?: string | undefined }) => void {
  return ({ name, result, id }) => {
    if (result === 'launched') note(io, `${plain(name)} (${id}) is launched.`);
  };
}

export const runClusterCreate: Run<typeof def.clusterCreateCommand> = async (io, deps, options) => {
  const { engine, cluster: name, image, workers, maxWorkers, python, gpu: gpus } = options;
  if (engine !== 'dask' && engine !== 'ray')
    throw usageError('The engine is missing.', 'Add --engine dask or --engine ray.');
  const env = await readEnvironment(io, deps, { env: options.env, envFile: [] });
  const sizes = {
    ...{ cores: coresOf(options.cpu), memoryGiB: memoryOf(io, options.memory), gpus },
    ...{ headCores: coresOf(options.headCpu), headMemoryGiB: memoryOf(io, options.headMemory) },
  };
  const headKind = options.head === 'contributed' ? 'contributed' : 'headless';
  const { client, store, clusters } = await open(deps);
  const heads = { headKind, headImage: options.headImage } as const;
  const spec = { name, image, workers, maxWorkers, python, env, ...sizes, ...heads };
  const how = { signal: io.signal, startTimeoutMs: options.timeout, onOutcome: teller(io) };
  const known = { ...spec, engine: clusters.clusterEngines[engine] };
  const change = await clusters.createCluster(client, store, known, how);
  const head = change.cluster.head.id;
  if (headKind === 'contributed' && head !== undefined)
    note(io, `Its dashboard opens with 'skaha open ${head}'.`);
  await showChange(io, change, await waitingWords(client, change.cluster, io.signal));
};

async function open(deps: Deps) {
  const [client, store, clusters] = await Promise.all([
    deps.client(),
    deps.jobs(),
    import('skaha/cluster'),
  ]);
  return { client, store, clusters };
}

const columns = (now: number): Column<ClusterState>[] => [
  column('CLUSTER', ({ name }) => plain(name)),
  column('ENGINE', ({ engine }) => plain(engine)),
  column('STATE', ({ state }) => state),
  column('HEAD', ({ head }) => head.id ?? '-'),
  column('WORKERS', ({ live, maxWorkers }) => `${live}/${maxWorkers}`),
  column('PENDING', (cluster) => String(pendingOf(cluster))),
  column('IMAGE', ({ image }) => plain(image), { shrinkTo: 8, cut: 'start' }),
  column('STARTED', ({ startedAt }) => relative(new Date(startedAt), now)),
];

export const runClusterLs: Run<typeof def.clusterLsCommand> = async (io, deps) => {
  const { client, store, clusters } = await open(deps);
  const all = await clusters.listClusters(client, store, { signal: io.signal });
  await renderList(
    io,
    { rows: all, document, columns: columns(deps.now()), name: ({ name }) => name },
    "No clusters. Create one with 'skaha cluster create NAME IMAGE --engine dask'.",
  );
  if (io.format !== 'table') return;
  for (const waiting of await Promise.all(
    all.map((cluster) => waitingWords(client, cluster, io.signal)),
  ))
    if (waiting !== undefined) note(io, waiting);
};

export const runClusterScale: Run<typeof def.clusterScaleCommand> = async (io, deps, options) => {
  const { cluster, workers, timeout } = options;
  const wanted = readInteger('COUNT', workers, 0, 10_000);
  const { client, store, clusters } = await open(deps);
  const how = { signal: io.signal, startTimeoutMs: timeout, onOutcome: teller(io) };
  const change = await clusters.scaleCluster(client, store, cluster, wanted, how);
  await showChange(io, change, await waitingWords(client, change.cluster, io.signal));
};

export const runClusterConnect: Run<typeof def.clusterConnectCommand> = async (
  io,
  deps,
  options,
) => {
  const { client, store, clusters } = await open(deps);
  const how = { signal: io.signal, startTimeoutMs: options.timeout };
  const found = await clusters.connectCluster(client, store, options.cluster, how);
  const { cluster, host, port, dashboard, variables } = found;
  if (options.command.length > 0) return runThere(io, deps, found, options.command);
  const { name, engine } = cluster;
  const pairs = Object.entries(variables).map((pair) => pair.join('='));
  const rows: [string, string | undefined][] = [
    ['Cluster', `${plain(name)} (${engine}, ${cluster.state})`],
    ['Address', `${host}:${port}`],
    ['Dashboard', dashboard],
    ['Variables', pairs.join(' ')],
    ['Workers', `${workersWords(cluster)}, at most ${cluster.maxWorkers}`],
    ['Waiting', await waitingWords(client, cluster, io.signal)],
  ];
  const pending = pendingOf(cluster);
  await render(io, {
    data: {
      ...{ name, engine, host, port, dashboard: dashboard ?? null, variables },
      ...{ live: cluster.live, pending },
    },
    table: () => fields(io, rows),
    names: () => [host],
  });
};

/**
 * Launches a session beside the cluster, as 'skaha create --attach --rm' does. Nobody asked for a
 * session, so it is deleted without a question however the command ends.
 */
async function runThere(
  io: Io,
  deps: Deps,
  { cluster: { name, image }, variables: env }: ClusterConnection,
  [cmd, ...args]: readonly string[],
): Promise<void> {
  const [{ checkAfter }, { runLaunches }] = await Promise.all([
    import('../create/after.js'),
    import('../create/run.js'),
  ]);
  const after = { attach: true, rm: true, wait: false, open: false, progress: 'auto' };
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
  const { client, store, clusters } = await open(deps);
  const signal = io.signal;
  const all = await clusters.listClusters(client, store, { signal });
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
    ...(await clusters.deleteCluster(client, store, cluster, { signal })),
    cluster,
  }));
  const done = ended.done.flatMap(({ removed, cluster }) =>
    removed.map(({ id, name }) => ({ id, name, cluster })),
  );
  const failed = [...ended.done.flatMap((one) => itemsOf(one.failed)), ...ended.failed];
  await renderDone(io, 'deleted', done, [
    ...done.map((one) => itemDocument('delete', one)),
    ...failed.map(({ item, error }) =>
      itemDocument('delete', { id: null, name: item, cluster: null }, error),
    ),
  ]);
  if (ended.failed.length === 0) throwIfFailed({ done, failed }, 'delete', 'session');
  throwIfFailed(ended, 'delete', 'cluster');
};
