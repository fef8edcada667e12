import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { IncomingMessage } from 'node:http';
import { connect as connectPlain, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { type BodyError, readBody } from '@skaha/service/body.js';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Platform, PlatformOptions } from '../../src/types.js';
import {
  create,
  discard,
  formType,
  openPlatform,
  roomy,
  send,
  testPlatform,
  until,
  untilStatus,
} from '../fixtures.js';
import { linkTo, page, config as pages, plainly } from '../proxy/web-app.js';

// What one client may take of the server. Each bound is made small here; the test then waits for
// the end of a connection, however long that takes on this machine.

type Server = NonNullable<NonNullable<Exclude<PlatformOptions['config'], string>>['server']>;

const bounded = (server: Server): Promise<Platform> =>
  testPlatform({ config: { ...roomy, server } });

const closing = <Kind extends Socket>(socket: Kind): Kind => {
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  return socket;
};

async function secure(platform: Platform): Promise<TLSSocket> {
  const ca = readFileSync(platform.ca);
  const socket = closing(connect({ host: '127.0.0.1', port: platform.port, ca }));
  await once(socket, 'secureConnect');
  return socket;
}

/** What comes until the server ends the connection. */
async function untilClosed(socket: Socket): Promise<string> {
  let reply = '';
  socket.on('data', (chunk: Buffer) => {
    reply += chunk.toString();
  });
  // What is written after its end is an error, of which it is closed as well.
  if (!socket.closed) await new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return reply;
}

const lists = async (platform: Platform) =>
  (await send(platform, 'GET', '/skaha/v1/session')).status;

/** It goes on, for whoever is quick enough: on a busy machine the test itself may not always be. */
const answersAgain = (platform: Platform) =>
  until(async () => (await lists(platform).catch(() => undefined)) === 200);

/** Requests for one session that came to an end, one way or the other. */
async function answered(platform: Platform): Promise<number> {
  const { body } = await send(platform, 'GET', '/metrics');
  const counts = body.matchAll(
    /^skaha_requests_total\{[^}]*route="\/skaha\/v1\/session\/\{id\}"[^}]*\} (\d+)$/gm,
  );
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

describe('time', () => {
  test('a connection on which no handshake comes is closed', async () => {
    const platform = await bounded({ handshakeMs: 100 });
    await untilClosed(closing(connectPlain(platform.port, '127.0.0.1')));
    await answersAgain(platform);
  });

  test('a connection on which nothing comes is closed', async () => {
    const platform = await bounded({ headMs: 100 });
    await untilClosed(await secure(platform));
    await answersAgain(platform);
  });

  test('a head that never ends is given up', async () => {
    const platform = await bounded({ headMs: 200 });
    const socket = await secure(platform);
    socket.write('GET /skaha/v1/session HTTP/1.1\r\nhost: localhost\r\n');
    const drip = setInterval(() => socket.write('x-slow: a\r\n'), 20);
    onTestFinished(() => clearInterval(drip));
    expect(await untilClosed(socket)).toMatch(/^HTTP\/1\.1 408 /);
  });

  test.each([
    ['/skaha/v1/session', 'application/x-www-form-urlencoded'],
    ['/skaha/v1/session', 'multipart/form-data; boundary=b'],
    ['/ac/login', 'application/x-www-form-urlencoded'],
    ['/iam/api/client-registration', 'application/json'],
  ])('a body that never ends is given up: %s as %s', async (path, type) => {
    const platform = await bounded({ requestMs: 300 });
    const socket = await secure(platform);
    socket.write(
      `POST ${path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${platform.token}\r\n` +
        `content-type: ${type}\r\ncontent-length: 4000\r\n\r\n`,
    );
    const drip = setInterval(() => socket.write('a'), 20);
    onTestFinished(() => clearInterval(drip));
    expect(await untilClosed(socket)).toMatch(/^HTTP\/1\.1 408 /);
    await answersAgain(platform);
  });

  test('a reply that nobody reads is given up', async () => {
    const platform = await bounded({ stallMs: 200 });
    const id = await create(platform, { cmd: 'head', args: '-c 64000000 /dev/zero' });
    await untilStatus(platform, id, 'Completed');
    const socket = await secure(platform);
    socket.pause();
    const before = await answered(platform);
    socket.write(
      `GET /skaha/v1/session/${id}?view=logs HTTP/1.1\r\nhost: localhost\r\n` +
        `authorization: Bearer ${platform.token}\r\n\r\n`,
    );
    await until(async () => (await answered(platform)) > before);
    let size = 0;
    socket.on('data', (chunk: Buffer) => {
      size += chunk.length;
    });
    socket.resume();
    await once(socket, 'close');
    expect(size).toBeLessThan(64_000_000);
  });

  test('a page that nobody reads is given up, and one that says nothing is not', async () => {
    const platform = await testPlatform({ config: { ...pages, server: { stallMs: 200 } } });
    const app = await page(platform);
    const ask = async (path: string): Promise<TLSSocket> => {
      const socket = await secure(platform);
      socket.write(
        `GET ${app.path}${path} HTTP/1.1\r\nhost: localhost\r\n` +
          `authorization: Bearer ${platform.token}\r\n\r\n`,
      );
      return socket;
    };
    const quiet = await ask('hold');
    quiet.resume();
    const unread = await ask('many?MiB=64');
    unread.pause();
    const held = async () => (await send(platform, 'GET', `${app.path}held`)).body;
    await until(async () => Number(await held()) === 1);
    // Only who writes learns of an end without reading; less often than the bound, which it renews.
    const knock = setInterval(() => unread.write('\r\n'), 1_000);
    onTestFinished(() => clearInterval(knock));
    await new Promise((resolve) => unread.once('close', resolve));
    expect(await held()).toBe('1');
    expect(quiet.destroyed).toBe(false);
  });

  test('what the API and the identity services read themselves has a bound of its own', async () => {
    const request = new IncomingMessage(closing(connectPlain(1, '127.0.0.1')));
    const slow = readBody(request, { bytes: 10, milliseconds: 1 });
    await expect(slow).rejects.toMatchObject({ status: 408 } satisfies Partial<BodyError>);
  });
});

