import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SkahaClient } from 'skaha/internal/client.js';
import { describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../../../../client/tests/config/fixtures.js';
import { type TestServer, testServer } from '../../../../client/tests/fixtures.js';
import { type RunOptions, runSkaha, sharedPlatform } from '../../harness.js';

const shell = sharedPlatform();

/** The command against a server whose every reply the test writes. */
const against =
  (server: TestServer) =>
  (argv: readonly string[], options: RunOptions = {}) =>
    runSkaha(['api', ...argv], {
      ...options,
      services: {
        connect: async (given) => new SkahaClient({ ...given, url: server.url, anonymous: true }),
        ...options.services,
      },
    });

describe('api on a platform', () => {
  test('prints what the server sends, as it comes', async () => {
    const { status, stdout } = await shell.skaha(['api', 'get', 'session']);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual([]);
    const root = await shell.skaha(['api', 'GET', '/availability']);
    expect(root.stdout).toContain('available');
    expect((await shell.skaha(['api', 'GET', '/v1/session?view=stats'])).status).toBe(0);
  });

  test('-i adds status and headers', async () => {
    const { stdout } = await shell.skaha(['api', 'GET', 'session', '-i']);
    expect(stdout).toMatch(/^HTTP 200\n(?:[a-z-]+: .*\n)*content-type: application\/json.*\n/);
    expect(stdout).toContain('\n\n[');
  });

  test.each([
    [['GET', 'session/zzzzzzz9'], 4],
    [['POST', 'session', '-f', 'name=x'], 1],
    [['GET', '/v9/session'], 4],
  ])('%j ends with %d', async (words, status) => {
    const refused = await shell.skaha(['api', ...words]);
    expect(refused).toMatchObject({ status, stdout: '' });
    expect(refused.stderr).toMatch(/^Error: /);
  });
});

describe('what api sends', () => {
  test('fields, headers and bodies', async () => {
    await using server = await testServer(() => ({ body: 'ok' }));
    const api = against(server);
    await api(['GET', 'session/ab%2Fcd?view=events', '-f', 'x=a b']);
    await api(['POST', 'session?p=1', '-f', 'env=A=1', '-f', 'env=B=2']);
    await api(['DELETE', '/v0/session/ab', '-H', 'X-Odd: yes']);
    await api(['POST', 'session', '--input', '-', '-H', 'Content-Type: application/json'], {
      stdin: '{"a":1}',
    });
    await api(['HEAD', 'session']);
    const seen = server.received.map(({ method, path, body }) =>
      `${method} ${path} ${body}`.trim(),
    );
    expect(seen).toEqual([
      'GET /skaha/v1/session/ab%2Fcd?view=events&x=a+b',
      'POST /skaha/v1/session?p=1 env=A%3D1&env=B%3D2',
      'DELETE /skaha/v0/session/ab',
      'POST /skaha/v1/session {"a":1}',
      'HEAD /skaha/v1/session',
    ]);
    expect(server.received[2]?.headers['x-odd']).toBe('yes');
    expect(server.received[3]?.headers['content-type']).toBe('application/json');
  });

  test('a file', async () => {
    await using server = await testServer(() => ({ body: 'ok' }));
    const path = join(await temporaryDirectory(), 'form');
    writeFileSync(path, 'action=renew');
    await against(server)(['POST', 'session/ab', '--input', path]);
    expect(server.received[0]?.body).toBe('action=renew');
  });

  test('bytes come through, secrets in headers do not, and a terminal gets text with a last line end', async () => {
    const body = new Uint8Array([0xff, 0, 0x41]);
    const headers = { 'set-cookie': 'id=SENTINEL', 'x-auth-token': 'SENTINEL', 'x-plain': 'yes' };
    await using server = await testServer(() => ({ headers, body }));
    const api = against(server);
    expect((await api(['GET', 'x'])).bytes).toEqual(Buffer.from(body));
    const { bytes } = await api(['GET', 'x'], { terminal: { isTty: true } });
    expect(bytes).toEqual(Buffer.from('\uFFFDA\n'));
    const shown = (await api(['GET', 'x', '-i'])).stdout;
    expect(shown).toContain('x-plain: yes\n');
    expect(shown).toContain('set-cookie: **********\n');
    expect(shown).not.toContain('SENTINEL');
  });

  test.each([
    [['GET', 'https://elsewhere.example/x'], 'only to the server in use'],
    [['GET', '//elsewhere.example/x'], 'only to the server in use'],
    [['GET', 'a/../b'], 'cannot contain'],
    [['GET', 'a/%2e%2e/b'], 'cannot contain'],
    [['GET', '%zz'], 'does not begin an encoded character'],
    [
      ['GET', 'x', '-H', 'Authorization: Bearer SENTINEL'],
      "header 'authorization' cannot be given",
    ],
    [['GET', 'x', '-H', 'cookie: SENTINEL'], "header 'cookie' cannot be given"],
    [['GET', 'x', '-H', 'nonsense'], '--header takes NAME:VALUE'],
    [['GET', 'x', '-H', 'a: b\r\nHost: c'], 'cannot be a header'],
    [['GET', 'x', '-f', 'novalue'], '--field takes NAME=VALUE'],
    [['GET', 'x?a=1', '-f', 'a=2'], 'only once'],
    [['GET', 'x', '--input', '-'], '--input needs the method POST'],
    [['POST', 'x', '--input', '-', '-f', 'a=1'], 'cannot be used together with --field'],
    [['POST', 'x', '--input', '/nonexistent/file'], 'cannot be read'],
    [['PATCH', 'x'], "'PATCH' is not a valid value for METHOD"],
    [['GET'], 'PATH is missing'],
  ])('%j is refused before anything is sent', async (words, why) => {
    await using server = await testServer(() => ({ body: 'ok' }));
    const refused = await against(server)(words);
    expect(refused).toMatchObject({ status: 2, stdout: '' });
    expect(refused.stderr).toContain(why);
    expect(refused.stderr).not.toContain('SENTINEL');
    expect(server.received).toEqual([]);
  });

  test('--retries decides how often a request is sent again', async () => {
    await using server = await testServer(() => 'drop');
    const api = against(server);
    expect((await api(['GET', 'x', '--retries', '0'])).status).toBe(6);
    expect(server.received).toHaveLength(1);
    expect((await api(['GET', 'x', '--retries', '1'])).status).toBe(6);
    expect(server.received).toHaveLength(3);
    expect((await api(['POST', 'x', '--retries', '3'])).status).toBe(6);
    expect(server.received).toHaveLength(4);
  });
});
