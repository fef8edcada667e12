import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { image, layerOfLinks } from '../../../../platform-local/tests/container/engine.js';
import {
  skipWithoutPodman,
  startPodman,
  type TestPodman,
} from '../../../../platform-local/tests/container/podman.js';
import {
  startRegistry,
  type TestRegistry,
} from '../../../../platform-local/tests/container/registry.js';
import { resetPlatform } from '../../../src/control/reset.js';
import type { Platform, PlatformOptions } from '../../../src/types.js';
import {
  create,
  events,
  get,
  logs,
  post,
  roomy,
  send,
  temporaryDirectory,
  testPlatform,
  until,
  untilStatus,
} from '../../fixtures.js';

const skipped = skipWithoutPodman();

test('a platform whose sessions need an engine does not start without one', async () => {
  const socket = join(temporaryDirectory(), 'absent');
  const starting = testPlatform({ runner: 'container', config: { container: { socket } } });
  await expect(starting).rejects.toMatchObject({
    code: 'platform.start_failed',
    message: expect.stringContaining(`No container engine answers at ${socket}`),
  });
});

describe.skipIf(skipped)('a platform that runs containers', () => {
  let engine: TestPodman;
  let registry: TestRegistry;
  beforeAll(async () => {
    registry = await startRegistry(layerOfLinks(), 'ada:swordfish');
    engine = await startPodman([registry.host]);
  });
  afterAll(async () => {
    await engine.stop();
    await registry.stop();
  });

  /** The settings of a test's platform: one public image, one of a private registry. */
  const config = (): PlatformOptions['config'] => ({
    ...roomy,
    container: { ...engine.settings, mounts: [...(engine.settings.mounts ?? [])] },
    images: [
      { id: image, types: ['headless'] },
      { id: `${registry.host}/team/listed:1.0`, types: ['headless'] },
    ],
  });
  const open = async (data = temporaryDirectory()): Promise<Platform> =>
    await testPlatform({ runner: 'container', config: config(), data });

  test('a session is created, run and told about as on a cluster', async () => {
    const platform = await open();
    writeFileSync(join(platform.home, 'job.sh'), 'id -un; pwd; echo "$BAND" > made; exit 3\n');
    const id = await create(platform, { image, cmd: '/bin/sh', args: 'job.sh', env: 'BAND=r' });
    await untilStatus(platform, id, 'Failed');
    expect(await logs(platform, id)).toBe('adastra\n/arc/home/adastra\n');
    expect(readFileSync(join(platform.home, 'made'), 'utf8')).toBe('r\n');
    const reasons = [...(await events(platform, id)).matchAll(/^\w+ +(\w+)/gm)].map(([, r]) => r);
    expect(reasons).toEqual([
      'REASON',
      'Credentials',
      'Scheduled',
      'Pulled',
      'Created',
      'Started',
      'Failed',
    ]);
  });

  test('sessions of one user reach each other at the address that each is told; others do not', async () => {
    const container = { ...engine.settings, mounts: [...(engine.settings.mounts ?? [])] };
    const own = { ...roomy, images: [{ id: image, types: ['headless'] }] };
    const platform = await testPlatform({
      runner: 'container',
      config: { ...own, container: { ...container, network: undefined } },
      data: temporaryDirectory(),
    });
    const server = `import os, socket
s = socket.create_server(("", 7000))
print(os.environ["skaha_hostname"], flush=True)
while True:
    s.accept()[0].sendall(b"here")
`;
    const client = `import socket, sys
try:
    print(socket.create_connection((sys.argv[1], 7000), 3).makefile().read())
except OSError:
    print("refused")
`;
    const home = join(platform.home, '..', platform.users[1]?.name ?? '');
    mkdirSync(home, { recursive: true });
    writeFileSync(join(platform.home, 'server.sh'), `hostname -i\nexec python3 -c '${server}'\n`);
    for (const folder of [platform.home, home]) {
      writeFileSync(join(folder, 'client.sh'), `exec python3 -c '${client}' "$1"\n`);
    }
    const listening = await create(platform, { image, cmd: '/bin/sh', args: 'server.sh' });
    const said = await until(async () => {
      const lines = (await logs(platform, listening)).trim().split('\n');
      return lines.length === 2 ? lines : undefined;
    });
    expect(new Set(said).size).toBe(1);
    const asking = { image, cmd: '/bin/sh', args: `client.sh ${said[0]}` };
    const friend = await create(platform, asking);
    await untilStatus(platform, friend, 'Completed');
    expect(await logs(platform, friend)).toBe('here\n');
    const sending = { token: platform.users[1]?.token };
    const stranger = await create(platform, asking, sending);
    const log = `/skaha/v1/session/${stranger}?view=logs`;
    await until(async () => (await send(platform, 'GET', log, sending)).body === 'refused\n');
  });

  test('a private image is pulled with the login of the request, which leaves no trace', async () => {
    const data = temporaryDirectory();
    const platform = await open(data);
    const secret = { image: registry.image, args: 'a b' };
    expect((await post(platform, secret)).body).toContain('No authentication provided');
    const header = (login: string) => ({
      headers: { 'x-skaha-registry-auth': Buffer.from(login).toString('base64') },
    });
    const wrong = await create(platform, secret, header('eve:rosebud'));
    await until(async () => (await events(platform, wrong)).includes('ImagePullBackOff'));
    expect((await get(platform, wrong))?.status).toBe('Pending');
    const right = await create(platform, secret, header('ada:swordfish'));
    await untilStatus(platform, right, 'Completed');
    expect(await logs(platform, right)).toBe('own a b\n');
    expect(existsSync(join(data, 'sessions', right, 'registry-login'))).toBe(false);
    await platform.stop();
    const kept = readdirSync(data, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'));
    for (const word of ['swordfish', 'rosebud']) {
      expect(kept.some((text) => text.includes(word))).toBe(false);
    }
  });

  test('a session whose image cannot be pulled yet is pulled and run by the next platform', async () => {
    const data = temporaryDirectory();
    const first = await open(data);
    registry.offers = false;
    const login = Buffer.from('ada:swordfish').toString('base64');
    const headers = { 'x-skaha-registry-auth': login };
    const id = await create(first, { image: registry.image }, { headers });
    await until(async () => (await events(first, id)).includes('ErrImagePull'));
    await first.stop({ sessions: 'leave' });
    registry.offers = true;
    const second = await open(data);
    await untilStatus(second, id, 'Completed');
    expect(await logs(second, id)).toBe('own words\n');
  });

  test('sessions go on without the platform, and a reset ends them', async () => {
    const data = temporaryDirectory();
    const first = await open(data);
    writeFileSync(join(first.home, 'job.sh'), 'echo up; exec sleep 600\n');
    const id = await create(first, { image, cmd: '/bin/sh', args: 'job.sh' });
    await until(async () => (await logs(first, id)) === 'up\n');
    await first.stop({ sessions: 'leave' });
    const second = await open(data);
    expect((await get(second, id))?.status).toBe('Running');
    expect(await logs(second, id)).toBe('up\n');
    await second.stop({ sessions: 'leave' });
    const containers = async () => (await engine.docker.listContainers()).length;
    expect(await containers()).toBe(1);
    writeFileSync(
      join(data, 'platform.yaml'),
      JSON.stringify({ container: { socket: engine.settings.socket } }),
    );
    await resetPlatform(data);
    expect(await containers()).toBe(0);
  });
});
