import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { post, send, testPlatform } from '../../platform/tests/fixtures.js';
import { namespaceIn, testCluster } from './cluster.js';

const cluster = testCluster({ simulatedNodes: 2 });
const image = 'images.canfar.net/skaha/terminal:1.1.2';

const quota = {
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name: 'all' },
  spec: {
    hard: {
      'requests.cpu': '20',
      'requests.memory': '100Gi',
      'limits.cpu': '40',
      'requests.nvidia.com/gpu': '2',
    },
  },
};
const range = {
  apiVersion: 'v1',
  kind: 'LimitRange',
  metadata: { name: 'one' },
  spec: {
    limits: [
      {
        type: 'Container',
        min: { cpu: '500m', memory: '512Mi' },
        max: { cpu: '12', memory: '48Gi' },
        maxLimitRequestRatio: { cpu: '4' },
      },
    ],
  },
};
const simulated = {
  nodeSelector: { type: 'kwok' },
  tolerations: [{ key: 'kwok.x-k8s.io/node', operator: 'Exists' }],
};

const read = (...words: string[]) => JSON.parse(cluster.kubectl([...words, '-o', 'json'])).items;

test('what may be asked for is what the cluster gives, and more is refused before it is asked', async () => {
  const namespace = namespaceIn(cluster);
  const gpus = { 'nvidia.com/gpu': '4' };
  const status = JSON.stringify({ status: { allocatable: gpus, capacity: gpus } });
  for (const node of ['kwok-0', 'kwok-1']) {
    cluster.kubectl(['patch', 'node', node, '--subresource=status', '--type=merge', '-p', status]);
  }
  for (const object of [quota, range]) cluster.apply(object, ['-n', namespace]);
  const kubernetes = { kubeconfig: cluster.kubeconfig, namespace, ...simulated };
  const config = {
    images: [{ id: image, types: ['headless', 'notebook'], command: ['sleep', '60'] }],
    runners: { kubernetes },
  };
  const platform = await testPlatform({ runner: 'kubernetes', config });
  const context = JSON.parse((await send(platform, 'GET', '/skaha/v1/context')).body);
  expect(context).toMatchObject({
    cores: { options: Array.from({ length: 12 }, (_, index) => index + 1), defaultLimit: 8 },
    gpus: { options: [1, 2] },
  });
  expect(context.memoryGB.options.at(-1)).toBe(48);
  for (const [name, value] of [
    ['cores', '13'],
    ['ram', '56'],
    ['gpus', '3'],
  ] as const) {
    const refused = await post(platform, { image, [name]: value });
    expect(refused).toMatchObject({ status: 400, body: `Invalid value for '${name}': ${value}\n` });
  }
  // What nobody asked for is made to fit, too: a page is promised a quarter of a core elsewhere.
  const made = await post(platform, { image, type: 'notebook', name: 'fits' });
  expect(made.status).toBe(200);
  const jobs = () => read('-n', namespace, 'get', 'jobs');
  await expect.poll(() => jobs().length, { timeout: 20_000 }).toBe(1);
  await expect.poll(() => read('-n', namespace, 'get', 'pods').length, { timeout: 20_000 }).toBe(1);
  const [{ spec }] = jobs();
  expect(spec.template.spec.containers[0].resources).toMatchObject({
    requests: { cpu: '500m' },
    limits: { cpu: '2' },
  });
  await platform.stop();
});

test('what the cluster says of itself is what the quick tests were made with', async () => {
  const namespace = namespaceIn(cluster);
  for (const object of [quota, range]) cluster.apply(object, ['-n', namespace]);
  const quotas = () => read('-n', namespace, 'get', 'resourcequotas');
  await expect.poll(() => quotas()[0].status.hard, { timeout: 20_000 }).toBeDefined();
  const recorded = {
    nodes: read('get', 'nodes', '-l', 'type=kwok').map(
      ({ metadata: { name, labels }, spec: { taints }, status: { allocatable } }: never) => ({
        metadata: { name, labels },
        spec: { taints },
        status: { allocatable },
      }),
    ),
    quotas: quotas().map(({ spec, status: { hard } }: never) => ({
      metadata: { name: 'all' },
      spec,
      status: { hard },
    })),
    ranges: read('-n', namespace, 'get', 'limitranges').map(({ spec }: never) => ({
      metadata: { name: 'one' },
      spec,
    })),
  };
  const file = fileURLToPath(new URL('./recorded/offer.json', import.meta.url));
  await expect(`${JSON.stringify(recorded, undefined, 2)}\n`).toMatchFileSnapshot(file);
});

test('nobody who may not see nodes, quotas and limits is kept from creating', async () => {
  const namespace = namespaceIn(cluster);
  const config = {
    images: [{ id: image, types: ['headless'], command: ['true'] }],
    runners: { kubernetes: { kubeconfig: leastOf(namespace), namespace } },
  };
  const platform = await testPlatform({ runner: 'kubernetes', config });
  const made = await post(platform, { image, cores: '16', ram: '64' });
  expect(made).toMatchObject({ status: 200 });
  await platform.stop();
});

/** A kubeconfig of the account in `deploy/`, without the leave to see quotas and limits. */
function leastOf(namespace: string): string {
  const kustomize = fileURLToPath(new URL('../../../deploy/kustomize', import.meta.url));
  cluster.kubectl(['-n', namespace, 'apply', '--kustomize', kustomize]);
  const role = JSON.parse(
    cluster.kubectl(['-n', namespace, 'get', 'role', 'skaha-platform', '-o', 'json']),
  );
  const rules = role.rules.filter(
    ({ resources }: { resources: string[] }) => !resources.includes('limitranges'),
  );
  cluster.apply({ ...role, rules }, ['-n', namespace]);
  onTestFinished(() => void cluster.kubectl(['-n', namespace, 'delete', 'deployment', '--all']));
  const token = cluster.kubectl(['-n', namespace, 'create', 'token', 'skaha-platform']).trim();
  return cluster.writeConfigFor('platform', { token });
}
