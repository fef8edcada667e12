import type { Logger, RetryNotice, SkahaError } from 'skaha';
import { describe, expect, test } from 'vitest';
import { coreFor, JumpingClock, type Reply, rejection, testServer } from '../fixtures.js';

const plain = { 'content-type': 'text/plain' };
const get = { method: 'GET', path: ['session'] } as const;

/** Answers the given replies in turn, the last one for ever. */
const inTurn =
  (...replies: Reply[]) =>
  (_request: unknown, count: number): Reply =>
    replies[Math.min(count, replies.length) - 1] ?? {};

describe('what is sent', () => {
  test('headers are few, true, and made for each request', async () => {
    await using server = await testServer(() => ({ body: '[]' }));
    const core = coreFor(server.url);
    await core.request(get);
    await core.request({ ...get, anonymous: true });
    const [first, second] = server.received;
    expect(first?.headers).toMatchObject({
      authorization: 'Bearer sesame',
      accept: 'application/json',
      'user-agent': expect.stringMatching(/^skaha\/\d/),
      'x-skaha-authentication-type': 'RUNTIME-TOKEN',
    });
    for (const name of ['date', 'content-type', 'x-skaha-registry-auth', 'x-client-certificate']) {
      expect(first?.headers).not.toHaveProperty(name);
    }
    expect(second?.headers).not.toHaveProperty('authorization');
    await core.close();
  });

  test.each([
    ['https://h', ['session'], 'https://h/v1/session'],
    ['https://h/', ['session'], 'https://h/v1/session'],
    ['https://h/skaha//', ['session', 'a b/../c'], 'https://h/skaha/v1/session/a%20b%2F..%2Fc'],
  ])('%s and %j are joined by one slash, encoded', async (root, path, url) => {
    const { requestUrl } = await import('../../src/client/url.js');
    const connection = { root, version: 'v1', credential: { mode: 'anonymous' }, registries: {} };
    expect(requestUrl(connection as never, { method: 'GET', path })).toBe(url);
  });

  test.each([[''], ['.'], ['..']])('the segment %j is refused', async (segment) => {
    await using server = await testServer(() => ({}));
    const core = coreFor(server.url);
    const error = await rejection(core.request({ method: 'GET', path: ['session', segment] }));
    expect(error).toMatchObject({ code: 'request.invalid' });
    expect(server.received).toEqual([]);
    await core.close();
  });

  test('no more requests are under way than allowed', async () => {
    let now = 0;
    let most = 0;
    await using server = await testServer(async () => {
      now += 1;
      most = Math.max(most, now);
      await new Promise((resolve) => setImmediate(resolve));
      now -= 1;
      return { body: '[]' };
    });
    const core = coreFor(server.url, { concurrency: 3 });
    await Promise.all(Array.from({ length: 20 }, () => core.request(get)));
    expect(server.received.length).toBe(20);
    expect(most).toBeLessThanOrEqual(3);
    await core.close();
  });
});

