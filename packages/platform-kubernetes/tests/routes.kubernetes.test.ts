import { existsSync, readdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { RunnerBench } from '../../platform/tests/runners/set-up.js';
import { openKubernetes } from '../src/open.js';
import { namespaceIn, runnerFor, testCluster } from './cluster.js';

const cluster = testCluster({});
const host = 'skaha.example.org';

/** The kinds of the Gateway API, which Kueue is built with, too. */
function gatewayKinds(): string | undefined {
  const modules = process.env['GOMODCACHE'] ?? join(userInfo().homedir, 'go', 'pkg', 'mod');
  const folder = join(modules, 'sigs.k8s.io');
  const found = existsSync(folder) ? readdirSync(folder) : [];
  const newest = found
    .filter((name) => name.startsWith('gateway-api@'))
    .sort()
    .at(-1);
  return newest && join(folder, newest, 'config/crd/standard');
}

const page = (key: string, keepsPath: boolean) => ({
  kind: keepsPath ? 'notebook' : 'contributed',
  page: { port: 8888, socket: false, path: `/session/x/${key}`, keepsPath },
});

async function launched(config: object, keepsPath: boolean) {
  const namespace = namespaceIn(cluster);
  const bench = new RunnerBench(runnerFor(cluster, { namespace, ...config }));
  const runner = await bench.runner();
  onTestFinished(async () => {
    await (await bench.runner()).tidy(() => false);
  });
  await runner.recover([]);
  const run = { ...bench.run(['sleep', '60']), ...page('a1', keepsPath) };
  runner.launch(run);
  const names = (kind: string) =>
    cluster.kubectl(['-n', namespace, 'get', kind, '-o', 'name']).split('\n').filter(Boolean);
  const object = (kind: string) =>
    JSON.parse(cluster.kubectl(['-n', namespace, 'get', kind, '-o', 'json'])).items[0];
  await expect.poll(() => names('jobs').length, { timeout: 20_000 }).toBe(1);
  return { bench, namespace, run, runner, names, object };
}

test('an Ingress leads to the page of a session, and goes with it', async () => {
  const ingressClass = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata: { name: 'web' },
    spec: { controller: 'example.org/web' },
  };
  cluster.apply(ingressClass);
  const ingress = {
    className: 'web',
    tlsSecret: 'skaha-tls',
    annotations: { 'example.org/a': '1' },
  };
  const { run, runner, names, object } = await launched({ route: { host, ingress } }, true);
  await expect.poll(() => names('ingress').length, { timeout: 20_000 }).toBe(1);
  const [job, service, made] = [object('jobs'), object('services'), object('ingress')];
  const owner = { kind: 'Job', name: job.metadata.name, uid: job.metadata.uid };
  expect(service).toMatchObject({
    metadata: { ownerReferences: [owner], labels: { 'canfar.net/username': 'ada' } },
    spec: { selector: { 'skaha.session': run.key }, ports: [{ port: 80, targetPort: 8888 }] },
  });
  expect(made.metadata).toMatchObject({
    ownerReferences: [owner],
    annotations: { 'example.org/a': '1' },
  });
  expect(made.spec).toMatchObject({
    ingressClassName: 'web',
    tls: [{ hosts: [host], secretName: 'skaha-tls' }],
    rules: [{ host, http: { paths: [{ path: '/session/x/a1', pathType: 'Prefix' }] } }],
  });
  const { backend } = made.spec.rules[0].http.paths[0];
  expect(backend.service).toEqual({ name: service.metadata.name, port: { number: 80 } });
  await runner.terminate(run);
  await runner.purge(run.key);
  await expect.poll(() => names('ingress,services').length, { timeout: 40_000 }).toBe(0);
});

