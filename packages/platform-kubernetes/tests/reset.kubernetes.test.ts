import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { resetPlatform } from '../../platform/src/control/reset.js';
import { create, temporaryDirectory, testPlatform, until } from '../../platform/tests/fixtures.js';
import { namespaceIn, testCluster } from './cluster.js';

const cluster = testCluster({});
const image = 'images.example.org/tests/machine:1';
const kinds = ['jobs', 'secrets', 'configmaps', 'networkpolicies', 'services'];

interface Made {
  readonly kind: string;
  readonly spec?: unknown;
  readonly data?: unknown;
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
}

function objectsIn(namespace: string): readonly Made[] {
  const words = ['-n', namespace, 'get', kinds.join(','), '-o', 'json'];
  return JSON.parse(cluster.kubectl(words)).items;
}

/** Without what the cluster itself changes about it. */
const asMade = ({ kind, spec, data, metadata }: Made) => {
  const { name, uid, labels, deletionTimestamp } = metadata;
  return { kind, spec, data, name, uid, labels, deletionTimestamp };
};

const named = ({ kind, metadata }: Made): string => `${kind} ${metadata.name}`;

/** Sessions of a platform, which another may take over. */
async function left(namespace: string, kubeconfig = cluster.kubeconfig) {
  const data = temporaryDirectory();
  const config = {
    runner: 'kubernetes',
    runners: { kubernetes: { kubeconfig, namespace, networkPolicy: true } },
    images: [{ id: image, types: ['headless', 'notebook'], command: ['sleep', '900'] }],
  };
  writeFileSync(join(data, 'platform.yaml'), JSON.stringify(config));
  const platform = await testPlatform({ data, runner: 'kubernetes', config: undefined });
  const ids = [
    await create(platform, { type: 'headless', image, cmd: 'sleep', args: '900' }),
    // What opens its page is a Secret.
    await create(platform, { type: 'notebook', image }),
  ];
  const labelled = () => objectsIn(namespace).filter(({ metadata }) => isOne(metadata.labels, ids));
  await until(() => labelled().filter(({ kind }) => kind === 'Job').length === ids.length);
  await platform.stop({ sessions: 'leave' });
  const instance = labelled()[0]?.metadata.labels?.['skaha.platform'] ?? '';
  const own = objectsIn(namespace).filter(
    ({ metadata }) => metadata.labels?.['skaha.platform'] === instance,
  );
  expect(new Set(own.map(({ kind }) => kind))).toEqual(
    new Set(['Job', 'Secret', 'ConfigMap', 'NetworkPolicy']),
  );
  return { data, own };
}

const isOne = (labels: Made['metadata']['labels'], ids: readonly string[]): boolean =>
  ids.includes(labels?.['canfar.net/id'] ?? '');

/** Things of somebody else’s, which look as much like ours as they can. */
function makeForeign(namespace: string): void {
  const metadata = (name: string, labels = {}) => ({ name, namespace, labels });
  const look = { 'canfar.net/username': 'adastra', 'canfar.net/id': 'aaaaaaaa' };
  const template = {
    metadata: { labels: look },
    spec: { restartPolicy: 'Never', containers: [{ name: 'session', image }] },
  };
  const foreign = [
    { apiVersion: 'batch/v1', kind: 'Job', metadata: metadata('plain'), spec: { template } },
    {
      apiVersion: 'batch/v1',
      kind: 'Job',
      spec: { template },
      metadata: metadata('skaha-headless-adastra-aaaaaaaa', { ...look, 'skaha.platform': 'other' }),
    },
    {
      apiVersion: 'batch/v1',
      kind: 'Job',
      spec: { template },
      metadata: metadata('half', { 'skaha.session': 'aaaaaaaa' }),
    },
    { apiVersion: 'v1', kind: 'Secret', metadata: metadata('skaha-aaaaaaaa-secrets', look) },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata('skaha-user-adastra', look) },
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: metadata('own'),
      spec: { podSelector: {}, policyTypes: ['Ingress'] },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: metadata('page', look),
      spec: { ports: [{ port: 80 }] },
    },
  ];
  cluster.apply({ apiVersion: 'v1', kind: 'List', items: foreign });
}

test('a reset removes what its platform made on the cluster, and touches nothing else', async () => {
  const namespace = namespaceIn(cluster);
  const other = await left(namespace);
  makeForeign(namespace);
  const { data, own } = await left(namespace);
  const ours = new Set(own.map(named));
  expect(other.own.map(named).filter((name) => ours.has(name))).toEqual([]);
  const others = () => objectsIn(namespace).filter((one) => !ours.has(named(one)));
  const before = others().map(asMade);
  await resetPlatform(data);
  await until(() => objectsIn(namespace).every((one) => !ours.has(named(one))));
  expect(others().map(asMade)).toEqual(before);
});

test('a reset that may not remove what is on the cluster says which right it lacks, and removes nothing', async () => {
  const namespace = namespaceIn(cluster);
  const { data, own } = await left(namespace);
  const config = join(data, 'platform.yaml');
  const kubernetes = { kubeconfig: cluster.writeConfigFor('stranger'), namespace };
  writeFileSync(config, JSON.stringify({ runner: 'kubernetes', runners: { kubernetes } }));
  await expect(resetPlatform(data)).rejects.toMatchObject({
    code: 'platform.storage',
    message: expect.stringMatching(
      /jobs\.batch is forbidden: User "stranger" cannot deletecollection resource "jobs"/,
    ),
    hint: expect.stringContaining('reset the platform again'),
  });
  expect(objectsIn(namespace).map(named)).toEqual(expect.arrayContaining(own.map(named)));
  expect(existsSync(join(data, 'skaha.db'))).toBe(true);
});