describe('sending again', () => {
  test.each([429, 502, 503, 504])('a read is sent again after HTTP %i', async (status) => {
    await using server = await testServer(inTurn({ status }, { status }, { body: '[]' }));
    const clock = new JumpingClock();
    const core = coreFor(server.url, { clock });
    expect((await core.request(get)).json()).toEqual([]);
    expect(server.received.length).toBe(3);
    expect(clock.pauses).toEqual([150, 300]);
    await core.close();
  });

  test('Retry-After is kept; who asks for more than there is patience is left alone', async () => {
    const asked = (seconds: string): Reply => ({
      status: 503,
      headers: { 'retry-after': seconds },
    });
    await using server = await testServer(inTurn(asked('7'), asked('30'), asked('300')));
    const clock = new JumpingClock(60_000);
    const told: unknown[] = [];
    const onRetry = ({ pauseMs, attempt }: RetryNotice) => told.push([attempt, pauseMs]);
    const core = coreFor(server.url, { clock, timeoutMs: 120_000, onRetry });
    const error = await rejection(core.request(get));
    expect(error).toMatchObject({ code: 'server.unavailable', retryAfterMs: 300_000 });
    expect((error as SkahaError).hint).toMatch(/in 5 minutes, not before 20\d\d-\d\d-\d\dT/);
    expect(clock.pauses).toEqual([7_100, 30_100]);
    expect(told).toEqual([
      [1, 7_100],
      [2, 30_100],
    ]);
    expect(server.received.length).toBe(3);
    await core.close();
  });

  test('it gives up after the retries, with the last error', async () => {
    await using server = await testServer(inTurn({ status: 502 }));
    const core = coreFor(server.url, { clock: new JumpingClock(), retries: 2 });
    expect(await rejection(core.request(get))).toMatchObject({
      code: 'server.unavailable',
      status: 502,
      retryable: true,
    });
    expect(server.received.length).toBe(3);
    await core.close();
  });

  test('a read and a deletion are sent again after a broken connection', async () => {
    await using server = await testServer(inTurn('drop', { body: '[]' }, 'drop', {}));
    const core = coreFor(server.url, { clock: new JumpingClock() });
    await core.request(get);
    await core.request({ method: 'DELETE', path: ['session', 'ab12cd34'] });
    expect(server.received.map(({ method }) => method)).toEqual(['GET', 'GET', 'DELETE', 'DELETE']);
    await core.close();
  });

  test.each<[string, Reply]>([
    ['a broken connection', 'drop'],
    ['HTTP 503', { status: 503 }],
    ['HTTP 504', { status: 504 }],
    ['HTTP 429', { status: 429 }],
  ])('a launch is not sent again after %s', async (_what, reply) => {
    await using server = await testServer(inTurn(reply));
    const core = coreFor(server.url, { clock: new JumpingClock() });
    await rejection(core.request({ method: 'POST', path: ['session'], form: [] }));
    expect(server.received.length).toBe(1);
    await core.close();
  });

  test('a launch is sent again when nothing can have reached the server', async () => {
    const closed = await testServer(() => ({}));
    await closed[Symbol.asyncDispose]();
    const clock = new JumpingClock();
    const core = coreFor(closed.url, { clock });
    const error = await rejection(core.request({ method: 'POST', path: ['session'], form: [] }));
    expect(error).toMatchObject({
      code: 'transport.failure',
      message: expect.stringMatching(/^Nothing answers at 127\.0\.0\.1:\d+\.$/),
      cause: { mayHaveReached: false, reason: 'ECONNREFUSED' },
    });
    expect(clock.pauses.length).toBe(3);
    await core.close();
  });

  test.each([
    [400, 'image is required'],
    [401, 'Unauthorized'],
    [403, 'No POSIX Principal'],
    [404, 'session x not found'],
    [500, 'unexpected exception: x'],
  ])('HTTP %i in the words of the platform is final', async (status, body) => {
    await using server = await testServer(inTurn({ status, headers: plain, body }));
    const core = coreFor(server.url, { clock: new JumpingClock() });
    await rejection(core.request(get));
    expect(server.received.length).toBe(1);
    await core.close();
  });

  test('503 of the load figures is final', async () => {
    await using server = await testServer(
      inTurn({
        status: 503,
        headers: { ...plain, 'retry-after': '30' },
        body: 'temporarily unavailable: null\n',
      }),
    );
    const core = coreFor(server.url, { clock: new JumpingClock() });
    const error = await rejection(core.request({ ...get, retryUnavailable: false }));
    expect(error).toMatchObject({ code: 'server.unavailable' });
    expect(server.received.length).toBe(1);
    await core.close();
  });
});

