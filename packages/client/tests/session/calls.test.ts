import { describe, expect, test } from 'vitest';
import { Session } from '../../src/session/session.js';
import {
  clientOver,
  coreFor,
  JumpingClock,
  type Reply,
  rejection,
  testServer,
  wireSession,
} from '../fixtures.js';

const plain = { 'content-type': 'text/plain' };
const notFound: Reply = { status: 404, headers: plain, body: 'session x not found\n' };
const sessionsFor = (url: string) =>
  new Session(clientOver(coreFor(url, { clock: new JumpingClock() })));

describe('connect', () => {
  const connect = async (fields: object) => {
    const body = JSON.stringify(wireSession('aaaa1111', { type: 'notebook', ...fields }));
    await using server = await testServer(() => ({ body }));
    return await sessionsFor(server.url).connect(['aaaa1111']);
  };
  const connectURL = 'https://h.example/session/notebook/aaaa1111/lab?token=aaaa1111';

  test('gives the address of a session that runs', async () => {
    expect(await connect({ connectURL })).toEqual([
      { id: 'aaaa1111', name: 'name-aaaa1111', url: connectURL },
    ]);
    const local = 'http://127.0.0.1:8080/';
    expect(await connect({ connectURL: local })).toMatchObject([{ url: local }]);
  });

  test.each([
    [{ connectURL, status: 'Pending' }, 'session.not_ready'],
    [{ connectURL: '' }, 'session.not_ready'],
    [{ connectURL: 'not-applicable' }, 'session.not_ready'],
    [{ connectURL: 'http://h.example/' }, 'response.invalid'],
    [{ connectURL: 'javascript:alert(1)' }, 'response.invalid'],
    [{ connectURL: 'file:///etc/passwd' }, 'response.invalid'],
    [{ connectURL: 'nonsense' }, 'response.invalid'],
  ])('%j has none', async (fields, code) => {
    expect(await rejection(connect(fields))).toMatchObject({ code, id: 'aaaa1111' });
  });

  test.each([
    ['Pending', /wait/i],
    ['Completed', /ended/],
    ['Failed', /ended/],
  ])('a session that is %s: what to do next', async (status, hint) => {
    const error = await rejection(connect({ connectURL, status }));
    expect(error).toMatchObject({ hint: expect.stringMatching(hint) });
  });
});

describe('destroy', () => {
  test('a session that went before its turn is gone as asked', async () => {
    await using server = await testServer(({ method }) =>
      method === 'DELETE' ? notFound : { body: JSON.stringify(wireSession('aaaa1111')) },
    );
    expect(await sessionsFor(server.url).destroy(['aaaa1111'])).toEqual([
      { id: 'aaaa1111', name: 'name-aaaa1111' },
    ]);
  });

  test('what was deleted is reported even when the login ends meanwhile', async () => {
    const list = JSON.stringify(['aaaa1111', 'bbbb2222', 'cccc3333'].map((id) => wireSession(id)));
    await using server = await testServer(({ method, path }) => {
      if (method === 'GET') return { body: list };
      return path.endsWith('aaaa1111')
        ? {}
        : { status: 401, headers: plain, body: 'Token has expired' };
    });
    const core = coreFor(server.url, { concurrency: 1 });
    const ids = ['aaaa1111', 'bbbb2222', 'cccc3333'];
    expect(await rejection(new Session(clientOver(core)).destroy(ids))).toMatchObject({
      code: 'partial.failure',
      done: [{ id: 'aaaa1111' }],
      failed: [
        { index: 1, item: 'bbbb2222', error: { code: 'authentication.expired' } },
        { index: 2, item: 'cccc3333', error: { code: 'authentication.expired' } },
      ],
      cause: { code: 'authentication.expired' },
    });
  });

  test.each([
    { prefix: '' },
    {},
    { prefix: 'a', all: true },
    { all: false },
    { prefix: 'a', pattern: /a/ },
  ])('%j selects nothing, by accident or otherwise', async (selection: object) => {
    await using server = await testServer(() => ({ body: '[]' }));
    const error = await rejection(sessionsFor(server.url).destroyWith(selection as { all: true }));
    expect(error).toMatchObject({ code: 'request.invalid' });
    expect(server.received).toEqual([]);
  });
});

