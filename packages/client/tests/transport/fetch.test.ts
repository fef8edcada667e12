import { describe, expect, test } from 'vitest';
import { createFetchTransport } from '../../src/transport/fetch.js';
import { rejection, testServer } from '../fixtures.js';

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

const transport = () => createFetchTransport({ fetch, credentials: 'omit' });

describe('the fetch transport', () => {
  test('sends and receives', async () => {
    await using server = await testServer(({ method, body }) => ({
      status: 202,
      headers: { 'x-answer': 'yes' },
      body: `${method} ${body}`,
    }));
    const reply = await transport().send(request(server.url, { method: 'POST', body: 'ü' }));
    expect(reply.status).toBe(202);
    expect(reply.header('X-Answer')).toBe('yes');
    expect(reply.header('missing')).toBeUndefined();
    expect(await text(reply.body)).toBe('POST ü');
  });

  test('S13: a redirect is reported, not followed', async () => {
    await using server = await testServer(() => ({ status: 302, headers: { location: '/x' } }));
    const reply = await transport().send(request(server.url));
    expect([0, 302]).toContain(reply.status);
    expect(server.received.length).toBe(1);
  });

  test('cookies go along only when asked for, never with anonymous requests', async () => {
    const asked: unknown[] = [];
    const own = createFetchTransport({
      fetch: async (_input, init) => {
        asked.push([init?.credentials, init?.redirect]);
        return new Response(null);
      },
      credentials: 'include',
    });
    const reply = await own.send(request('https://h.example/'));
    expect(await text(reply.body)).toBe('');
    await own.send(request('https://h.example/', { anonymous: true }));
    expect(asked).toEqual([
      ['include', 'manual'],
      ['omit', 'manual'],
    ]);
  });

  test('a server that is not there, and one that hangs up', async () => {
    const gone = await testServer(() => ({}));
    await gone[Symbol.asyncDispose]();
    expect(await rejection(transport().send(request(gone.url)))).toMatchObject({
      name: 'TransportFailure',
      reason: 'ECONNREFUSED',
      mayHaveReached: false,
    });
    await using rude = await testServer(() => 'drop');
    expect(await rejection(transport().send(request(rude.url)))).toMatchObject({
      name: 'TransportFailure',
      mayHaveReached: true,
    });
  });

  test('a browser that says nothing about the failure may have sent it', async () => {
    const own = createFetchTransport({
      fetch: async () => Promise.reject(new TypeError('Failed to fetch')),
      credentials: 'omit',
    });
    expect(await rejection(own.send(request('https://h.example/')))).toMatchObject({
      reason: 'FETCH_FAILED',
      mayHaveReached: true,
    });
  });

  test('a signal cancels sending and reading, with its own reason', async () => {
    await using server = await testServer(() => new Promise<never>(() => {}));
    const abort = new AbortController();
    const sending = rejection(transport().send(request(server.url, { signal: abort.signal })));
    const reason = new Error('enough');
    setImmediate(() => abort.abort(reason));
    expect(await sending).toBe(reason);
  });

  test('leaving the body early is fine', async () => {
    await using server = await testServer(() => ({ body: 'x'.repeat(500_000) }));
    for await (const chunk of (await transport().send(request(server.url))).body) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
  });

  test('a closed transport refuses requests', async () => {
    const closed = transport();
    await closed.close();
    expect(await rejection(closed.send(request('https://h.example/')))).toMatchObject({
      reason: 'CLOSED',
      mayHaveReached: false,
    });
  });
});
