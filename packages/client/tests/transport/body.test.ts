import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createFetchTransport } from '../../src/transport/fetch.js';
import { createNodeTransport } from '../../src/transport/node.js';
import type { Transport } from '../../src/transport/types.js';

interface Arrived {
  headers: http.IncomingHttpHeaders;
  bytes: number;
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** A server that reads bodies one piece at a time. */
async function server() {
  const arrived: Arrived[] = [];
  const made = http.createServer(async (incoming, outgoing) => {
    const one: Arrived = { headers: incoming.headers, bytes: 0 };
    arrived.push(one);
    try {
      for await (const chunk of incoming) {
        one.bytes += chunk.length;
        await nextTurn();
      }
      outgoing.writeHead(201).end('done');
    } catch {
      // The client went away.
    }
  });
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    made.closeAllConnections();
    await new Promise((resolve) => made.close(resolve));
  });
  return { url: `http://127.0.0.1:${(made.address() as AddressInfo).port}/x`, arrived };
}

const transports: [string, () => Transport][] = [
  [
    'of Node',
    () =>
      createNodeTransport(
        { root: '', version: '', credential: { mode: 'anonymous' }, registries: {} },
        { concurrency: 4 },
      ),
  ],
  ['of fetch', () => createFetchTransport({ fetch, credentials: 'omit' })],
];

describe.each(transports)('the transport %s', (_name, make) => {
  const put = async (
    url: string,
    body: AsyncIterable<Uint8Array> | Uint8Array,
    headers: Record<string, string> = {},
    signal = new AbortController().signal,
  ) => {
    const transport = make();
    onTestFinished(() => transport.close());
    const reply = await transport.send({ method: 'PUT', url, headers, body, signal });
    let text = '';
    for await (const chunk of reply.body) text += new TextDecoder().decode(chunk);
    return { status: reply.status, text };
  };

  test('sends a stream of unknown length, and bytes with theirs', async () => {
    const { url, arrived } = await server();
    async function* chunks() {
      for (let index = 0; index < 50; index += 1) yield new Uint8Array(10_000);
    }
    expect(await put(url, chunks())).toEqual({ status: 201, text: 'done' });
    expect(await put(url, new Uint8Array(7))).toEqual({ status: 201, text: 'done' });
    expect(arrived[0]).toMatchObject({ bytes: 500_000 });
    expect(arrived[0]?.headers['transfer-encoding']).toBe('chunked');
    expect(arrived[1]).toMatchObject({ bytes: 7 });
    expect(arrived[1]?.headers['content-length']).toBe('7');
  });

  test('takes from the source no more than the network does', async () => {
    const { url, arrived } = await server();
    let onTheWay = 0;
    async function* chunks() {
      for (let given = 100_000; given <= 100_000_000; given += 100_000) {
        yield new Uint8Array(100_000);
        onTheWay = Math.max(onTheWay, given - (arrived[0]?.bytes ?? 0));
      }
    }
    expect((await put(url, chunks())).status).toBe(201);
    expect(arrived[0]?.bytes).toBe(100_000_000);
    expect(onTheWay).toBeLessThan(50_000_000);
  });

  test('what the source throws comes out as it is', async () => {
    const { url } = await server();
    const broken = new Error('the disk is gone');
    async function* chunks() {
      yield new Uint8Array(1000);
      throw broken;
    }
    await expect(put(url, chunks())).rejects.toBe(broken);
  });

  test('an abort lets go of the source', async () => {
    const { url } = await server();
    const controller = new AbortController();
    let isLeft = false;
    async function* chunks() {
      try {
        yield new Uint8Array(1000);
        controller.abort(new Error('enough'));
        for (;;) {
          await nextTurn();
          yield new Uint8Array(1000);
        }
      } finally {
        isLeft = true;
      }
    }
    await expect(put(url, chunks(), {}, controller.signal)).rejects.toThrow('enough');
    await expect.poll(() => isLeft).toBe(true);
  });
});