describe('number', () => {
  test('connections that say nothing make room for those that do', async () => {
    const platform = await bounded({ connections: 8, handshakeMs: 60_000 });
    const silent = Array.from({ length: 40 }, () =>
      closing(connectPlain(platform.port, '127.0.0.1')),
    );
    await Promise.all(silent.map((socket) => once(socket, 'connect')));
    expect(await lists(platform)).toBe(200);
    const idle = await secure(platform);
    idle.write('GET /skaha/v1/session HTTP/1.1\r\nhost: localhost\r\n\r\n');
    await once(idle, 'data');
    const more = Array.from({ length: 40 }, () =>
      closing(connectPlain(platform.port, '127.0.0.1')),
    );
    await Promise.all(more.map((socket) => once(socket, 'connect')));
    expect(await lists(platform)).toBe(200);
    await untilClosed(idle);
  });

  test('connections whose requests never end make room for those that end', async () => {
    const platform = await bounded({ connections: 8 });
    for (let open = 0; open < 8; open += 1) {
      const socket = await secure(platform);
      socket.write(
        'POST /ac/login HTTP/1.1\r\nhost: localhost\r\n' +
          'content-type: application/x-www-form-urlencoded\r\ncontent-length: 50000\r\n\r\na',
      );
      await until(() => platform.requests.length > open);
    }
    expect(await lists(platform)).toBe(200);
  });

  test('connections to pages that say nothing make room for those that do', async () => {
    const platform = await testPlatform({ config: { ...pages, server: { connections: 8 } } });
    const app = await page(platform);
    const { port } = new URL(await linkTo(platform, app.id));
    const silent = Array.from({ length: 40 }, () =>
      closing(connectPlain(Number(port), '127.0.0.1')),
    );
    await Promise.all(silent.map((socket) => once(socket, 'connect')));
    for (const socket of silent) socket.resume();
    await until(() => silent.filter(({ destroyed }) => !destroyed).length <= 8);
    expect(await plainly(await linkTo(platform, app.id))).toMatchObject({ status: 302 });
  });

  test('a request that is under way is not cut for another one', async () => {
    const platform = await bounded({ connections: 2 });
    platform.faults.inject('slow,delayMs=300,path=/skaha/v1/image');
    const slow = send(platform, 'GET', '/skaha/v1/image');
    const other = send(platform, 'GET', '/skaha/v1/image');
    await until(() => platform.requests.length === 2);
    for (let turn = 0; turn < 10; turn += 1) closing(connectPlain(platform.port, '127.0.0.1'));
    expect([(await slow).status, (await other).status]).toEqual([200, 200]);
  });
});

describe('size', () => {
  let platform: Platform;

  beforeAll(async () => {
    const data = mkdtempSync(join(tmpdir(), 'skaha-bounds-'));
    platform = await openPlatform({ port: 0, user: 'adastra', runner: 'process', data });
    return async () => {
      await platform.stop();
      await discard(data);
    };
  });

  test('a body that says it is too large is not read', async () => {
    const paths = ['/skaha/v1/session', '/ac/login', '/device', '/token'];
    // Side by side: the server hears each client out for a while.
    const replies = paths.map(async (path) => {
      const socket = await secure(platform);
      socket.write(
        `POST ${path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${platform.token}\r\n` +
          'content-type: application/x-www-form-urlencoded\r\ncontent-length: 99999999\r\n\r\n',
      );
      const reply = await untilClosed(socket);
      expect(reply, path).toMatch(/^HTTP\/1\.1 413 /);
      expect(reply.toLowerCase(), path).toContain('connection: close');
    });
    await Promise.all(replies);
  });

  const patterns = ['1', ' ', '.', '"', '-', '/', '%', '=', '$', '\\', ',', ';', '1.', ' a', '\t'];
  const fields = ['cores', 'ram', 'gpus', 'type', 'name', 'image', 'action', 'status', 'view'];

  test.each(fields)('a long %s is refused before it is read', async (field) => {
    for (const pattern of patterns) {
      const all = { name: 'long', image: 'images.canfar.net/skaha/terminal:1.1.2', cmd: 'true' };
      const body = new URLSearchParams({ ...all, [field]: `${pattern.repeat(80_000)}x` });
      const answer = await send(platform, 'POST', '/skaha/v1/session', {
        headers: formType,
        body: body.toString().slice(0, 1_000_000),
      });
      expect(answer).toMatchObject({
        status: 400,
        body: `The parameter '${field}' is too long\n`,
      });
    }
  });
});
