import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { connect, type PeerCertificate } from 'node:tls';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { parse } from 'yaml';
import { until } from '../../platform/tests/fixtures.js';
import { PostgresServer, postgresObstacle } from '../../platform-postgres/tests/server.mjs';
import { namespaceIn, testCluster } from './cluster.js';
import { chart, deploy, helmFor } from './helm.js';
import { localVolume, PlatformInside } from './in-cluster.js';
import { fillWithNode, writeImage } from './lab/images.mjs';
import { writePlatformImage } from './lab/platform-image.mjs';
import { otherPod, type Peered, Policies } from './policies.js';

/** An image whose own command serves a page. */
const pageImage = 'images.canfar.net/tests/page:1';
const serve =
  "require('http').createServer((q, r) => r.end('the page at ' + q.url)).listen(process.env.PORT)";
const image = 'images.canfar.net/skaha/terminal:1.1.2';
const cluster = testCluster({ images: [image], network: true });

beforeAll(async () => {
  const archive = join(cluster.folder, 'platform.tar');
  const names = ['docker.io/library/skaha-platform:0.1.0', 'docker.io/library/skaha-platform:next'];
  await writePlatformImage(archive, names, cluster.busybox);
  cluster.importImage(archive);
  const pages = join(cluster.folder, 'page.tar');
  const fill = (folder: string) => fillWithNode(folder, cluster.busybox);
  writeImage(pages, [pageImage], fill, ['node', '-e', serve]);
  cluster.importImage(pages);
}, 300_000);

/** A namespace whose administrator lets in only what has no privilege at all. */
function restricted(): string {
  const namespace = namespaceIn(cluster);
  const level = 'pod-security.kubernetes.io/enforce=restricted';
  cluster.kubectl(['label', 'namespace', namespace, level]);
  onTestFinished(() => {
    // What is left running would take the room of the next test.
    cluster.kubectl(['delete', 'namespace', namespace, '--wait=false']);
    const all = ['delete', 'pods', '--all', '--force', '--grace-period=0'];
    cluster.kubectl(['-n', namespace, ...all]);
  });
  return namespace;
}

const headless = (name: string, cmd: string, args: string) => ({
  name,
  image,
  type: 'headless',
  cmd,
  // The API splits at spaces.
  args,
});
const sleeping = (name: string) => headless(name, 'sleep', '600');
const modeOf = (path: string) => statSync(path).mode & 0o777;

test('a platform in a pod runs sessions with its own rights, and an update loses none', async () => {
  const namespace = restricted();
  const storage = localVolume(cluster, namespace, 'skaha-data');
  cluster.kubectl(['-n', namespace, 'apply', '--kustomize', join(deploy, 'kustomize')]);
  const platform = new PlatformInside(cluster, namespace, 'skaha-platform');
  platform.ready();
  // So that a group may write to the volume, the kubelet gave it away.
  expect(statSync(storage)).toMatchObject({ uid: 0, gid: 1000 });
  expect(modeOf(storage)).toBe(0o775);
  const script = 'id -u;pwd;echo kept>file;cat file'.replaceAll(' ', '\t');
  const said = (await platform.create(headless('one', 'sh', `-c ${script}`))) ?? 'refused';
  // A small machine has no room for both.
  await platform.until(said, 'Completed');
  const lasting = (await platform.create(sleeping('two'))) ?? 'refused';
  await platform.until(lasting, 'Running');
  const { text: log } = await platform.ask('GET', `/skaha/v1/session/${said}?view=logs`);
  expect(log).toContain('1000\n/arc/home/admin\nkept');
  // Homes are folders of the claim.
  expect(readFileSync(join(storage, 'platform/arc/home/admin/file'), 'utf8')).toBe('kept\n');
  const pod = () => platform.kubectl('get', 'pods', '-l', `canfar.net/id=${lasting}`, '-o', 'name');
  const before = pod();
  const [page, itself] = [`canfar.net/id=${lasting}`, 'app.kubernetes.io/name=skaha-platform'].map(
    (label): Peered => platform.get('pods', '-l', label).items[0],
  );
  if (page === undefined || itself === undefined) throw new Error('there are no pods');
  const name = { 'app.kubernetes.io/name': 'skaha-platform' };
  const stranger = otherPod(cluster, namespace, 'stranger');
  const elsewhere = otherPod(cluster, namespaceIn(cluster), 'elsewhere', name);
  const policies = new Policies(cluster);
  expect([page, itself].map((from) => policies.letsIn(from, page))).toEqual([true, true]);
  expect([stranger, elsewhere].map((from) => policies.letsIn(from, page))).toEqual([false, false]);
  // As it does with all that is in a restored volume, and some drivers do at each mount.
  execFileSync('chmod', ['-R', 'g+rwX', storage]);
  platform.kubectl('set', 'image', 'deployment/skaha-platform', '*=skaha-platform:next');
  platform.ready();
  expect(modeOf(join(storage, 'platform/private/users/admin.token'))).toBe(0o600);
  await platform.until(lasting, 'Running');
  expect(await platform.status(said)).toBe('Completed');
  expect(pod()).toBe(before);
  await platform.ask('DELETE', `/skaha/v1/session/${lasting}`);
  await until(() => platform.kubectl('get', 'jobs', '-o', 'name').includes(lasting) === false);
}, 400_000);

