import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { lineLogger } from '@skaha/service/logger.js';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startPlatform } from '../src/platform.js';
import { systemUser } from '../src/users.js';
import {
  create,
  events,
  get,
  list,
  logs,
  post,
  roomy,
  send,
  temporaryDirectory,
  testPlatform,
  until,
  untilStatus,
} from './fixtures.js';

describe('starting', () => {
  test('it says where everything is, and every credential works', async () => {
    const platform = await testPlatform();
    expect(platform.url).toBe(`https://127.0.0.1:${platform.port}/skaha`);
    expect(platform.users.map(({ name }) => name)).toEqual(['adastra', 'guest']);
    expect(platform).toMatchObject({ user: 'adastra', pid: process.pid });
    expect(readFileSync(platform.tokenFile, 'utf8').trim()).toBe(platform.token);
    for (const user of platform.users) {
      for (const proof of [{ token: user.token }, { certificate: user.certificate }]) {
        const { headers } = await send(platform, 'GET', '/skaha/v1/context', proof);
        expect(headers['x-vo-authenticated']).toBe(user.name);
      }
      for (const path of [user.tokenFile, user.certificate]) {
        expect(statSync(path).mode & 0o777).toBe(0o600);
      }
      expect(existsSync(user.home)).toBe(true);
    }
    expect(new Set(platform.users.map(({ token }) => token)).size).toBe(2);
  });

  test('S30: only the loopback address is served', async () => {
    const platform = await testPlatform();
    const { networkInterfaces } = await import('node:os');
    const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    const outside = addresses.find(({ internal, family }) => !internal && family === 'IPv4');
    // The same port of another address of this machine is free, so that it can be listened on.
    await listenOn(platform.port, outside?.address ?? '127.0.0.2');
  });

  test('a port that is taken is refused by name when it was asked for', async () => {
    const port = await listenOn(0, '127.0.0.1');
    await expect(testPlatform({ port })).rejects.toMatchObject({
      name: 'SkahaError',
      code: 'platform.port_in_use',
      message: `Port ${port} is in use.`,
    });
  });

  test('the port of last time is taken again, and another one when it is busy', async () => {
    const data = temporaryDirectory();
    const first = await testPlatform({ data });
    const { port } = first;
    await first.stop();
    const second = await testPlatform({ data, port: undefined });
    expect(second.port).toBe(port);
    await second.stop();
    await listenOn(port, '127.0.0.1');
    const third = await testPlatform({ data, port: undefined });
    expect(third.port).not.toBe(port);
  });

  test('one directory has one platform', async () => {
    const { data } = await testPlatform();
    await expect(testPlatform({ data })).rejects.toMatchObject({
      code: 'platform.already_running',
    });
  });

  test('a start that fails leaves nothing behind that hinders the next', async () => {
    const data = temporaryDirectory();
    const port = await listenOn(0, '127.0.0.1');
    await expect(testPlatform({ data, port })).rejects.toHaveProperty('code');
    await expect(
      startPlatform({ data, signal: AbortSignal.abort(new Error('never mind')) }),
    ).rejects.toThrow('never mind');
    await testPlatform({ data });
  });

  test('the main user is remembered; earlier main users stay users', async () => {
    const data = temporaryDirectory();
    await (await testPlatform({ data, user: 'first' })).stop();
    const second = await testPlatform({ data, user: undefined });
    expect(second.user).toBe('first');
    await second.stop();
    const third = await testPlatform({ data, user: 'other' });
    expect(third.users.map(({ name }) => name)).toEqual(['other', 'first', 'guest']);
    await third.stop();
    await expect(testPlatform({ data, user: '../evil' })).rejects.toMatchObject({
      code: 'config.invalid',
    });
    expect(systemUser()).toMatch(/^[a-z][a-z0-9_-]*$/);
  });

  test('a damaged certificate or configuration is renewed or refused, never ignored', async () => {
    const data = temporaryDirectory();
    const first = await testPlatform({ data });
    const [{ certificate }] = first.users as [(typeof first.users)[0]];
    const ca = readFileSync(first.ca, 'utf8');
    await first.stop();
    writeFileSync(certificate, 'garbage');
    rmSync(first.ca);
    const second = await testPlatform({ data });
    expect(readFileSync(second.ca, 'utf8')).toBe(ca);
    expect((await send(second, 'GET', '/skaha/v1/context', { certificate })).status).toBe(200);
    await second.stop();
    writeFileSync(join(data, 'platform.yaml'), 'users: 7');
    await expect(testPlatform({ data, config: undefined })).rejects.toMatchObject({
      code: 'config.invalid',
      message: expect.stringContaining('users: expected array'),
    });
    writeFileSync(join(data, 'platform.yaml'), '');
    writeFileSync(join(data, 'skaha.db'), 'no database '.repeat(1000));
    await expect(testPlatform({ data })).rejects.toMatchObject({ code: 'platform.storage' });
  });
});