test('what leads to a page is made although its platform died right after it made the Job', async () => {
  const { bench, namespace, run, runner, names } = await launched(
    { route: { host, ingress: {} } },
    true,
  );
  await expect.poll(() => names('ingress,services').length, { timeout: 20_000 }).toBe(2);
  await runner.close();
  cluster.kubectl(['-n', namespace, 'delete', 'ingress,services', '--all']);
  const second = await bench.runner();
  expect(await bench.recover(run, second)).toMatchObject({ state: 'pending' });
  await expect.poll(() => names('ingress,services').length, { timeout: 20_000 }).toBe(2);
});

test('a page that does not know its path stays with the platform unless something takes it away', async () => {
  const plain = await launched({ route: { host, ingress: {} } }, false);
  const strip = { annotations: { 'example.org/strip': 'yes' } };
  const { names, object } = await launched({ route: { host, ingress: { strip } } }, false);
  await expect.poll(() => names('ingress').length, { timeout: 20_000 }).toBe(1);
  expect(object('ingress').metadata.annotations).toEqual(strip.annotations);
  expect(plain.names('ingress,services')).toEqual([]);
});

test('what is not there is told before anything is run', async () => {
  const namespace = namespaceIn(cluster);
  const open = async (route: object) =>
    await openKubernetes({ kubeconfig: cluster.kubeconfig, namespace, route: { host, ...route } });
  expect(await open({ ingress: { className: 'none' } })).toEqual({
    obstacle: 'the cluster has no IngressClass none, to which the configuration refers',
  });
  expect(await open({ gateway: { name: 'front' } })).toEqual({
    obstacle: expect.stringMatching(/cluster has no httproutes of gateway.networking.k8s.io\/v1$/),
  });
  const token = cluster.kubectl(['-n', namespace, 'create', 'token', 'default']).trim();
  const kubeconfig = cluster.writeConfigFor('nobody', { token });
  const config = { kubeconfig, namespace, route: { host, ingress: {} } };
  expect(await openKubernetes(config)).toEqual({
    obstacle: expect.stringMatching(/create, patch, delete on ingresses \(networking\.k8s\.io\)/),
  });
});

const kinds = gatewayKinds();
if (kinds === undefined) {
  process.stderr.write('skipped: the Gateway API is not in the cache of Go modules\n');
}

test.skipIf(kinds === undefined)(
  'an HTTPRoute leads to a page, and takes its path away',
  async () => {
    cluster.kubectl(['apply', '--server-side', '-f', kinds ?? '']);
    const kind = [
      'wait',
      '--for=condition=Established',
      'crd/httproutes.gateway.networking.k8s.io',
    ];
    cluster.kubectl(kind);
    const namespace = namespaceIn(cluster);
    const missing = { host, gateway: { name: 'front', namespace } };
    const obstacle = await openKubernetes({
      kubeconfig: cluster.kubeconfig,
      namespace,
      route: missing,
    });
    expect(obstacle).toEqual({
      obstacle: `the namespace ${namespace} has no Gateway front, to which the configuration refers`,
    });
    const listeners = [
      { name: 'web', port: 443, protocol: 'HTTPS', tls: { certificateRefs: [{ name: 'tls' }] } },
    ];
    cluster.apply({
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata: { name: 'front', namespace },
      spec: { gatewayClassName: 'any', listeners },
    });
    const gateway = { name: 'front', namespace, section: 'web' };
    const { names, object, run, runner } = await launched({ route: { host, gateway } }, false);
    await expect.poll(() => names('httproutes').length, { timeout: 20_000 }).toBe(1);
    const { spec } = object('httproutes');
    expect(spec).toMatchObject({
      parentRefs: [{ name: 'front', namespace, sectionName: 'web' }],
      hostnames: [host],
      rules: [
        {
          matches: [{ path: { type: 'PathPrefix', value: '/session/x/a1' } }],
          filters: [{ type: 'URLRewrite' }],
          backendRefs: [{ name: object('services').metadata.name, port: 80 }],
        },
      ],
    });
    await runner.terminate(run);
  },
);
