import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../base/tests/manual-clock.js';
import { send, testPlatform } from '../fixtures.js';
import { get } from '../identity/oidc-client.js';

describe('the registry', () => {
  test.each([
    ['/reg/resource-caps', 'ivo://cadc.nrc.ca', 'arc'],
    ['/srcnet/reg/resource-caps', 'ivo://canfar.net/src', 'cavern'],
  ])('%s leads here, in the form that every reader takes', async (path, namespace, storage) => {
    const platform = await testPlatform();
    const origin = `https://127.0.0.1:${platform.port}`;
    const { status, headers, body } = await get(platform, path);
    expect([status, headers['content-type']]).toEqual([200, 'text/plain']);
    const lines = body.split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.filter((line) => !line.startsWith('#'))).toEqual([
      `${namespace}/skaha = ${origin}/skaha/capabilities`,
      `${namespace}/${storage} = ${origin}/${storage}/capabilities`,
      `ivo://cadc.nrc.ca/cred = ${origin}/cred/capabilities`,
      `ivo://cadc.nrc.ca/gms = ${origin}/ac/capabilities`,
    ]);
    for (const line of lines) expect(line.trim()).not.toBe('');
    for (const [, url = ''] of body.matchAll(/ = (\S+)/g)) {
      expect((await get(platform, new URL(url).pathname)).status).toBe(200);
    }
  });

  test('it speaks of this machine as its caller does', async () => {
    const platform = await testPlatform();
    const headers = { host: `localhost:${platform.port}` };
    const { body } = await send(platform, 'GET', '/reg/resource-caps', { token: null, headers });
    expect(body).toContain(`= https://localhost:${platform.port}/skaha/capabilities`);
    const evil = { host: 'evil.example' };
    const other = await send(platform, 'GET', '/reg/resource-caps', { token: null, headers: evil });
    expect(other.body).not.toContain('evil');
  });

  test('where it is, the platform tells', async () => {
    const platform = await testPlatform();
    expect([platform.identity.registry, platform.identity.srcnetRegistry]).toEqual([
      `https://127.0.0.1:${platform.port}/reg/resource-caps`,
      `https://127.0.0.1:${platform.port}/srcnet/reg/resource-caps`,
    ]);
  });

  test('it can be missing, empty, full of other things, or very large', async () => {
    const platform = await testPlatform();
    const { registry } = platform.identity.controls;
    registry.missing = true;
    expect(await get(platform, '/reg/resource-caps')).toMatchObject({
      status: 404,
      body: 'not found: feature not configured\n',
    });
    platform.identity.controls.reset();
    registry.empty = true;
    expect((await get(platform, '/reg/resource-caps')).body).toMatch(/^#.*\n$/);
    platform.identity.controls.reset();
    registry.extraLines = ['ivo://dev.example/skaha = http://dev.example/skaha/capabilities'];
    registry.paddedBytes = 2_000_000;
    const { body } = await get(platform, '/reg/resource-caps');
    expect(body).toContain('\nivo://dev.example/skaha = http:');
    expect(body.length).toBeGreaterThanOrEqual(2_000_000);
  });

  test('it can be slow', async () => {
    const clock = new ManualClock(Date.now());
    const platform = await testPlatform({ clock });
    platform.identity.controls.registry.delayMs = 60_000;
    const before = clock.sleepers;
    let answered = false;
    const answer = get(platform, '/reg/resource-caps').then((value) => {
      answered = true;
      return value;
    });
    while (clock.sleepers === before) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(answered).toBe(false);
    await clock.advance(60_000);
    expect((await answer).status).toBe(200);
  });

  test('another method is refused', async () => {
    const platform = await testPlatform();
    expect((await send(platform, 'POST', '/reg/resource-caps', { token: null })).status).toBe(405);
  });
});

test('the storage service is named and served', async () => {
  const platform = await testPlatform();
  const { body } = await get(platform, '/arc/capabilities');
  expect(body).toContain('standardID="ivo://ivoa.net/std/VOSpace/v2.0#nodes"');
  expect((await get(platform, '/arc/nodes/')).status).toBe(200);
  expect((await get(platform, '/arc/availability')).status).toBe(200);
  expect((await get(platform, '/arc/else')).status).toBe(404);
  expect((await send(platform, 'PUT', '/arc/capabilities')).status).toBe(405);
});

test('the platform says that it takes cookies, certificates and tokens, at its own place', async () => {
  const platform = await testPlatform();
  const { body } = await get(platform, '/skaha/capabilities');
  const session =
    /standardID="http:\/\/www\.opencadc\.org\/std\/platform#session-1">(.*?)<\/capability>/s;
  const entry = session.exec(body)?.[1] ?? '';
  expect([...entry.matchAll(/sso#([\w-]+)"/g)].map(([, method]) => method)).toEqual([
    'cookie',
    'tls-with-certificate',
    'token',
  ]);
  expect(entry).toContain(`>https://127.0.0.1:${platform.port}/skaha/v1/session<`);

  const { capabilities } = platform.identity.controls;
  Object.assign(capabilities, { methods: ['token'], origin: 'https://elsewhere.example' });
  const other = (await get(platform, '/skaha/capabilities')).body;
  expect(other).toContain('>https://elsewhere.example/skaha/v1/session<');
  expect(other).not.toContain('sso#cookie');
  capabilities.document = '<not xml';
  expect((await get(platform, '/skaha/capabilities')).body).toBe('<not xml');
});
