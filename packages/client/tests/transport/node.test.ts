import { readFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ClientCertificate, Connection } from '../../src/runtime/types.js';
import { createNodeTransport } from '../../src/transport/node.js';
import { rejection, type TestPlatform, testPlatform, testServer } from '../fixtures.js';

const anonymous: Connection = {
  root: '',
  version: 'v1',
  credential: { mode: 'anonymous' },
  registries: {},
};

const request = (url: string, extra: object = {}) => ({
  method: 'GET' as const,
  url,
  headers: {},
  signal: new AbortController().signal,
  ...extra,
});

async function text(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('over plain HTTP', () => {
  test('method, headers and body go out, status, headers and body come back', async () => {
    await using server = await testServer(({ body }) => ({
      status: 201,
      headers: { 'X-Answer': 'yes' },
      body: `got ${body}`,
    }));
    const transport = createNodeTransport(anonymous, { concurrency: 2 });
    const reply = await transport.send(
      request(server.url, { method: 'POST', headers: { 'x-key': 'v' }, body: 'grüße' }),
    );
    expect(reply.status).toBe(201);
    expect(reply.header('x-answer')).toBe('yes');
    expect(reply.header('missing')).toBeUndefined();
    expect(await text(reply.body)).toBe('got grüße');
    expect(server.received[0]).toMatchObject({ method: 'POST', headers: { 'x-key': 'v' } });
    await transport.close();
  });

  test('connections are used again', async () => {
    let connections = 0;
    const server = http.createServer((_incoming, outgoing) => outgoing.end('ok'));
    server.on('connection', () => {
      connections += 1;
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const transport = createNodeTransport(anonymous, { concurrency: 2 });
    for (let index = 0; index < 3; index += 1) {
      await text((await transport.send(request(`http://127.0.0.1:${port}/`))).body);
    }
    expect(connections).toBe(1);
    await transport.close();
    server.close();
  });

  test('nothing can have reached a server that is not there', async () => {
    const server = await testServer(() => ({}));
    await server[Symbol.asyncDispose]();
    const transport = createNodeTransport(anonymous, { concurrency: 1 });
    expect(await rejection(transport.send(request(server.url)))).toMatchObject({
      name: 'TransportFailure',
      reason: 'ECONNREFUSED',
      mayHaveReached: false,
    });
    await transport.close();
  });

  test('something may have reached a server that hung up, on new and on used connections', async () => {
    await using server = await testServer((_request, count) => (count === 2 ? {} : 'drop'));
    const transport = createNodeTransport(anonymous, { concurrency: 1 });
    expect(await rejection(transport.send(request(server.url)))).toMatchObject({
      mayHaveReached: true,
    });
    await text((await transport.send(request(server.url))).body);
    expect(await rejection(transport.send(request(server.url)))).toMatchObject({
      mayHaveReached: true,
    });
    await transport.close();
  });

  test('a body that breaks off is a failure', async () => {
    await using server = await testServer(() => ({
      headers: { 'content-length': '100' },
      body: '',
    }));
    const transport = createNodeTransport(anonymous, { concurrency: 1 });
    const abort = new AbortController();
    const reply = await transport.send(request(server.url, { signal: abort.signal }));
    const reading = rejection(text(reply.body));
    const reason = new Error('enough');
    abort.abort(reason);
    expect(await reading).toBe(reason);
    await transport.close();
  });

  test('a signal that has aborted sends nothing', async () => {
    await using server = await testServer(() => ({}));
    const transport = createNodeTransport(anonymous, { concurrency: 1 });
    const reason = new Error('before');
    const signal = AbortSignal.abort(reason);
    expect(await rejection(transport.send(request(server.url, { signal })))).toBe(reason);
    expect(server.received).toEqual([]);
    await transport.close();
  });

  test('a closed transport refuses requests', async () => {
    const transport = createNodeTransport(anonymous, { concurrency: 1 });
    await transport.close();
    expect(await rejection(transport.send(request('http://127.0.0.1:9/')))).toMatchObject({
      reason: 'CLOSED',
      mayHaveReached: false,
    });
  });

  test('leaving the body early frees the connection', async () => {
    await using server = await testServer(() => ({ body: 'x'.repeat(1_000_000) }));
    const transport = createNodeTransport(anonymous, { concurrency: 1 });
    for await (const chunk of (await transport.send(request(server.url))).body) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    expect((await transport.send(request(server.url))).status).toBe(200);
    await transport.close();
  });
});

describe('over TLS', () => {
  let world: TestPlatform;
  let ca: string;
  beforeAll(async () => {
    world = await testPlatform();
    ca = await readFile(world.platform.ca, 'utf8');
  });
  afterAll(() => world[Symbol.asyncDispose]());

  const ask = (connection: Connection, extra: object = {}) => {
    const transport = createNodeTransport(connection, { concurrency: 2 });
    return transport
      .send(request(`${world.platform.url}/v1/repository`, extra))
      .finally(() => transport.close());
  };

  test('S11: a server of an unknown authority is refused before anything is sent', async () => {
    const before = world.platform.requests.length;
    expect(await rejection(ask(anonymous))).toMatchObject({
      name: 'TransportFailure',
      mayHaveReached: false,
    });
    expect(world.platform.requests.length).toBe(before);
  });

  test('an extra authority is trusted', async () => {
    expect((await ask({ ...anonymous, ca })).status).toBe(401);
  });

  test('a client certificate is presented, and loaded again when it changes', async () => {
    const paths = [world.platform.certificate, world.platform.users[1]?.certificate ?? ''];
    const pems = await Promise.all(paths.map((path) => readFile(path, 'utf8')));
    let pem = pems[0] ?? '';
    const read = async (): Promise<ClientCertificate> => ({
      pem,
      notBefore: new Date(0),
      notAfter: new Date(8.64e15),
    });
    const credential = { mode: 'x509' as const, runtime: true, path: 'c.pem', read };
    const transport = createNodeTransport({ ...anonymous, ca, credential }, { concurrency: 2 });
    const who = async (extra: object = {}) => {
      const reply = await transport.send(request(`${world.platform.url}/v1/repository`, extra));
      await text(reply.body);
      return reply.header('x-vo-authenticated');
    };
    expect(await who()).toBe('ada');
    expect(await who({ anonymous: true })).toBeUndefined();
    pem = pems[1] ?? '';
    expect(await who()).toBe(world.platform.users[1]?.name);
    await transport.close();
  });

  test('a certificate that cannot be loaded is named as such', async () => {
    const read = async () => ({ pem: 'none', notBefore: new Date(0), notAfter: new Date(0) });
    const credential = { mode: 'x509' as const, runtime: true, path: 'c.pem', read };
    expect(await rejection(ask({ ...anonymous, ca, credential }))).toMatchObject({
      reason: 'CERTIFICATE_UNUSABLE',
      mayHaveReached: false,
    });
  });
});
