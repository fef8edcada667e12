import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@skaha/base/clock.js';
import type { Run, Runner } from '@skaha/engine/ports/runner.js';
import { expect, onTestFinished, test } from 'vitest';
import { runChild } from '../../cli/tests/child.js';
import {
  post,
  send,
  temporaryDirectory,
  terminal,
  testPlatform,
  until,
} from '../../platform/tests/fixtures.js';
import { RunnerBench } from '../../platform/tests/runners/set-up.js';
import { KubernetesClient, resources } from '../src/client/client.js';
import { findAccess } from '../src/client/kubeconfig.js';
import { Transport } from '../src/client/transport.js';
import type { ConfigMap } from '../src/client/types.js';
import { Watch } from '../src/client/watch.js';
import { openKubernetes } from '../src/open.js';
import { namespaceIn, runnerFor, simulated, testCluster } from './cluster.js';
import { Door } from './door.js';
import { otherPod, type Peered, Policies } from './policies.js';

const cluster = testCluster({
  simulatedNodes: 3,
  capacity: { cpu: '32', memory: '256Gi', pods: '110', 'nvidia.com/gpu': '2' },
  patienceSeconds: 20,
});

interface Config {
  readonly namespace?: string;
  readonly [more: string]: unknown;
}

interface Bench {
  readonly bench: RunnerBench;
  readonly runner: Runner;
  readonly namespace: string;
  /** What was told of the touch with the cluster. */
  readonly troubles: (string | undefined)[];
}

async function bench({ namespace = namespaceIn(cluster), ...config }: Config = {}): Promise<Bench> {
  const one = new RunnerBench(runnerFor(cluster, { namespace, ...simulated(), ...config }));
  const troubles: (string | undefined)[] = [];
  one.parts.listener.outOfTouch = (trouble) => {
    troubles.push(trouble);
  };
  const runner = await one.runner();
  // What is left running would take the room of the next test.
  onTestFinished(() => {
    const all = ['delete', 'jobs,pods', '--all', '--force', '--grace-period=0'];
    cluster.kubectl(['-n', namespace, ...all]);
  });
  await runner.recover([]);
  return { bench: one, runner, namespace, troubles };
}

async function started({ bench: one, runner }: Bench, more: Partial<Run> = {}): Promise<Run> {
  const run = one.run(['sleep', '9'], more);
  runner.launch(run);
  await one.hasStarted(run);
  return run;
}

/** Looks until something is so that takes its time by its nature. */
async function inTime(rounds: number, look: () => unknown): Promise<void> {
  for (let round = 1; round < rounds; round += 1) {
    try {
      await until(() => look() === true);
      return;
    } catch {
      // Again.
    }
  }
  await until(() => look() === true);
}

async function doorToServer(): Promise<Door> {
  const door = await Door.to(Number(new URL(cluster.server).port));
  onTestFinished(() => door.close());
  return door;
}

const get = (namespace: string, ...words: string[]) =>
  JSON.parse(cluster.kubectl(['-n', namespace, 'get', ...words, '-o', 'json']));
const podOf = (namespace: string, run: Run) =>
  get(namespace, 'pods', '-l', `job-name=${run.job}`).items[0];

test('what the cluster forgot before it could be watched again is read in full', async () => {
  const namespace = namespaceIn(cluster);
  const door = await doorToServer();
  const kubeconfig = cluster.writeConfigFor('admin', {}, door.url);
  const client = new KubernetesClient(new Transport(findAccess({ kubeconfig, environment: {} })));
  const ending = new AbortController();
  onTestFinished(() => {
    ending.abort();
    client.close();
  });
  const names = new Set<string>();
  let lists = 0;
  const watch = new Watch<ConfigMap>(
    { client, clock: systemClock, signal: ending.signal },
    resources.configMaps,
    { namespace, labels: 'test=yes' },
    {
      changed: ({ metadata }) => names.add(metadata.name ?? ''),
      removed: (name) => names.delete(name),
      complete: () => {
        lists += 1;
      },
    },
  );
  const make = (name: string) => {
    const metadata = { name, namespace, labels: { test: 'yes' } };
    cluster.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata }, [], 'create');
  };
  make('old');
  void watch.run();
  await until(() => names.has('old'));
  make('seen');
  await until(() => names.has('seen'));
  expect(lists).toBe(1);
  door.shut();
  make('new');
  cluster.kubectl(['-n', namespace, 'delete', 'configmap', 'old']);
  // It remembers no change from before it was started: it answers 410.
  await cluster.restartApiServer();
  door.open();
  await until(() => names.has('new'));
  expect([...names].toSorted()).toEqual(['new', 'seen']);
  expect(lists).toBe(2);
});

