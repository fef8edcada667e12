import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { SkahaClient } from 'skaha';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { rejection, type TestPlatform, testPlatform } from '../fixtures.js';

let world: TestPlatform;
let home: string;

beforeAll(async () => {
  world = await testPlatform();
  home = await mkdtemp(join(tmpdir(), 'skaha-socket-'));
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

let count = 0;
/** A private folder of this test's own. */
function folder(): string {
  count += 1;
  const path = join(home, String(count));
  mkdirSync(path, { mode: 0o700 });
  return path;
}

interface Setting {
  socket: string;
  url?: string;
  credential?: string;
}

/** A client of a context that names a socket. */
function clientOf({ socket, url = world.platform.url, credential }: Setting, extra = {}) {
  const { tokenFile, ca } = world.platform;
  const config = join(folder(), 'config.yaml');
  writeFileSync(
    config,
    `schema: skaha
version: 1
active: local
contexts:
  local: { server: local, credential: local }
servers:
  local: { url: "${url}", version: v1, ca: "${ca}", socket: "${socket}" }
credentials:
  local: ${credential ?? `{ mode: token, path: "${tokenFile}" }`}
`,
    { mode: 0o600 },
  );
  const client = new SkahaClient({ config, retries: 0, ...extra });
  onTestFinished(() => client.close());
  return client;
}

/** Counts who comes to a socket; answers nobody. */
async function trap(path: string, mode = 0o600): Promise<() => number> {
  let visitors = 0;
  const server = net.createServer((socket) => {
    visitors += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  chmodSync(path, mode);
  onTestFinished(() => void server.close());
  return () => visitors;
}

/** An address at which nothing answers, with the name of this machine. */
const nowhere = 'https://127.0.0.1:1/skaha';

const own = () => world.platform.socket ?? '';

describe('a server with a socket', () => {
  test('is reached by it alone, whatever is asked: lists, creates, logs as they come', async () => {
    const client = clientOf({ socket: own(), url: nowhere });
    expect(await client.sessions.fetch()).toEqual([]);
    const { ids } = await client.sessions.create({
      name: 'socket',
      kind: 'headless',
      image: 'skaha/terminal:1.1.2',
      cmd: 'seq',
      args: ['2'],
    });
    const lines: string[] = [];
    for await (const line of client.sessions.follow(ids[0] ?? '', { intervalMs: 20 }))
      lines.push(line);
    expect(lines).toEqual(['1\n', '2\n']);
    await client.sessions.destroy(ids);
  });

  test('keeps its connections', async () => {
    const path = join(folder(), 'api.sock');
    let connections = 0;
    const server = http.createServer((request, reply) => {
      reply.setHeader('content-type', 'application/json');
      reply.end(JSON.stringify([]), () => request.resume());
    });
    server.on('connection', () => {
      connections += 1;
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    chmodSync(path, 0o600);
    onTestFinished(() => void server.close());
    const client = clientOf({ socket: path, url: nowhere });
    for (let call = 0; call < 3; call += 1) await client.sessions.fetch();
    expect(connections).toBe(1);
    await client.close();
  });

  test('is reached over TCP when there is no socket, or nobody listens at it', async () => {
    expect(await clientOf({ socket: join(folder(), 'api.sock') }).sessions.fetch()).toEqual([]);
    expect(await clientOf({ socket: join(home, 'none/api.sock') }).sessions.fetch()).toEqual([]);
    const stale = join(folder(), 'api.sock');
    const script = `require('net').createServer().listen(${JSON.stringify(stale)}, () => console.log(1))`;
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    chmodSync(stale, 0o600);
    expect(lstatSync(stale).isSocket()).toBe(true);
    expect(await clientOf({ socket: stale }).sessions.fetch()).toEqual([]);
  });

  test('is judged by OpenSSL over TCP, also on this machine', async () => {
    const stranger = await testPlatform({}, 'own');
    onTestFinished(() => stranger[Symbol.asyncDispose]());
    const client = clientOf({ socket: join(folder(), 'none'), url: stranger.platform.url });
    const before = stranger.platform.requests.length;
    expect(await rejection(client.sessions.fetch())).toMatchObject({ code: 'transport.failure' });
    expect(stranger.platform.requests.length).toBe(before);
  });

  test('gets a client certificate, and is judged by an authority that was named, over TLS', async () => {
    const path = join(folder(), 'api.sock');
    const visitors = await trap(path);
    const credential = `{ mode: x509, path: "${world.platform.certificate}" }`;
    expect(await clientOf({ socket: path, credential }).sessions.fetch()).toEqual([]);
    const named = clientOf({ socket: path }, { ca: world.platform.ca });
    expect(await named.sessions.fetch()).toEqual([]);
    expect(visitors()).toBe(0);
  });
});

describe('a socket that others could have made', () => {
  const refusal = { code: 'transport.socket_untrusted', hint: expect.stringContaining('owner') };

  /** Neither the trap nor the server behind it hears anything. */
  async function isRefused(socket: string, visitors: () => number = () => 0) {
    const before = world.platform.requests.length;
    const error = await rejection(clientOf({ socket }).sessions.fetch());
    expect(error).toMatchObject(refusal);
    expect(String(error)).toContain(socket);
    expect(visitors()).toBe(0);
    expect(world.platform.requests.length).toBe(before);
  }

  test('is open to others, or in a folder that is', async () => {
    const path = join(folder(), 'api.sock');
    await isRefused(path, await trap(path, 0o666));
    for (const mode of [0o777, 0o750]) {
      const open = join(folder(), 'api.sock');
      const visitors = await trap(open);
      chmodSync(dirname(open), mode);
      await isRefused(open, visitors);
    }
  });

  test('is no socket: a file, a folder, a link to a socket, a folder behind a link', async () => {
    const file = join(folder(), 'api.sock');
    writeFileSync(file, '', { mode: 0o600 });
    await isRefused(file);
    const inside = join(folder(), 'api.sock');
    mkdirSync(inside, { mode: 0o700 });
    await isRefused(inside);
    const link = join(folder(), 'api.sock');
    symlinkSync(own(), link);
    await isRefused(link);
    const way = join(folder(), 'way');
    symlinkSync(dirname(own()), way);
    await isRefused(join(way, 'api.sock'));
  });

  test.skipIf(process.getuid?.() !== 0)('belongs to another user', async () => {
    const path = join(folder(), 'api.sock');
    const visitors = await trap(path);
    chownSync(path, 65_534, 65_534);
    await isRefused(path, visitors);
    const inside = join(folder(), 'api.sock');
    const others = await trap(inside);
    chownSync(dirname(inside), 65_534, 65_534);
    await isRefused(inside, others);
  });

  test('is looked at again for each connection', async () => {
    const path = join(folder(), 'api.sock');
    const server = http.createServer((_, reply) => {
      reply.setHeader('content-type', 'application/json').setHeader('connection', 'close');
      reply.end('[]');
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    chmodSync(path, 0o600);
    onTestFinished(() => void server.close());
    const client = clientOf({ socket: path });
    expect(await client.sessions.fetch()).toEqual([]);
    renameSync(path, `${path}.old`);
    const visitors = await trap(path, 0o666);
    expect(await rejection(client.sessions.fetch())).toMatchObject(refusal);
    expect(visitors()).toBe(0);
  });
});
