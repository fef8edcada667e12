import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { checkConfig } from '../../platform/src/config/file.js';
import { openKubernetes } from '../src/open.js';
import { readSettings } from '../src/settings.js';
import { namespaceIn, testCluster } from './cluster.js';
import { chart, deploy, helmFor } from './helm.js';

const cluster = testCluster({});

/** Whether the account of the manifests in a namespace may do something. */
function mayIn(namespace: string, verb: string, what: string, where = namespace): string {
  const [resource, ...group] = what.split('.');
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: {
      user: `system:serviceaccount:${namespace}:skaha-platform`,
      resourceAttributes: { namespace: where, verb, resource, group: group.join('.') },
    },
  };
  const words = ['create', '-f', '-', '-o', 'jsonpath={.status.allowed}'];
  return cluster.kubectl(words, JSON.stringify(review)) === 'true' ? 'yes' : 'no';
}

test('the manifests are accepted, and their account may do what a platform does, and no more', async () => {
  const namespace = namespaceIn(cluster);
  cluster.kubectl(['-n', namespace, 'apply', '--kustomize', join(deploy, 'kustomize')]);
  const objects = cluster.kubectl([
    '-n',
    namespace,
    'get',
    'deployment,service,pvc,role',
    '-o',
    'name',
  ]);
  expect(objects).toContain('deployment.apps/skaha-platform');
  const token = cluster.kubectl(['-n', namespace, 'create', 'token', 'skaha-platform']).trim();
  const kubeconfig = cluster.writeConfigFor('platform', { token });
  const networkPolicy = true;
  for (const pages of ['direct', 'forward']) {
    const opened = await openKubernetes({ kubeconfig, namespace, networkPolicy, pages });
    expect(opened).not.toHaveProperty('obstacle');
  }
  expect(mayIn(namespace, 'create', 'jobs.batch')).toBe('yes');
  expect(mayIn(namespace, 'get', 'secrets')).toBe('no');
  expect(mayIn(namespace, 'create', 'pods')).toBe('no');
  expect(mayIn(namespace, 'create', 'services')).toBe('no');
  expect(mayIn(namespace, 'create', 'jobs.batch', 'default')).toBe('no');
  expect(mayIn(namespace, 'list', 'nodes')).toBe('no');
});

test('the settings of the manifests are settings of a platform', () => {
  const text = readFileSync(join(deploy, 'kustomize', 'settings.yaml'), 'utf8');
  const [document] = parseAllDocuments(text);
  const settings = document?.toJS() as { runners: { kubernetes: unknown } };
  expect(readSettings(settings.runners.kubernetes)).toMatchObject({ networkPolicy: true });
});

/** The configuration in the objects that a chart made, read as a platform reads it. */
function configurationIn(made: string): {
  readonly identity?: unknown;
  readonly kubernetes: object;
} {
  const maps = parseAllDocuments(made).map(
    (document) => document.toJS() as { kind?: string; data?: Record<string, string> } | null,
  );
  const text = maps.find((one) => one?.kind === 'ConfigMap')?.data?.['platform.yaml'] ?? '';
  checkConfig(text, 'platform.yaml');
  const { identity, runners } = parse(text) as {
    identity?: unknown;
    runners: { kubernetes: object };
  };
  return { identity, kubernetes: readSettings(runners.kubernetes) };
}

const ingressRoute = { host: 'skaha.example.org', ingress: { tlsSecret: 'skaha-tls' } };
const gatewayRoute = { host: 'skaha.example.org', gateway: { name: 'front' } };
const oidc = { issuer: 'https://iam.example.org/', audience: 'skaha', access: ['skaha-users'] };
const shared = { accessMode: 'ReadWriteMany' };
const postgres = { url: 'postgres://skaha@db/skaha', existingSecret: 'skaha-postgres' };

/** What the values of the chart are changed to. */
interface Values {
  readonly oidc?: object;
  readonly replicas?: number;
  readonly ingress?: object;
  readonly settings?: { readonly runners: { readonly kubernetes: { readonly route: object } } };
  readonly [more: string]: unknown;
}