test('what ended while the cluster could not be watched has ended, and the rest goes on', async () => {
  const door = await doorToServer();
  const kubeconfig = cluster.writeConfigFor('admin', {}, door.url);
  const one = await bench({ kubeconfig });
  const [removed, lasting] = [await started(one), await started(one)];
  door.shut();
  await until(() => one.troubles.at(-1) !== undefined);
  expect(one.troubles.at(-1)).toMatch(/^https:.* does not answer: it closed the connection$/);
  await expect(one.runner.enter(lasting, { command: ['true'] })).rejects.toThrow(
    /^https:.* does not answer: /,
  );
  cluster.kubectl(['-n', one.namespace, 'delete', 'job', removed.job]);
  await cluster.restartApiServer();
  door.open();
  expect((await one.bench.over(removed)).cause).toEqual({ reason: 'Deleted' });
  await until(() => one.troubles.at(-1) === undefined);
  expect(one.bench.ended.has(lasting.key)).toBe(false);
});

test('a session that is created while the cluster cannot be reached says so, and logs say to come back', async () => {
  const door = await doorToServer();
  const kubeconfig = cluster.writeConfigFor('admin', {}, door.url);
  const namespace = namespaceIn(cluster);
  const config = {
    images: [{ id: terminal, types: ['headless'], command: ['sleep', '60'] }],
    runners: { kubernetes: { kubeconfig, namespace, imagePullPolicy: 'Never', ...simulated() } },
  };
  const platform = await testPlatform({ runner: 'kubernetes', config });
  const create = async (name: string) =>
    (await post(platform, { image: terminal, name })).body.trim();
  const view = async (id: string, what: string) =>
    await send(platform, 'GET', `/skaha/v1/session/${id}?view=${what}`);
  const status = async (id: string) =>
    JSON.parse((await send(platform, 'GET', `/skaha/v1/session/${id}`)).body).status;
  const running = await create('running');
  await expect.poll(() => status(running), { timeout: 20_000 }).toBe('Running');
  door.shut();
  expect(await view(running, 'logs')).toMatchObject({
    status: 503,
    body: 'The log cannot be read at the moment\n',
  });
  const environment = {
    SKAHA_URL: platform.url,
    SKAHA_TOKEN: platform.token,
    NODE_EXTRA_CA_CERTS: platform.ca,
    XDG_CONFIG_HOME: temporaryDirectory(),
  };
  const logs = await runChild(['logs', running], environment);
  expect(logs).toMatchObject({ status: 6, stdout: '' });
  expect(logs.stderr).toMatch(/^Error: The platform at .* is not available right now /m);
  expect(logs.stderr).toContain('The log cannot be read at the moment\nHint: Try again in a few');
  const late = await create('late');
  const told = /^Warning +FailedCreate +The cluster does not take the session at the moment; .*$/m;
  await expect.poll(async () => (await view(late, 'events')).body).toMatch(told);
  door.open();
  await expect.poll(() => status(late), { timeout: 40_000 }).toBe('Running');
  expect((await view(late, 'events')).body.match(/FailedCreate/g)).toHaveLength(1);
  await platform.stop();
}, 120_000);

test('a cluster that is silent is told of, and what was asked for is done when it speaks', async () => {
  const door = await doorToServer();
  const kubeconfig = cluster.writeConfigFor('admin', {}, door.url);
  const one = await bench({ kubeconfig });
  const lasting = await started(one);
  door.silence();
  const late = one.bench.run(['sleep', '9']);
  one.runner.launch(late);
  await inTime(3, () => /silent for 30 s/.test(one.troubles.at(-1) ?? ''));
  door.open();
  await inTime(2, () => one.bench.started.includes(late.key));
  await until(() => one.troubles.at(-1) === undefined);
  expect(one.bench.ended.has(lasting.key)).toBe(false);
  expect(get(one.namespace, 'jobs').items).toHaveLength(2);
}, 180_000);

