import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import zlib from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { SkahaClient } from '../../src/client.js';
import { createNodeTransport } from '../../src/transport/node.js';
import { refusal, testServer } from '../fixtures.js';

const text = JSON.stringify({ stars: 'Ångström ☉ '.repeat(5_000) });

async function ask(
  encoding: string | undefined,
  body: Uint8Array | string,
  more: { status?: number; method?: 'GET' | 'HEAD' } = {},
) {
  const { status = 200, method = 'GET' } = more;
  await using server = await testServer(() => ({
    status,
    body,
    headers: encoding === undefined ? {} : { 'content-encoding': encoding },
  }));
  const url = `${server.url}/skaha`;
  await using client = new SkahaClient({ url, anonymous: true, retries: 0 });
  const reply = await client.request({ method, path: ['x'] });
  return { reply, received: server.received[0]?.headers };
}

describe('a reply is decoded', () => {
  test.each([
    ['gzip', zlib.gzipSync(text)],
    ['x-gzip', zlib.gzipSync(text)],
    ['GZIP', zlib.gzipSync(text)],
    ['gzip', Buffer.concat([zlib.gzipSync(text.slice(0, 9)), zlib.gzipSync(text.slice(9))])],
    ['deflate', zlib.deflateSync(text)],
    ['deflate', zlib.deflateRawSync(text)],
    ['br', zlib.brotliCompressSync(text)],
    ['identity', Buffer.from(text)],
    ['', Buffer.from(text)],
    ['deflate, gzip', zlib.gzipSync(zlib.deflateSync(text))],
    ['identity, br', zlib.brotliCompressSync(text)],
  ])('from %s', async (encoding, body) => {
    const { reply, received } = await ask(encoding, body);
    expect(reply.json()).toEqual(JSON.parse(text));
    expect(received?.['accept-encoding']).toMatch(/^gzip, deflate, br(?:, zstd)?$/);
  });

  test('from zstd where Node has it, which is also asked for only then', async () => {
    const compress: unknown = Reflect.get(zlib, 'zstdCompressSync');
    const body =
      typeof compress === 'function' ? (compress(text) as Uint8Array) : zlib.gzipSync(text);
    const has = typeof compress === 'function';
    const { reply, received } = await ask(has ? 'zstd' : 'gzip', body);
    expect(reply.json()).toEqual(JSON.parse(text));
    expect(received?.['accept-encoding']?.includes('zstd')).toBe(has);
  });

  test('and tells no length that is not its own', async () => {
    const { reply } = await ask('gzip', zlib.gzipSync(text));
    expect(reply.header('content-length')).toBeUndefined();
    expect(reply.headers()).not.toHaveProperty('content-encoding');
  });

  test.each([
    ['an empty one', 'GET', 200, ''],
    ['one without content', 'GET', 204, ''],
    ['one to HEAD', 'HEAD', 200, 'not sent'],
  ] as const)('not %s', async (_what, method, status, body) => {
    const { reply } = await ask('gzip', body, { method, status });
    expect([reply.status, reply.text()]).toEqual([status, '']);
  });

  test('as it flows', async () => {
    const server = http.createServer((_incoming, outgoing) => {
      outgoing.writeHead(200, { 'content-encoding': 'gzip' });
      const gzip = zlib.createGzip();
      gzip.pipe(outgoing);
      gzip.write('first line\n');
      gzip.flush();
      outgoing.once('close', () => gzip.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    const transport = createNodeTransport(
      { root: '', version: '', credential: { mode: 'anonymous' }, registries: {} },
      { concurrency: 1 },
    );
    const { signal } = new AbortController();
    const url = `http://127.0.0.1:${port}/`;
    const reply = await transport.send({ method: 'GET', url, headers: {}, signal });
    for await (const chunk of reply.body) {
      // The server is still writing: the rest is never sent.
      expect(Buffer.from(chunk).toString()).toBe('first line\n');
      break;
    }
    await transport.close();
  });
});

describe('what cannot be decoded', () => {
  const whole = zlib.gzipSync(text);
  test.each([
    ['cut off', 'gzip', whole.subarray(0, whole.length - 9)],
    ['cut off', 'br', zlib.brotliCompressSync(text).subarray(0, -4)],
    ['something else', 'gzip', Buffer.from('<html>gateway</html>')],
    ['something else', 'deflate', Buffer.from('<html>gateway</html>')],
    ['something else', 'br', Buffer.from('<html>gateway</html>')],
  ])('%s is told as damaged (%s)', async (_what, encoding, body) => {
    const error = await refusal(ask(encoding, body));
    expect(error).toMatchObject({ code: 'transport.failure', retryable: true });
    expect(error.message).toContain('is damaged or cut off');
  });

  test.each(['compress', 'gzip, compress', 'gzip,gzip,gzip,gzip', 'aes128gcm'])(
    'nobody asked for %s',
    async (encoding) => {
      const error = await refusal(ask(encoding, zlib.gzipSync(text)));
      expect(error).toMatchObject({ code: 'transport.failure', retryable: false });
      expect(error.message).toContain('compressed in a way that was not requested');
    },
  );

  test.each([
    ['gzip', zlib.gzipSync(Buffer.alloc(40 * 2 ** 20))],
    ['gzip, gzip', zlib.gzipSync(zlib.gzipSync(Buffer.alloc(40 * 2 ** 20)))],
    [
      'br',
      zlib.brotliCompressSync(Buffer.alloc(40 * 2 ** 20), {
        params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 },
      }),
    ],
  ])('more than may come out of it is left (%s)', async (encoding, body) => {
    expect(body.length).toBeLessThan(100_000);
    const error = await refusal(ask(encoding, body));
    expect(error).toMatchObject({ code: 'response.invalid' });
    expect(error.message).toContain('longer than 32 MiB');
  });
});

test('a part of a reply is asked for as it is', async () => {
  await using server = await testServer(() => ({ status: 206, body: 'bc' }));
  const url = `${server.url}/skaha`;
  await using client = new SkahaClient({ url, anonymous: true });
  await client.request({ method: 'GET', path: ['x'], headers: { range: 'bytes=1-2' } });
  expect(server.received[0]?.headers['accept-encoding']).toBe('identity');
});
