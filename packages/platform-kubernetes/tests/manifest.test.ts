import { expect, test } from 'vitest';
import { registryOf } from '../src/launching.js';
import { jobOf, registrySecret, secretsOf } from '../src/manifest.js';
import { policyOf } from '../src/user-objects.js';
import { planOf, runOf } from './runs.js';

const podOf = (...args: Parameters<typeof jobOf>) => {
  const spec = jobOf(...args).spec?.template.spec;
  const container = spec?.containers[0];
  if (spec === undefined || container === undefined) throw new Error('there is no pod');
  return { spec, container };
};

test('a session is a Job that runs one pod once, with the labels of the real platform', () => {
  const { metadata, spec } = jobOf(runOf(), planOf());
  expect(metadata.name).toBe('skaha-headless-ada-abcd1234');
  expect(metadata.labels).toMatchObject({
    'canfar.net/id': 'abcd1234',
    'canfar.net/username': 'ada',
    'canfar.net/name': 'reduce',
    'canfar.net/kind': 'headless',
    'canfar.net/flavor': 'fixed',
    'app.kubernetes.io/managed-by': 'skaha-platform',
    'skaha.platform': 'one',
    'skaha.session': 'abcd1234',
  });
  expect(spec).toMatchObject({ backoffLimit: 0, activeDeadlineSeconds: 3600 });
  expect(spec?.suspend).toBeUndefined();
  expect(spec?.template.spec.restartPolicy).toBe('Never');
  expect(spec?.template.metadata?.labels).toEqual(metadata.labels);
});

test.each(['notebook', 'desktop', 'desktop-app', 'contributed'])(
  'a %s is started again when it fails',
  (kind) => {
    const { spec } = jobOf(runOf({ kind }), planOf());
    expect(spec).toMatchObject({
      backoffLimit: 6,
      template: { spec: { restartPolicy: 'OnFailure' } },
    });
  },
);

test('it has its owner’s number, no privilege and no account of the cluster', () => {
  const { spec, container } = podOf(runOf(), planOf());
  expect(spec.securityContext).toEqual({
    runAsUser: 10_001,
    runAsGroup: 10_001,
    runAsNonRoot: true,
    supplementalGroups: [20_001],
    seccompProfile: { type: 'RuntimeDefault' },
  });
  expect(container.securityContext).toEqual({
    allowPrivilegeEscalation: false,
    privileged: false,
    capabilities: { drop: ['ALL'] },
  });
  expect(spec).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false });
  const root = podOf(runOf({ uid: 0 }), planOf({}, { ownUid: 0 })).spec;
  expect(root.securityContext?.runAsUser).toBe(61_000);
  const other = podOf(runOf(), planOf({}, { ownUid: 1234 })).spec;
  expect(other.securityContext?.runAsUser).toBe(1234);
});

test('fixed and flexible sessions, and graphics processors', () => {
  const flexible = runOf({ requests: { cores: 0.25, memory: 2 ** 30 }, gpus: 2 });
  const config = { gpu: { resource: 'amd.com/gpu', nodeSelector: { gpu: 'yes' } } };
  const { spec, container } = podOf(flexible, planOf(config));
  expect(container.resources).toEqual({
    requests: { cpu: '250m', memory: '1Gi', 'amd.com/gpu': '2' },
    limits: { cpu: '2', memory: '4Gi', 'amd.com/gpu': '2' },
  });
  expect(spec.nodeSelector).toEqual({ gpu: 'yes' });
  expect(jobOf(flexible, planOf()).metadata.labels).toMatchObject({
    'canfar.net/flavor': 'flexible',
    'canfar.net/accelerator': 'gpu',
  });
  expect(podOf(runOf(), planOf(config)).spec.nodeSelector).toBeUndefined();
});

test('words and values reach the session as they are', () => {
  const odd = ['$(HOME)', '$$', 'a b', ''];
  const run = runOf({ command: ['printf', ...odd], environment: { ODD: '$(PATH) $' } });
  const { container } = podOf(run, planOf());
  expect(container.command).toEqual(['printf']);
  expect(container.args).toEqual(['$$(HOME)', '$$$$', 'a b', '']);
  expect(container.env).toContainEqual({ name: 'ODD', value: '$$(PATH) $$' });
  const own = podOf(runOf({ command: [], args: ['x'] }), planOf()).container;
  expect(own.command).toBeUndefined();
  expect(own.args).toEqual(['x']);
});

test('secrets stand in no Job', () => {
  const run = runOf({ secrets: { JUPYTER_TOKEN: 'swordfish' } });
  expect(JSON.stringify(jobOf(run, planOf()))).not.toContain('swordfish');
  expect(podOf(run, planOf()).container.env).toContainEqual({
    name: 'JUPYTER_TOKEN',
    valueFrom: { secretKeyRef: { name: 'skaha-abcd1234-secrets', key: 'JUPYTER_TOKEN' } },
  });
  expect(secretsOf(run, planOf())).toMatchObject({
    metadata: { name: 'skaha-abcd1234-secrets' },
    stringData: { JUPYTER_TOKEN: 'swordfish' },
  });
  expect(secretsOf(runOf(), planOf())).toBeUndefined();
});