describe('storage that fails', () => {
  test('a home that cannot be made refuses the session in words, and keeps nothing', async () => {
    const platform = await testPlatform();
    rmSync(join(platform.data, 'arc'), { recursive: true });
    writeFileSync(join(platform.data, 'arc'), '');
    const answer = await post(platform, { cmd: 'true' });
    expect(answer).toMatchObject({
      status: 500,
      body: 'The platform cannot store the home directory: a file is where a directory should be\n',
    });
    expect(await list(platform)).toEqual([]);
  });

  test('a session whose files cannot be made fails and says why', async () => {
    const platform = await testPlatform();
    rmSync(join(platform.data, 'sessions'), { recursive: true });
    writeFileSync(join(platform.data, 'sessions'), '');
    const id = await create(platform, { cmd: 'true' });
    await untilStatus(platform, id, 'Failed');
    expect(await events(platform, id)).toContain('Cannot start the session: a file is where');
  });
});

describe('stopping', () => {
  test('it ends what runs and what waits, and the next platform still knows all of it', async () => {
    const data = temporaryDirectory();
    const config = { ...roomy, capacity: { cores: 1, memoryGiB: 2 } };
    const first = await testPlatform({ data, config });
    writeFileSync(join(first.home, 'long.sh'), 'echo hello; echo $$ > pid; sleep 600');
    const running = await create(first, { cmd: 'sh', args: 'long.sh' });
    await until(async () => (await logs(first, running)) === 'hello\n');
    const waiting = await create(first, { cmd: 'true' });
    await first.stop();
    await first.stop();
    await first.stopped;
    const pid = Number(readFileSync(join(first.home, 'pid'), 'utf8'));
    expect(() => process.kill(pid, 0)).toThrow();
    const second = await testPlatform({ data, config });
    for (const id of [running, waiting]) {
      expect(await get(second, id)).toMatchObject({ status: 'Failed' });
      expect(await events(second, id)).toContain('The platform was stopped');
    }
    expect(await logs(second, running)).toBe('hello\n');
  });

  test('leaving sessions lets them run on, and the next platform watches them', async () => {
    const data = temporaryDirectory();
    const config = { ...roomy, capacity: { cores: 1, memoryGiB: 2 } };
    const first = await testPlatform({ data, config });
    const wait = 'echo up; while [ ! -e go ]; do sleep 0.01; done; exit $CODE';
    writeFileSync(join(first.home, 'wait.sh'), wait);
    const running = await create(first, { cmd: 'sh', args: 'wait.sh', env: 'CODE=0' });
    await until(async () => (await logs(first, running)) === 'up\n');
    const waiting = await create(first, { cmd: 'sh', args: 'wait.sh', env: 'CODE=3' });
    await first.stop({ sessions: 'leave' });
    const second = await testPlatform({ data, config });
    expect(await get(second, running)).toMatchObject({ status: 'Running' });
    expect(await get(second, waiting)).toMatchObject({ status: 'Pending' });
    writeFileSync(join(second.home, 'go'), '');
    await untilStatus(second, running, 'Completed');
    await untilStatus(second, waiting, 'Failed');
  });

  test('a session that ended while nobody watched has its result', async () => {
    const data = temporaryDirectory();
    const first = await testPlatform({ data });
    writeFileSync(
      join(first.home, 'wait.sh'),
      'while [ ! -e go ]; do sleep 0.01; done; touch done',
    );
    const id = await create(first, { cmd: 'sh', args: 'wait.sh' });
    await untilStatus(first, id, 'Running');
    await first.stop({ sessions: 'leave' });
    writeFileSync(join(first.home, 'go'), '');
    await until(() => /^exit /m.test(readFileSync(join(data, 'sessions', `${id}.claim`), 'utf8')));
    const second = await testPlatform({ data });
    expect(await get(second, id)).toMatchObject({ status: 'Completed' });
  });

  test('no secret and no whole session id reaches the log', async () => {
    let log = '';
    const logger = lineLogger((line) => {
      log += line;
    });
    const platform = await testPlatform({ logger });
    const id = await create(platform, { cmd: 'echo', env: 'KEY=swordfish' });
    await untilStatus(platform, id, 'Completed');
    await send(platform, 'GET', '/skaha/v1/context', { token: 'wrong-token' });
    await platform.stop();
    expect(log).toContain('platform listens on');
    for (const secret of [platform.token, 'swordfish', 'wrong-token', id]) {
      expect(log).not.toContain(secret);
    }
  });
});

test('the log of the start names a command of an image that no session runs', async () => {
  let log = '';
  const logger = lineLogger((line) => {
    log += line;
  });
  const image = { id: 'images.canfar.net/me/desk:1', types: ['desktop'], command: ['xterm'] };
  const platform = await testPlatform({ logger, config: { images: [image] } });
  await platform.stop();
  expect(log).toContain(`${image.id} has no effect on a desktop`);
  expect(log).toContain('commands: { desktop: [...] }');
});

/** Takes a port until the end of the test. */
async function listenOn(port: number, host: string): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
  const address = server.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}
