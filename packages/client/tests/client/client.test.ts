import { Context, Images, Overview, Session, SkahaClient } from 'skaha';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rejection, type TestPlatform, testPlatform } from '../fixtures.js';

describe('a client of a real platform', () => {
  let world: TestPlatform;
  beforeAll(async () => {
    world = await testPlatform();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  test('tells where it connects, and as whom', async () => {
    expect(await world.client.connection()).toEqual({
      root: world.platform.url,
      version: 'v1',
      context: undefined,
      storage: {},
      mode: 'token',
    });
  });

  test('a certificate proves the user as well', async () => {
    const client = world.connect({ certificate: world.platform.certificate });
    expect(await client.connection()).toMatchObject({ mode: 'x509' });
    expect(await client.repository()).toEqual(['images.canfar.net']);
  });

  test('an expired certificate is refused before anything is sent', async () => {
    const certificate = await world.platform.issueCertificate('ada', -1000);
    const before = world.platform.requests.length;
    const client = world.connect({ certificate });
    expect(await rejection(client.sessions.fetch())).toMatchObject({
      code: 'authentication.expired',
    });
    expect(world.platform.requests.length).toBe(before);
  });

  test('an expired token is told apart from a wrong one', async () => {
    const expired = world.connect({ token: world.platform.issueToken('ada', -1000) });
    expect(await rejection(expired.sessions.fetch())).toMatchObject({
      code: 'authentication.expired',
    });
    const wrong = world.connect({ token: 'wrong' });
    expect(await rejection(wrong.sessions.fetch())).toMatchObject({
      code: 'authentication.credential_invalid',
    });
  });

  test('an anonymous client can ask about the service, not for sessions', async () => {
    const client = world.connect({ anonymous: true });
    expect(await client.overview.availability()).toMatchObject({ available: true });
    expect(await rejection(client.sessions.fetch())).toMatchObject({
      code: 'authentication.required',
    });
  });

  test('an authority that is not trusted is named as the problem', async () => {
    const client = new SkahaClient({ url: world.platform.url, token: 'x' });
    expect(await rejection(client.sessions.fetch())).toMatchObject({
      code: 'transport.failure',
      message: expect.stringContaining('is not signed by an authority that this machine trusts'),
    });
    await client.close();
  });

  test('parts share the connection of a client, and do not close it', async () => {
    await using sessions = new Session(world.client);
    await sessions.close();
    expect(await new Images(world.client).fetch()).not.toEqual([]);
    expect(await new Context(world.client).resources()).toHaveProperty('cores');
    expect(await new Overview(world.client).capabilities()).not.toEqual([]);
  });

  test('a part made from options closes its own connection', async () => {
    const { url, ca, token } = world.platform;
    const sessions = new Session({ url, ca, token: token });
    await sessions.fetch();
    await sessions.close();
    expect(await rejection(sessions.fetch())).toMatchObject({ code: 'client.closed' });
  });

  test('any request can be made, with the same errors', async () => {
    const reply = await world.client.request({ method: 'GET', path: ['repository'] });
    expect(reply.json()).toEqual(['images.canfar.net']);
    const missing = world.client.request({ method: 'GET', path: ['nothing', 'here'] });
    expect(await rejection(missing)).toMatchObject({ status: 404 });
  });

  test('a fetch function of the caller sends the requests', async () => {
    const asked: string[] = [];
    const client = world.connect({
      fetch: async (input) => {
        asked.push(String(input));
        return new Response('["elsewhere.example"]');
      },
    });
    expect(await client.repository()).toEqual(['elsewhere.example']);
    expect(asked).toEqual([`${world.platform.url}/v1/repository`]);
  });

  test('a fetch function of the caller cannot present a certificate', async () => {
    const client = world.connect({ certificate: world.platform.certificate, fetch });
    expect(await rejection(client.repository())).toMatchObject({
      code: 'authentication.credential_invalid',
    });
  });
});