test('credentials that are not accepted any more are told of, until there are others', async () => {
  const account = namespaceIn(cluster);
  const inside = (...words: string[]) => cluster.kubectl(['-n', account, ...words]);
  const make = () => {
    inside('create', 'serviceaccount', 'platform');
    return inside('create', 'token', 'platform');
  };
  const tokenFile = join(cluster.folder, `${account}.token`);
  writeFileSync(tokenFile, make());
  const who = `${account}:platform`;
  const role = ['create', 'clusterrolebinding', account, '--clusterrole=cluster-admin'];
  cluster.kubectl([...role, `--serviceaccount=${who}`]);
  const one = await bench({ kubeconfig: cluster.writeConfigFor('platform', { tokenFile }) });
  const lasting = await started(one);
  inside('delete', 'serviceaccount', 'platform');
  const late: Run[] = [];
  // All that are asked for until then must have room.
  const least = { requests: { cores: 0.01, memory: 2 ** 20 } };
  // What was accepted once is remembered by the server for ten seconds.
  await inTime(2, () => {
    const last = late.at(-1);
    if (last === undefined || one.bench.started.includes(last.key)) {
      const next = one.bench.run(['sleep', '9'], least);
      late.push(next);
      one.runner.launch(next);
    }
    return one.troubles.at(-1)?.includes('does not accept the credentials');
  });
  writeFileSync(tokenFile, make());
  for (const run of late) await inTime(2, () => one.bench.started.includes(run.key));
  await until(() => one.troubles.at(-1) === undefined);
  expect(one.bench.ended.has(lasting.key)).toBe(false);
  expect(one.bench.refused.size).toBe(0);
}, 180_000);

test('sessions get graphics processors, and wait where all are taken', async () => {
  const one = await bench();
  const both = { gpus: 2 };
  const runs = [await started(one, both), await started(one, both), await started(one, both)];
  const [container] = podOf(one.namespace, runs[0] as Run).spec.containers;
  expect(container.resources.limits).toMatchObject({ 'nvidia.com/gpu': '2' });
  const late = one.bench.run(['sleep', '9'], { gpus: 1 });
  one.runner.launch(late);
  const why = await until(
    () =>
      one.bench.notes.find(
        ([key, { reason }]) => key === late.key && reason === 'FailedScheduling',
      )?.[1],
  );
  expect(why.message).toContain('Insufficient nvidia.com/gpu');
  await one.runner.terminate(runs[0] as Run);
  await inTime(2, () => one.bench.started.includes(late.key));
});

test('the page of a session is open to sessions of the same user, and to nobody else', async () => {
  const one = await bench({
    networkPolicy: true,
    route: { host: 'skaha.example.org', ingress: {}, controllerNamespace: 'default' },
  });
  mkdirSync(one.bench.path('arc/home/bob'));
  const least = { requests: { cores: 0.01, memory: 2 ** 20 } };
  const [page, hers, his] = [
    await started(one, least),
    await started(one, least),
    await started(one, { ...least, user: 'bob' }),
  ].map((run): Peered => podOf(one.namespace, run));
  if (page === undefined || hers === undefined || his === undefined) throw new Error('no pods');
  const other = (name: string, labels = {}, namespace = one.namespace) =>
    otherPod(cluster, namespace, name, labels);
  const { labels } = page.metadata;
  const policies = new Policies(cluster);
  const mayEnter = (pod: Peered) => policies.letsIn(pod, page);
  expect(mayEnter(hers)).toBe(true);
  expect(mayEnter(other('controller', {}, 'default'))).toBe(true);
  expect(mayEnter(his)).toBe(false);
  expect(policies.letsIn(page, his)).toBe(false);
  expect(mayEnter(other('nobody'))).toBe(false);
  expect(mayEnter(other('same-name', { 'canfar.net/username': 'ada' }))).toBe(false);
  expect(mayEnter(other('elsewhere', labels, namespaceIn(cluster)))).toBe(false);
  // This platform is not in the cluster: no pod can be it.
  expect(mayEnter(other('platform', { 'app.kubernetes.io/name': 'skaha-platform' }))).toBe(false);
  // Whoever is nobody's session is not kept from others.
  expect(policies.letsIn(page, other('free'))).toBe(true);
});