/** The certificate that a server shows to whoever knows it by this name and trusts this authority. */
const certificateAt = (host: string, port: number, servername: string) =>
  new Promise<PeerCertificate>((resolve, reject) => {
    const ca = readFileSync(cluster.authority);
    const socket = connect({ host, port, servername, ca }, () => {
      resolve(socket.getPeerCertificate());
      socket.destroy();
    }).on('error', reject);
  });

test('a platform of the chart proves itself by a certificate of its own, and leads to pages at their pods', async () => {
  const namespace = restricted();
  localVolume(cluster, namespace, 'site-data');
  const [cert, key] = ['crt', 'key'].map((end) => join(cluster.folder, 'pki', `site.${end}`));
  const files = [`--cert=${cert}`, `--key=${key}`];
  cluster.kubectl(['-n', namespace, 'create', 'secret', 'tls', 'site-tls', ...files]);
  const images = [{ id: pageImage, types: ['contributed'] }];
  const values = join(cluster.folder, `${namespace}.json`);
  writeFileSync(
    values,
    JSON.stringify({ certificate: { secret: 'site-tls' }, settings: { images } }),
  );
  helmFor(cluster.kubeconfig)('install', 'site', chart, '-f', values, '--namespace', namespace);
  const platform = new PlatformInside(cluster, namespace, 'site-platform');
  platform.ready();
  const [endpoint] = platform.endpoints();
  if (endpoint === undefined) throw new Error('the Service leads nowhere');
  const shown = await certificateAt(endpoint.host, endpoint.port, 'skaha.example.org');
  expect(shown.subject.CN).toBe('skaha.example.org');
  const fields = { name: 'page', image: pageImage, type: 'contributed' };
  const id = (await platform.create(fields)) ?? 'refused';
  await platform.until(id, 'Running');
  // Its account has no right to lead there through the API server.
  expect(platform.kubectl('get', 'role', 'site-platform', '-o', 'yaml')).not.toContain(
    'portforward',
  );
  expect(await platform.ask('GET', `/session/contrib/${id}/a?b=1`)).toEqual({
    status: 200,
    text: 'the page at /a?b=1',
  });
  await platform.ask('DELETE', `/skaha/v1/session/${id}`);
}, 400_000);

/** Two platforms of which one works, as an administrator installs and updates them. */
interface Site {
  readonly service: string;
  readonly claim: string;
  /** @param url - of the database */
  install(namespace: string, url: string): void;
  update(namespace: string): void;
}

function siteOfChart(): Site {
  const helm = helmFor(cluster.kubeconfig);
  const values: string[] = [];
  return {
    service: 'site-platform',
    claim: 'site-data',
    install: (namespace, url) => {
      values.push(
        '--set=replicas=2',
        `--set=store.postgres.url=${url}`,
        '--set=store.postgres.existingSecret=skaha-postgres',
        `--namespace=${namespace}`,
      );
      helm('install', 'site', chart, ...values);
    },
    update: () => {
      helm('upgrade', 'site', chart, ...values, '--set', 'image.tag=next', '--wait');
    },
  };
}

