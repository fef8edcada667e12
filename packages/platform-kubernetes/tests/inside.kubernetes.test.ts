import { chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { until } from '../../platform/tests/fixtures.js';
import { namespaceIn, testCluster } from './cluster.js';
import { freePort } from './lab/cluster.mjs';
import { writePlatformImage } from './lab/platform-image.mjs';

const image = 'images.canfar.net/skaha/terminal:1.1.2';
const cluster = testCluster({ images: [image] });
const kustomize = fileURLToPath(new URL('../../../deploy/kustomize', import.meta.url));

beforeAll(async () => {
  const archive = join(cluster.folder, 'platform.tar');
  const names = ['docker.io/library/skaha-platform:0.1.0', 'docker.io/library/skaha-platform:next'];
  await writePlatformImage(archive, names, cluster.busybox);
  cluster.importImage(archive);
}, 300_000);

/** What this cluster has not: a network of pods, and storage that it makes by itself. */
function overlayFor(namespace: string, storage: string, port: number): string {
  const folder = join(cluster.folder, namespace);
  mkdirSync(folder);
  const api = new URL(cluster.server);
  const env = [
    { name: 'KUBERNETES_SERVICE_HOST', value: api.hostname },
    { name: 'KUBERNETES_SERVICE_PORT', value: api.port },
    { name: 'PLATFORM_PORT', value: String(port) },
    { name: 'PLATFORM_USER', value: 'ada' },
  ];
  const container = { name: 'platform', env, ports: [{ name: 'https', containerPort: port }] };
  const spec = { hostNetwork: true, containers: [container] };
  const claim = { storageClassName: '', volumeName: namespace };
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    namespace,
    resources: [relative(folder, kustomize), 'volume.yaml'],
    patches: [
      {
        target: { kind: 'Deployment' },
        patch: JSON.stringify([{ op: 'remove', path: '/spec/template/spec/containers/0/ports/0' }]),
      },
      {
        patch: JSON.stringify({
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: 'skaha-platform' },
          spec: { template: { spec } },
        }),
      },
      {
        patch: JSON.stringify({
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          metadata: { name: 'skaha-data' },
          spec: claim,
        }),
      },
    ],
  };
  const volume = {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: namespace },
    spec: {
      capacity: { storage: '20Gi' },
      accessModes: ['ReadWriteOnce'],
      storageClassName: '',
      hostPath: { path: storage },
    },
  };
  writeFileSync(join(folder, 'volume.yaml'), JSON.stringify(volume));
  writeFileSync(join(folder, 'kustomization.yaml'), JSON.stringify(kustomization));
  return folder;
}

/** A platform in the cluster, as its main user reaches it. */
class Inside {
  readonly #port: number;
  readonly #data: string;

  constructor(port: number, data: string) {
    this.#port = port;
    this.#data = data;
  }

  async ask(
    method: string,
    path: string,
    body?: string,
  ): Promise<{ status: number; text: string }> {
    const token = readFileSync(join(this.#data, 'private/users/ada.token'), 'utf8').trim();
    return await new Promise((resolve, reject) => {
      const outgoing = request({
        ...{ host: '127.0.0.1', port: this.#port, method, path, agent: false },
        // Its certificate lies in the volume, and is not what is tried here.
        rejectUnauthorized: false,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
        },
      });
      outgoing.on('error', reject);
      outgoing.on('response', (incoming) => {
        let text = '';
        incoming.on('data', (data: Buffer) => {
          text += data.toString('utf8');
        });
        incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, text }));
      });
      outgoing.end(body);
    });
  }

  async create(cmd: string, args: string): Promise<string> {
    const fields = { name: 'one', image, type: 'headless', cmd, args };
    const body = new URLSearchParams(fields).toString();
    const { status, text } = await this.ask('POST', '/skaha/v1/session', body);
    if (status !== 200) throw new Error(`a creation was answered with ${status}: ${text}`);
    return text.trim();
  }

  async status(id: string): Promise<string | undefined> {
    const { status, text } = await this.ask('GET', `/skaha/v1/session/${id}`);
    return status === 200 ? (JSON.parse(text) as { status: string }).status : undefined;
  }

  async until(id: string, wanted: string): Promise<void> {
    try {
      await until(async () => (await this.status(id).catch(() => undefined)) === wanted);
    } catch (cause) {
      const { text } = await this.ask('GET', `/skaha/v1/session/${id}?view=events`);
      throw new Error(`it is ${await this.status(id)}, not ${wanted}:\n${text}`, { cause });
    }
  }
}

test('a platform in a pod runs sessions with its own rights, and an update loses none', async () => {
  const namespace = namespaceIn(cluster);
  const storage = join(cluster.folder, `${namespace}-storage`);
  mkdirSync(storage);
  chownSync(storage, 1000, 1000);
  const port = await freePort();
  const inside = (...words: string[]) => cluster.kubectl(['-n', namespace, ...words]);
  cluster.kubectl(['apply', '--kustomize', overlayFor(namespace, storage, port)]);
  const ready = () =>
    inside('rollout', 'status', 'deployment/skaha-platform', '--timeout=60s', '--watch=true');
  try {
    ready();
  } catch (error) {
    const logs = inside('get', 'pods,events') + inside('logs', 'deployment/skaha-platform');
    throw new Error(logs, { cause: error });
  }
  const platform = new Inside(port, join(storage, 'platform'));
  const said = await platform.create(
    'sh',
    // The API splits at spaces.
    `-c ${'id -u;pwd;echo kept>file;cat file'.replaceAll(' ', '\t')}`,
  );
  // A small machine has no room for both.
  await platform.until(said, 'Completed');
  const lasting = await platform.create('sleep', '600');
  await platform.until(lasting, 'Running');
  const { text: log } = await platform.ask('GET', `/skaha/v1/session/${said}?view=logs`);
  expect(log).toContain('1000\n/arc/home/ada\nkept');
  // Homes are folders of the claim.
  expect(readFileSync(join(storage, 'platform/arc/home/ada/file'), 'utf8')).toBe('kept\n');
  const pod = inside('get', 'pods', '-l', `canfar.net/id=${lasting}`, '-o', 'name');
  inside('set', 'image', 'deployment/skaha-platform', 'platform=skaha-platform:next');
  ready();
  await platform.until(lasting, 'Running');
  expect(await platform.status(said)).toBe('Completed');
  expect(inside('get', 'pods', '-l', `canfar.net/id=${lasting}`, '-o', 'name')).toBe(pod);
  await platform.ask('DELETE', `/skaha/v1/session/${lasting}`);
  await until(() => inside('get', 'jobs', '-o', 'name').includes(lasting) === false);
}, 300_000);