test.each([
  ['a claim', { claim: 'arc' }, { persistentVolumeClaim: { claimName: 'arc' } }],
  ['NFS', { nfs: { server: 'files.example.org', path: '/arc' } }, { nfs: { path: '/arc' } }],
  ['a folder of the nodes', { hostPath: '/srv/arc' }, { hostPath: { path: '/srv/arc' } }],
])('homes and projects are folders of %s', async (_, place, volume) => {
  const namespace = namespaceIn(cluster);
  const hostPath = { path: '/srv/arc' };
  const size = { storage: '1Gi' };
  const accessModes = ['ReadWriteMany'];
  const bound = { storageClassName: '', volumeName: namespace, accessModes };
  cluster.apply({
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: namespace },
    spec: { capacity: size, accessModes, hostPath, storageClassName: '' },
  });
  cluster.apply({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'arc', namespace },
    spec: { ...bound, resources: { requests: size } },
  });
  const one = await bench({ namespace, storage: { ...place, folder: 'site' } });
  const run = await started(one, {
    volumes: [
      { kind: 'home', user: 'ada' },
      { kind: 'project', name: 'survey' },
      { kind: 'scratch', key: 'x' },
    ],
  });
  const { volumes, containers } = podOf(namespace, run).spec;
  expect(volumes).toEqual(expect.arrayContaining([expect.objectContaining({ name: 'storage' })]));
  expect(volumes.find(({ name }: { name: string }) => name === 'storage')).toMatchObject(volume);
  expect(containers[0].volumeMounts).toEqual(
    expect.arrayContaining([
      { name: 'storage', mountPath: '/arc/home/ada', subPath: 'site/home/ada' },
      { name: 'storage', mountPath: '/arc/projects/survey', subPath: 'site/projects/survey' },
    ]),
  );
});

test('a Kueue that speaks another version is told before anything is run', async () => {
  const namespace = namespaceIn(cluster);
  const schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const version = { name: 'v9', served: true, storage: true, schema: { openAPIV3Schema: schema } };
  const names = { plural: 'workloads', singular: 'workload', kind: 'Workload' };
  const group = 'kueue.x-k8s.io';
  cluster.apply({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `workloads.${group}`,
      annotations: { 'api-approved.kubernetes.io': 'unapproved, a test' },
    },
    spec: { group, names, scope: 'Namespaced', versions: [version] },
  });
  const config = { kubeconfig: cluster.kubeconfig, namespace, kueue: { queue: 'people' } };
  await until(async () => {
    const found = await openKubernetes(config);
    return 'obstacle' in found && found.obstacle.includes('offers v9') ? found : undefined;
  });
  expect(await openKubernetes(config)).toEqual({
    obstacle: 'its Kueue offers v9, and this platform supports v1beta2 and v1beta1',
  });
});

test('a node that is removed, or not heard of any more, ends what it ran', async () => {
  const one = await bench();
  const removed = await started(one);
  const node = podOf(one.namespace, removed).spec.nodeName;
  cluster.kubectl(['delete', 'node', node]);
  const unheard = await started(one);
  const { nodeName } = podOf(one.namespace, unheard).spec;
  expect(nodeName).not.toBe(node);
  cluster.loseSimulatedNode(nodeName);
  await inTime(6, () => one.bench.ended.has(removed.key));
  expect((await one.bench.over(removed)).cause).toMatchObject({ reason: 'NodeLost' });
  await inTime(6, () => one.bench.ended.has(unheard.key));
  expect((await one.bench.over(unheard)).cause).toMatchObject({ reason: 'NodeLost' });
  expect(get(one.namespace, 'jobs').items).toHaveLength(2);
}, 400_000);
