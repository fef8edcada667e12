import { describe, expect, test } from 'vitest';
import type { SkahaClientOptions } from '../../src/index.js';
import { DesktopApps } from '../../src/session/apps.js';
import {
  clientOver,
  coreFor,
  JumpingClock,
  type Reply,
  rejection,
  testServer,
  wireSession,
} from '../fixtures.js';

const app = (desktop: string, appid: string) =>
  wireSession(desktop, { type: 'desktop-app', appid, name: 'terminal-1-1-2' });
const text = { 'content-type': 'text/plain' };

const appsAt = (url: string, options: SkahaClientOptions = {}) =>
  new DesktopApps(clientOver(coreFor(url, options)));

describe('apps of a desktop', () => {
  test('are listed without those of other desktops', async () => {
    const body = JSON.stringify([app('aaaa1111', 'abc'), app('bbbb2222', 'def')]);
    await using server = await testServer(() => ({ body }));
    const apps = appsAt(server.url);
    expect((await apps.list('aaaa1111')).map(({ appId }) => appId)).toEqual(['abc']);
    expect(server.received[0]?.path).toBe('/skaha/v1/session/aaaa1111/app');
  });

  test('are started with a complete image, described, and ended', async () => {
    await using server = await testServer(({ method, path }): Reply => {
      if (path.endsWith('/repository')) return { body: '["registry.example"]' };
      if (method === 'POST') return { headers: text, body: 'abc\n' };
      return { body: method === 'DELETE' ? '' : JSON.stringify(app('aaaa1111', 'abc')) };
    });
    const apps = appsAt(server.url);
    expect(
      await apps.create('aaaa1111', { image: 'skaha/terminal', cores: 2, memoryGiB: 4 }),
    ).toEqual({
      appId: 'abc',
      desktopId: 'aaaa1111',
    });
    expect(await apps.get('aaaa1111', 'abc')).toMatchObject({ id: 'aaaa1111', appId: 'abc' });
    await apps.destroy('aaaa1111', 'abc');
    expect(server.received.map(({ method, path, body }) => `${method} ${path} ${body}`)).toEqual([
      'GET /skaha/v1/repository ',
      'POST /skaha/v1/session/aaaa1111/app image=registry.example%2Fskaha%2Fterminal%3Alatest&cores=2&ram=4',
      'GET /skaha/v1/session/aaaa1111/app/abc ',
      'GET /skaha/v1/session/aaaa1111/app/abc ',
      'DELETE /skaha/v1/session/aaaa1111/app/abc ',
    ]);
  });

  test('one that is not there cannot be ended', async () => {
    const body = 'desktop app with session aaaa1111 and app ID abc was not found\n';
    await using server = await testServer(() => ({ status: 404, headers: text, body }));
    const apps = appsAt(server.url);
    expect(await rejection(apps.destroy('aaaa1111', 'abc'))).toMatchObject({
      code: 'session.not_found',
      id: 'abc',
    });
    expect(server.received.map(({ method }) => method)).toEqual(['GET']);
  });

  test('one whose start was not confirmed is not started twice', async () => {
    await using server = await testServer(() => 'drop');
    const apps = appsAt(server.url, { clock: new JumpingClock() });
    const image = 'h.example/a/b:1';
    expect(await rejection(apps.create('aaaa1111', { image }))).toMatchObject({
      code: 'session.outcome_unknown',
      id: 'aaaa1111',
    });
    expect(server.received.length).toBe(1);
  });

  test.each([{ image: 'Not One' }, { image: 'a/b', cores: 0 }, { image: 'a/b', memoryGiB: 0.5 }])(
    '%j is refused',
    async (options) => {
      const apps = appsAt('http://127.0.0.1:9');
      expect(await rejection(apps.create('aaaa1111', options))).toMatchObject({
        code: 'request.invalid',
      });
    },
  );

  test('ids are checked before they become an address', async () => {
    const apps = appsAt('http://127.0.0.1:9');
    for (const id of ['', '../image', 'a/b', '.', 'a b', '%2e']) {
      expect(await rejection(apps.list(id))).toMatchObject({ code: 'request.invalid' });
      expect(await rejection(apps.get('aaaa1111', id))).toMatchObject({ code: 'request.invalid' });
    }
  });
});