describe('time, size and cancelling', () => {
  /** A server that never answers. */
  const silent = () => testServer(() => new Promise<Reply>(() => {}));

  test('an attempt ends when its time is up', async () => {
    await using server = await silent();
    const core = coreFor(server.url, { timeoutMs: 50 });
    const error = await rejection(core.request(get));
    expect(error).toMatchObject({
      code: 'transport.timeout',
      message: expect.stringContaining('did not answer within 50 ms'),
    });
    await core.close();
  });

  test('a signal cancels the request, with its reason as the cause', async () => {
    await using server = await silent();
    const core = coreFor(server.url);
    const abort = new AbortController();
    const request = core.request({ ...get, signal: abort.signal });
    const reason = new Error('enough');
    setImmediate(() => abort.abort(reason));
    const error = await rejection(request);
    expect(error).toMatchObject({ code: 'request.aborted' });
    expect((error as Error).cause).toBe(reason);
    await core.close();
  });

  test('a signal cancels the wait between two attempts', async () => {
    const abort = new AbortController();
    await using server = await testServer(() => {
      setImmediate(() => abort.abort());
      return { status: 503, headers: { 'retry-after': '20' } };
    });
    const core = coreFor(server.url);
    const error = await rejection(core.request({ ...get, signal: abort.signal }));
    expect(error).toMatchObject({ code: 'request.aborted' });
    expect(server.received.length).toBe(1);
    await core.close();
  });

  test('closing ends what is under way and refuses what comes', async () => {
    await using server = await silent();
    const core = coreFor(server.url);
    const pending = rejection(core.request(get));
    await expect.poll(() => server.received.length).toBe(1);
    await core.close();
    expect(await pending).toMatchObject({ code: 'client.closed' });
    expect(await rejection(core.request(get))).toMatchObject({ code: 'client.closed' });
    await core.close();
  });

  test('a reply that is too long is not read to its end', async () => {
    await using server = await testServer(() => ({ body: 'x'.repeat(2000) }));
    const core = coreFor(server.url);
    expect(await rejection(core.request({ ...get, maximumBytes: 1000 }))).toMatchObject({
      code: 'response.invalid',
    });
    await core.close();
  });

  test('time limits out of bounds are refused', async () => {
    const core = coreFor('http://127.0.0.1:9/skaha');
    for (const timeoutMs of [0, 1.5, 300_001, Number.NaN]) {
      expect(await rejection(core.request({ ...get, timeoutMs }))).toMatchObject({
        code: 'request.invalid',
      });
    }
    await core.close();
  });
});

describe('what came back', () => {
  test.each<[string, Reply, object]>([
    ['expired', { status: 401, body: 'Token has expired' }, { code: 'authentication.expired' }],
    [
      'refused',
      { status: 401, body: 'Invalid JWT token' },
      { code: 'authentication.credential_invalid', serverMessage: 'Invalid JWT token' },
    ],
    [
      'anonymous, server 1.4.0',
      { status: 400, body: 'cannot get group memberships for anonymous\n' },
      { code: 'authentication.credential_invalid', status: 400 },
    ],
    ['forbidden', { status: 403, body: 'No POSIX Principal\n' }, { code: 'authentication.denied' }],
    [
      'no such API',
      {
        status: 404,
        headers: { 'content-type': 'text/html' },
        body: '<!doctype html><html><title>HTTP Status 404 – Not Found</title>Secret</html>',
      },
      { code: 'server.not_found', serverMessage: undefined },
    ],
    ['not allowed', { status: 405, body: 'unsupported: HTTP PUT' }, { code: 'request.rejected' }],
    ['teapot', { status: 418 }, { code: 'request.rejected', message: /HTTP 418/ }],
    [
      'a fault',
      { status: 500, body: 'unexpected exception: a\njava.lang.B\n' },
      { code: 'server.error', serverMessage: 'unexpected exception: a' },
    ],
    [
      'a redirect',
      { status: 302, headers: { location: 'https://u:p@other.example/x?token=t' } },
      { code: 'response.redirect', message: /https:\/\/other\.example\/x,/ },
    ],
  ])('%s', async (_what, reply, expected) => {
    const full = reply === 'drop' ? reply : { ...reply, headers: { ...plain, ...reply.headers } };
    await using server = await testServer(() => full);
    const core = coreFor(server.url, { clock: new JumpingClock() });
    const error = await rejection(core.request(get));
    const { message, ...rest } = expected as { message?: RegExp };
    expect(error).toMatchObject({ ...rest, hint: expect.any(String) });
    if (message !== undefined) expect((error as Error).message).toMatch(message);
    await core.close();
  });

  test('a missing session is named', async () => {
    const body = 'session ab12cd34 not found\n';
    await using server = await testServer(() => ({ status: 404, headers: plain, body }));
    const core = coreFor(server.url);
    const path = ['session', 'ab12cd34'];
    expect(await rejection(core.request({ method: 'GET', path, id: 'ab12cd34' }))).toMatchObject({
      code: 'session.not_found',
      id: 'ab12cd34',
      serverMessage: 'session ab12cd34 not found',
    });
    await core.close();
  });

  test('anonymous requests are asked who they are', async () => {
    await using server = await testServer(() => ({
      status: 401,
      headers: plain,
      body: 'Unauthorized',
    }));
    const core = coreFor(server.url, {}, { credential: { mode: 'anonymous' } });
    expect(await rejection(core.request(get))).toMatchObject({ code: 'authentication.required' });
    await core.close();
  });

  test('a body that is not JSON is an error of its own', async () => {
    await using server = await testServer(() => ({ body: 'no JSON' }));
    const core = coreFor(server.url);
    const reply = await core.request(get);
    expect(() => reply.json()).toThrow(expect.objectContaining({ code: 'response.invalid' }));
    await core.close();
  });
});