describe('reading', () => {
  test('a session that waits in a queue has no events; one that is unknown is named', async () => {
    const body = JSON.stringify(wireSession('aaaa1111', { status: 'Pending' }));
    await using server = await testServer(({ path }) =>
      path.endsWith('view=events') || path.includes('bbbb') ? notFound : { body },
    );
    const sessions = sessionsFor(server.url);
    expect(await sessions.events(['aaaa1111'])).toEqual([{ id: 'aaaa1111', events: [], raw: '' }]);
    expect(await rejection(sessions.events(['bbbb2222']))).toMatchObject({
      code: 'session.not_found',
      id: 'bbbb2222',
    });
  });

  test('logs keep every byte, and an empty one is checked', async () => {
    const bytes = new Uint8Array([0x61, 0xff, 0x00, 0x0a]);
    await using server = await testServer(({ path }) => {
      if (!path.endsWith('view=logs')) return { body: JSON.stringify(wireSession('bbbb2222')) };
      return { headers: plain, body: path.includes('aaaa') ? bytes : '' };
    });
    const [full, empty] = await sessionsFor(server.url).logs(['aaaa1111', 'bbbb2222']);
    expect([...(full?.bytes ?? [])]).toEqual([...bytes]);
    expect(full?.text).toBe('a\ufffd\u0000\n');
    expect(empty?.text).toBe('');
    expect(server.received.length).toBe(3);
  });

  test('an authentication error ends the whole call at once', async () => {
    await using server = await testServer(() => ({
      status: 401,
      headers: plain,
      body: 'Unauthorized',
    }));
    const sessions = new Session(clientOver(coreFor(server.url, { concurrency: 1 })));
    const error = await rejection(sessions.info(['aaaa1111', 'bbbb2222', 'cccc3333']));
    expect(error).toMatchObject({ code: 'authentication.credential_invalid' });
    expect(server.received.length).toBe(1);
  });

  test.each(['{}', 'null', '"x"'])('%s is no list of sessions', async (body) => {
    await using server = await testServer(() => ({ body }));
    const sessions = sessionsFor(server.url);
    for (const call of [sessions.fetch(), sessions.fetchPublic()]) {
      expect(await rejection(call)).toMatchObject({ code: 'response.invalid' });
    }
  });

  test('a list is no session', async () => {
    await using server = await testServer(() => ({ body: '[]' }));
    const error = await rejection(sessionsFor(server.url).info(['aaaa1111']));
    expect(error).toMatchObject({ code: 'response.invalid', id: 'aaaa1111' });
  });

  test('ids are checked all at once before anything is asked', async () => {
    await using server = await testServer(() => ({}));
    const error = await rejection(sessionsFor(server.url).info(['aaaa1111', '../image', '']));
    expect(error).toMatchObject({
      code: 'request.invalid',
      issues: [{ path: 'ids.1' }, { path: 'ids.2' }],
    });
    expect(server.received).toEqual([]);
  });

  test('servers before v1 are asked for their own word', async () => {
    await using server = await testServer(() => ({ body: '[]' }));
    const core = coreFor(server.url, {}, { version: 'v0' });
    await new Session(clientOver(core)).fetch({ status: 'Completed', view: 'interactive' });
    expect(server.received[0]?.path).toBe('/skaha/v0/session?status=Succeeded&view=interactive');
  });
});

test('the first to start may be asked for alone', async () => {
  await using server = await testServer(() => ({ body: '[]' }));
  const sessions = sessionsFor(server.url);
  await sessions.fetch({ first: 50 });
  await sessions.fetch();
  const queries = server.received.map(({ path }) => new URL(path, server.url).search);
  expect(queries).toEqual(['?limit=50', '']);
});
