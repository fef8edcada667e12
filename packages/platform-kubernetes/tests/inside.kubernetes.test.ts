import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { until } from '../../platform/tests/fixtures.js';
import { PostgresServer, postgresObstacle } from '../../platform-postgres/tests/server.mjs';
import { namespaceIn, testCluster } from './cluster.js';
import { chart, deploy, helmFor } from './helm.js';
import { localVolume, PlatformInside } from './in-cluster.js';
import { writePlatformImage } from './lab/platform-image.mjs';

const image = 'images.canfar.net/skaha/terminal:1.1.2';
const cluster = testCluster({ images: [image], network: true });

beforeAll(async () => {
  const archive = join(cluster.folder, 'platform.tar');
  const names = ['docker.io/library/skaha-platform:0.1.0', 'docker.io/library/skaha-platform:next'];
  await writePlatformImage(archive, names, cluster.busybox);
  cluster.importImage(archive);
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
  ...{ name, image, type: 'headless', cmd },
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

const reason = postgresObstacle === undefined ? '' : ` (skipped: ${postgresObstacle})`;

describe.skipIf(postgresObstacle !== undefined)(`the chart with PostgreSQL${reason}`, () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await PostgresServer.start();
  });
  afterAll(async () => {
    await server?.stop();
  });

  test('of two pods one works; killed and updated, they lose nothing and do nothing twice', async () => {
    const namespace = restricted();
    const storage = localVolume(cluster, namespace, 'site-data');
    const { name: database } = await server.newDatabase();
    const host = cluster.network?.machine ?? '';
    cluster.lead(host, server.port, server.port);
    const password = `--from-literal=password=${server.password}`;
    cluster.kubectl(['-n', namespace, 'create', 'secret', 'generic', 'skaha-postgres', password]);
    const helm = helmFor(cluster.kubeconfig);
    const url = `postgres://skaha@${host}:${server.port}/${database}?sslmode=disable`;
    const values = [
      ...['--set', 'replicas=2', '--set', `store.postgres.url=${url}`],
      ...['--set', 'store.postgres.existingSecret=skaha-postgres', '--namespace', namespace],
    ];
    const platform = new PlatformInside(cluster, namespace, 'site-platform');
    helm('install', 'site', chart, ...values);
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
    await expect.poll(leaders, { timeout: 60_000 }).toEqual([expect.not.stringContaining(leader)]);
    await createSome('second', 4);
    expect(acknowledged.length).toBeGreaterThanOrEqual(1 + 6 + 4);

    /** What is acknowledged is known, to the platform and to the database, each with one Job. */
    const account = async () => {
      const listed = JSON.parse((await platform.ask('GET', '/skaha/v1/session')).text);
      const known = listed.map(({ id }: { id: string }) => id).sort();
      expect(known).toEqual(expect.arrayContaining(acknowledged));
      const jobs = () =>
        platform
          .get('jobs')
          .items.map(({ metadata }: never) => (metadata as typeof before).labels['canfar.net/id']);
      await expect.poll(() => jobs().sort(), { timeout: 60_000 }).toEqual(known);
      const kept = await server.ask(database, 'SELECT key FROM skaha.sessions ORDER BY key');
      expect(kept.map(({ key }) => key)).toEqual(known);
      expect(runs().map(({ metadata }: never) => (metadata as typeof before).uid)).toEqual([
        before.uid,
      ]);
    };
    await account();

    helm('upgrade', 'site', chart, ...values, '--set', 'image.tag=next', '--wait');
    platform.ready();
    await expect.poll(leaders, { timeout: 60_000 }).toHaveLength(1);
    await createSome('updated', 2);
    await account();
    expect(await platform.status(lasting)).toBe('Running');
    const file = join(storage, 'platform/arc/home/admin');
    expect(statSync(file)).toMatchObject({ uid: 1000 });
  }, 500_000);
});