test('homes and projects lie in the storage of the configuration, scratch space beside it', () => {
  const volumes = [...runOf().volumes, { kind: 'project', name: 'survey' } as const];
  const storage = { claim: 'arc', folder: 'shared' };
  const { spec, container } = podOf(
    runOf({ volumes }),
    planOf({ storage, scratch: { size: '1Gi' } }),
  );
  expect(spec.volumes?.slice(0, 2)).toEqual([
    { name: 'storage', persistentVolumeClaim: { claimName: 'arc' } },
    { name: 'scratch', emptyDir: { sizeLimit: '1Gi' } },
  ]);
  expect(container.volumeMounts).toEqual(
    expect.arrayContaining([
      { name: 'storage', mountPath: '/arc/home/ada', subPath: 'shared/home/ada' },
      { name: 'storage', mountPath: '/arc/projects/survey', subPath: 'shared/projects/survey' },
      { name: 'scratch', mountPath: '/scratch' },
    ]),
  );
  const nfs = { server: 'files.example.org', path: '/arc' };
  expect(podOf(runOf(), planOf({ storage: { nfs } })).spec.volumes?.[0]).toEqual({
    name: 'storage',
    nfs,
  });
  expect(podOf(runOf(), planOf()).spec.volumes?.[0]?.hostPath).toEqual({
    path: '/data/home',
    type: 'Directory',
  });
});

test('a queue by kind, a user’s own first; Kueue lets the Job go', () => {
  const kueue = {
    queue: { headless: 'batch', default: 'people' },
    users: { eve: 'eves' },
    priorityClass: { notebook: 'high' },
  };
  const queueOf = (more: Parameters<typeof runOf>[0]) => {
    const { metadata, spec } = jobOf(runOf(more), planOf({ kueue }));
    return [metadata.labels?.['kueue.x-k8s.io/queue-name'], spec?.suspend];
  };
  expect(queueOf({})).toEqual(['batch', true]);
  expect(queueOf({ kind: 'notebook' })).toEqual(['people', true]);
  expect(queueOf({ user: 'eve' })).toEqual(['eves', true]);
  const notebook = jobOf(runOf({ kind: 'notebook' }), planOf({ kueue }));
  expect(notebook.metadata.labels?.['kueue.x-k8s.io/priority-class']).toBe('high');
});

test('names that Kubernetes would not take are made ones that it does', () => {
  const run = runOf({
    job: 'Skaha_app--x.y',
    user: 'ada.lovelace',
    name: '-x_',
    key: 'abcd1234-xyz',
    appId: 'xyz',
  });
  const { metadata, spec } = jobOf(run, planOf());
  expect(metadata.name).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
  for (const value of Object.values(metadata.labels ?? {})) {
    expect(value).toMatch(/^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/);
  }
  expect(spec?.template.spec.hostname).toBeUndefined();
  expect(spec?.template.spec.affinity?.podAffinity).toBeDefined();
  const another = jobOf({ ...run, job: 'Skaha-app--x.y' }, planOf());
  expect(another.metadata.name).not.toBe(metadata.name);
});

test('the login of a registry opens that registry and no other', () => {
  expect(registryOf('images.canfar.net/skaha/x:1')).toBe('images.canfar.net');
  expect(registryOf('localhost/x:1')).toBe('localhost');
  expect(registryOf('ubuntu:24.04')).toBe('https://index.docker.io/v1/');
  expect(registryOf('library/ubuntu:24.04')).toBe('https://index.docker.io/v1/');
  const login = { username: 'ada', secret: 'swordfish' };
  const secret = registrySecret('abcd1234', 'images.canfar.net', login, 'one');
  expect(JSON.parse(secret.stringData?.['.dockerconfigjson'] ?? '')).toEqual({
    auths: {
      'images.canfar.net': {
        username: 'ada',
        password: 'swordfish',
        auth: Buffer.from('ada:swordfish').toString('base64'),
      },
    },
  });
});

test.each([
  ['by its name, where nobody says more', {}, { 'app.kubernetes.io/name': 'skaha-platform' }],
  ['by the labels of the configuration', { platformLabels: { app: 'mine' } }, { app: 'mine' }],
])('sessions let in the platform %s', (_, config, matchLabels) => {
  const { settings } = planOf(config);
  const own = { matchLabels: { 'skaha.platform': 'one', 'canfar.net/username': 'ada' } };
  const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': 'home' } };
  expect(policyOf('ada', 'one', { home: 'home', settings })).toEqual({
    podSelector: own,
    policyTypes: ['Ingress'],
    ingress: [
      { from: [{ podSelector: own }, { namespaceSelector, podSelector: { matchLabels } }] },
    ],
  });
  const outside = policyOf('ada', 'one', { home: undefined, settings });
  expect(outside.ingress).toEqual([{ from: [{ podSelector: own }] }]);
});