function siteOfManifests(): Site {
  return {
    service: 'skaha-platform',
    claim: 'skaha-data',
    install: (namespace, url) => {
      const folder = join(cluster.folder, `${namespace}-overlay`);
      mkdirSync(folder);
      const settings = parse(readFileSync(join(deploy, 'kustomize/settings.yaml'), 'utf8'));
      settings.runners.kubernetes.replicas = {};
      writeFileSync(join(folder, 'settings.yaml'), JSON.stringify({ ...settings, store: url }));
      const base = relative(folder, join(deploy, 'kustomize'));
      const kustomization = {
        apiVersion: 'kustomize.config.k8s.io/v1beta1',
        kind: 'Kustomization',
        resources: [base],
        components: ['postgres', 'more-replicas'].map((name) => join(base, name)),
        configMapGenerator: [
          {
            name: 'skaha-platform',
            behavior: 'replace',
            files: ['platform.yaml=settings.yaml'],
          },
        ],
      };
      writeFileSync(join(folder, 'kustomization.yaml'), JSON.stringify(kustomization));
      cluster.kubectl(['-n', namespace, 'apply', '--kustomize', folder]);
    },
    update: (namespace) => {
      const words = ['set', 'image', 'deployment/skaha-platform', '*=skaha-platform:next'];
      cluster.kubectl(['-n', namespace, ...words]);
    },
  };
}

const reason = postgresObstacle === undefined ? '' : ` (skipped: ${postgresObstacle})`;

/** This machine, as pods see it. */
const machine = (): string => cluster.network?.machine ?? '';

describe.skipIf(postgresObstacle !== undefined)(`with PostgreSQL${reason}`, () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await PostgresServer.start();
    cluster.lead(machine(), server.port, server.port);
  });
  afterAll(async () => {
    await server?.stop();
  });

  test.each([
    ['the chart', siteOfChart],
    ['the manifests', siteOfManifests],
  ])(
    'of two pods of %s one works; killed and updated, they lose nothing and do nothing twice',
    async (_, siteOf) => {
      const site = siteOf();
      const namespace = restricted();
      const storage = localVolume(cluster, namespace, site.claim);
      const { name: database } = await server.newDatabase();
      const password = `--from-literal=password=${server.password}`;
      cluster.kubectl(['-n', namespace, 'create', 'secret', 'generic', 'skaha-postgres', password]);
      const url = `postgres://skaha@${machine()}:${server.port}/${database}?sslmode=disable`;
      const platform = new PlatformInside(cluster, namespace, site.service);
      site.install(namespace, url);
      platform.ready();
      const leaders = () => platform.endpoints().map(({ pod }) => pod);
      await expect.poll(leaders, { timeout: 30_000 }).toHaveLength(1);
      const [leader = ''] = leaders();
      const lasting = (await platform.create(sleeping('lasting'))) ?? 'refused';
      await platform.until(lasting, 'Running');
      const runs = () => platform.get('pods', '-l', `canfar.net/id=${lasting}`).items;
      const [{ metadata: before }] = runs();

      const acknowledged = [lasting];
      const createSome = async (prefix: string, most: number) => {
        for (let number = 0; number < most; number += 1) {
          const id = await platform.create(sleeping(`${prefix}-${number}`));
          if (id !== undefined) acknowledged.push(id);
        }
      };
      await createSome('first', 6);
      platform.kubectl('delete', 'pod', leader, '--force', '--grace-period=0', '--wait=false');
      await createSome('killed', 6);
      await expect
        .poll(leaders, { timeout: 60_000 })
        .toEqual([expect.not.stringContaining(leader)]);
      await createSome('second', 4);
      expect(acknowledged.length).toBeGreaterThanOrEqual(1 + 6 + 4);

      /** What is acknowledged is known, to the platform and to the database, each with one Job. */
      const account = async () => {
        // One that takes over answers once it has read what is in the database.
        const list = async () => JSON.parse((await platform.ask('GET', '/skaha/v1/session')).text);
        const listed = await vi.waitFor(list, { timeout: 60_000, interval: 250 });
        const known = listed.map(({ id }: { id: string }) => id).sort();
        expect(known).toEqual(expect.arrayContaining(acknowledged));
        const jobs = () =>
          platform
            .get('jobs')
            .items.map(
              ({ metadata }: never) => (metadata as typeof before).labels['canfar.net/id'],
            );
        await expect.poll(() => jobs().sort(), { timeout: 60_000 }).toEqual(known);
        const kept = await server.ask(database, 'SELECT key FROM skaha.sessions ORDER BY key');
        expect(kept.map(({ key }) => key)).toEqual(known);
        expect(runs().map(({ metadata }: never) => (metadata as typeof before).uid)).toEqual([
          before.uid,
        ]);
      };
      await account();

      site.update(namespace);
      platform.ready();
      await expect.poll(leaders, { timeout: 60_000 }).toHaveLength(1);
      await createSome('updated', 2);
      await account();
      expect(await platform.status(lasting)).toBe('Running');
      const file = join(storage, 'platform/arc/home/admin');
      expect(statSync(file)).toMatchObject({ uid: 1000 });
    },
    500_000,
  );
});