test.each<[string, Values]>([
  ['as it is', {}],
  ['with an Ingress', { ingress: { enabled: true, tlsSecret: 'skaha-tls' } }],
  ['with users of an issuer', { oidc, user: 'owner' }],
  ['with a certificate', { certificate: { secret: 'skaha-tls' } }],
  ['with replicas', { replicas: 2, storage: shared }],
  ['with PostgreSQL', { replicas: 2, store: { postgres } }],
  ['with routes by Ingress', { settings: { runners: { kubernetes: { route: ingressRoute } } } }],
  ['with routes by Gateway', { settings: { runners: { kubernetes: { route: gatewayRoute } } } }],
])(
  'the chart %s is accepted, and its account may do what its settings ask for',
  async (_, values) => {
    const namespace = namespaceIn(cluster);
    const helm = helmFor();
    const file = join(cluster.folder, `${namespace}.json`);
    writeFileSync(file, JSON.stringify(values));
    expect(helm('lint', '--strict', '-f', file, chart)).toContain('0 chart(s) failed');
    const made = helm('template', 'one', '-f', file, chart);
    cluster.kubectl(['-n', namespace, 'apply', '-f', '-'], made);
    const { identity, kubernetes } = configurationIn(made);
    expect(identity).toEqual(values.oidc && { oidc: values.oidc });
    expect('replicas' in kubernetes).toBe(values.replicas !== undefined);
    const found = (kind: string) =>
      JSON.parse(cluster.kubectl(['-n', namespace, 'get', kind, '-o', 'json'])).items;
    expect(found('deployments')[0].spec.replicas).toBe(values.replicas ?? 1);
    expect(found('ingresses')).toHaveLength(values.ingress === undefined ? 0 : 1);
    const token = cluster.kubectl(['-n', namespace, 'create', 'token', 'one-platform']).trim();
    const kubeconfig = cluster.writeConfigFor(`platform-${namespace}`, { token });
    const asInPod = { pages: 'direct', kubeconfig, namespace };
    const opened = await openKubernetes({ ...kubernetes, ...asInPod });
    // Of the Gateway API this cluster has nothing; what is missing beside it would be told first.
    if (values.settings?.runners.kubernetes.route === gatewayRoute)
      expect(opened).toEqual({
        obstacle: expect.stringContaining('the cluster has no httproutes'),
      });
    else expect(opened).not.toHaveProperty('obstacle');
  },
);

test.each(['one', 'two'])(
  'the sessions of release %s let in the platform of that release alone',
  (release) => {
    const made = helmFor()('template', release, chart);
    const { template } = parseAllDocuments(made)
      .map((document) => document.toJS())
      .find((one) => one?.kind === 'Deployment').spec;
    const { platformLabels } = configurationIn(made).kubernetes as { platformLabels: object };
    expect(platformLabels).toEqual(template.metadata.labels);
    expect(platformLabels).toHaveProperty(['app.kubernetes.io/instance'], release);
  },
);

test('a chart with replicas on storage of one node is refused', () => {
  const helm = helmFor();
  expect(() => helm('template', 'one', '--set', 'replicas=2', chart)).toThrow(
    'set storage.accessMode to ReadWriteMany',
  );
});

test.each([
  ['routes-ingress', { route: ingressRoute }, 'ingresses.networking.k8s.io'],
  ['routes-gateway', { route: gatewayRoute }, 'httproutes.gateway.networking.k8s.io'],
  ['more-replicas', { replicas: {} }, 'leases.coordination.k8s.io'],
  ['postgres', {}, 'jobs.batch'],
])('the component %s adds what its settings need', async (name, settings, kind) => {
  const namespace = namespaceIn(cluster);
  const folder = join(cluster.folder, `${namespace}-overlay`);
  mkdirSync(folder);
  const base = relative(folder, join(deploy, 'kustomize'));
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: [base],
    components: [join(base, name)],
  };
  writeFileSync(join(folder, 'kustomization.yaml'), JSON.stringify(kustomization));
  cluster.kubectl(['-n', namespace, 'apply', '--kustomize', folder]);
  expect(mayIn(namespace, 'create', kind)).toBe('yes');
  expect(mayIn(namespace, 'patch', 'pods')).toBe(name === 'more-replicas' ? 'yes' : 'no');
  if ('route' in settings) expect(mayIn(namespace, 'delete', 'services')).toBe('yes');
  const token = cluster.kubectl(['-n', namespace, 'create', 'token', 'skaha-platform']).trim();
  const kubeconfig = cluster.writeConfigFor(`platform-${namespace}`, { token });
  const opened = await openKubernetes({ ...settings, kubeconfig, namespace });
  if (name === 'routes-gateway') expect(opened).toHaveProperty('obstacle');
  else expect(opened).not.toHaveProperty('obstacle');
  const read = (what: string, path: string) =>
    cluster.kubectl(['-n', namespace, 'get', what, '-o', `jsonpath={${path}}`]);
  const isMore = name === 'more-replicas';
  expect(read('deployment/skaha-platform', '.spec.replicas')).toBe(isMore ? '2' : '1');
  expect(read('pvc/skaha-data', '.spec.accessModes[0]')).toBe(
    isMore ? 'ReadWriteMany' : 'ReadWriteOnce',
  );
  const isElsewhere = name === 'postgres';
  const container = '.spec.template.spec.containers[0]';
  const secret = `${container}.env[?(@.name=="PGPASSWORD")].valueFrom.secretKeyRef.name`;
  expect(read('deployment/skaha-platform', secret)).toBe(isElsewhere ? 'skaha-postgres' : '');
  const state = `${container}.volumeMounts[?(@.mountPath=="/data")].name`;
  expect(read('deployment/skaha-platform', state)).toBe(isElsewhere ? 'state' : '');
});
