import { SkahaClient } from 'skaha';
import { readCredential, serverRoute } from 'skaha/account';
import { describe, expect, test } from 'vitest';
import { rejection, testPlatform } from '../fixtures.js';

const token = 'a.b.c';

describe('the credential of a client', () => {
  test('is told with its end, where it has one', async () => {
    const claims = Buffer.from(JSON.stringify({ exp: 2_000_000_000 })).toString('base64url');
    const ending = `a.${claims}.c`;
    const url = 'https://host.invalid/skaha';
    await using first = new SkahaClient({ url, token });
    await using second = new SkahaClient({ url, token: ending });
    expect(await readCredential(first)).toMatchObject({ mode: 'token', token, expires: undefined });
    expect(await readCredential(second)).toMatchObject({
      token: ending,
      expires: new Date(2_000_000_000_000),
    });
  });
});

describe('the route to a server', () => {
  test('says which proxy is in between, and fails as a request would', async () => {
    const url = 'https://host.invalid/skaha';
    await using client = new SkahaClient({ url, token, proxy: 'http://127.0.0.1:1' });
    const route = await serverRoute(client);
    expect(route.root).toBe(url);
    expect(route.proxy()).toMatchObject({ address: 'http://127.0.0.1:1' });
    const { signal } = new AbortController();
    expect(await rejection(route.tunnel(signal))).toMatchObject({ code: 'transport.failure' });
    expect(await rejection(route.lookUp())).toMatchObject({ code: 'transport.failure' });
  });

  test('makes a connection, and tells when the certificate of the server ends', async () => {
    await using world = await testPlatform();
    const route = await serverRoute(world.client);
    expect(route.proxy()).toBeUndefined();
    expect(await route.lookUp()).not.toEqual([]);
    expect(route.authorities().every(({ certificates }) => certificates > 0)).toBe(true);
    const { certificateEnd } = await route.handshake(new AbortController().signal);
    expect(certificateEnd.getTime()).toBeGreaterThan(Date.now());
  });
});