describe('S6: secrets stay secret', () => {
  const bodies = [
    'unhandled auth: Authorization Bearer sesame',
    'BUG: invalid authorization sesame',
    'invalid cookie: Bad token.sesame',
    'something about sesame',
    '\u001b[31mred\u001b[0m sesame',
  ];

  test.each(bodies)('%j is not repeated', async (body) => {
    await using server = await testServer(() => ({ status: 401, headers: plain, body }));
    const logged: unknown[] = [];
    const note = (...words: unknown[]) => logged.push(words);
    const logger: Logger = { debug: note, info: note, warn: note, error: note };
    const core = coreFor(`${server.url}`, { logger });
    const error = (await rejection(
      core.request({ ...get, query: { q: 'hidden-query' }, headers: { 'x-key': 'hidden-header' } }),
    )) as Error;
    const everything = JSON.stringify([logged, error, error.message, error.stack, error.cause]);
    for (const secret of ['sesame', 'hidden-query', 'hidden-header']) {
      expect(everything).not.toContain(secret);
    }
    expect(logged.length).toBeGreaterThan(0);
    await core.close();
  });

  test('a token that is longer than what is shown is not shown in part', async () => {
    const token = `hush-${'x'.repeat(900)}`;
    await using server = await testServer(({ headers }) => ({
      status: 400,
      headers: plain,
      body: `bad token: ${headers.authorization}`,
    }));
    const credential = { mode: 'token', runtime: true, read: async () => token } as const;
    const core = coreFor(server.url, {}, { credential });
    const error = await rejection(core.request(get));
    expect(error).toMatchObject({ code: 'request.rejected', serverMessage: undefined });
    expect(String(error)).not.toContain('hush');
    await core.close();
  });

  test('the secret of a registry is not repeated, encoded or not', async () => {
    const encoded = Buffer.from('ada:hush-registry').toString('base64');
    for (const body of [`cannot read ${encoded}`, 'cannot read hush-registry']) {
      await using server = await testServer(() => ({ status: 400, headers: plain, body }));
      const registries = { 'images.example.org': { username: 'ada', secret: 'hush-registry' } };
      const core = coreFor(server.url, {}, { registries });
      const headers = { 'x-skaha-registry-auth': encoded };
      const error = await rejection(core.request({ ...get, headers }));
      expect(error).toMatchObject({ code: 'request.rejected', serverMessage: undefined });
      expect(String(error)).not.toMatch(/hush|YWRh/);
      await core.close();
    }
  });

  test('S10: control characters of servers are removed', async () => {
    const body = 'bad \u001b[31mvalue\u0007\u202e\n';
    await using server = await testServer(() => ({ status: 400, headers: plain, body }));
    const core = coreFor(server.url);
    expect(await rejection(core.request(get))).toMatchObject({ serverMessage: 'bad [31mvalue' });
    await core.close();
  });
});
