import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CallbackTokens } from '@skaha/engine/http/callback-tokens.js';
import { type Oddity, oddities } from '@skaha/engine/oddities.js';
import { dataLayout } from '@skaha/service/data.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Platform } from '../../src/types.js';
import {
  create,
  discard,
  form,
  formType,
  openPlatform,
  post,
  roomy,
  send,
  testPlatform,
  until,
} from '../fixtures.js';

/** The same platform, with its oddities and without. */
const pair: { strict?: Platform; better?: Platform } = {};

beforeAll(async () => {
  const start = (strict: boolean) =>
    openPlatform({
      data: mkdtempSync(join(tmpdir(), 'skaha-strict-')),
      port: 0,
      user: 'adastra',
      config: roomy,
      faults: ['slow-queue'],
      strict,
    });
  pair.strict = await start(true);
  pair.better = await start(false);
});

afterAll(async () => {
  for (const platform of Object.values(pair)) {
    await platform.stop();
    await discard(platform.data);
  }
});

const session = '/skaha/v1/session';

async function desktopWithApp(platform: Platform): Promise<string> {
  const desktop = await create(platform, { type: 'desktop' });
  const body = form([['image', 'x/y:1']]);
  await send(platform, 'POST', `${session}/${desktop}/app`, { headers: formType, body });
  return desktop;
}

/** What shows each oddity: the same request to both platforms. */
const shows: Readonly<Record<Oddity, (platform: Platform) => Promise<unknown>>> = {
  'anonymous-400': async (platform) => {
    const { status, body } = await send(platform, 'GET', session, { token: null });
    return [status, body];
  },
  'credential-echo': async (platform) => {
    const ask = async (headers: Record<string, string>) =>
      (await send(platform, 'GET', session, { token: null, headers })).body;
    return [
      await ask({ authorization: 'Digest swordfish' }),
      await ask({ authorization: 'swordfish' }),
      await ask({ cookie: 'CADC_SSO=swordfish' }),
    ];
  },
  'hidden-refusal': async (platform) => {
    const { status, body } = await post(platform, { name: 'ends-' });
    const app = await post(platform, { type: 'desktop-app' });
    return [status, body.split(':')[0], app.status];
  },
  'queued-events': async (platform) => {
    const id = await create(platform);
    const { status, body } = await send(platform, 'GET', `${session}/${id}?view=events`);
    return [status, body.replace(id, 'ID').split(/\s/)[0]];
  },
  'desktop-events': async (platform) => {
    const desktop = await desktopWithApp(platform);
    platform.faults.clear();
    // What waits has no events on a strict platform.
    const { body } = await until(async () => {
      const answer = await send(platform, 'GET', `${session}/${desktop}?view=events`);
      return answer.status === 200 ? answer : undefined;
    });
    platform.faults.inject('slow-queue');
    return body.split(/\s/)[0];
  },
  'whole-logs': async (platform) => {
    platform.faults.clear();
    const id = await create(platform, { cmd: 'echo', args: 'one two' });
    const path = `${session}/${id}?view=logs`;
    await until(async () => (await send(platform, 'GET', path)).body || undefined);
    platform.faults.inject('slow-queue');
    const { status, body, headers } = await send(platform, 'GET', path, {
      headers: { range: 'bytes=4-' },
    });
    return [status, body, headers['accept-ranges'], headers['content-range']];
  },
  'limit-as-text': async (platform) =>
    JSON.parse((await send(platform, 'GET', '/skaha/v1/context')).body).maxInteractiveSessions,
  'always-v0': async (platform) =>
    (await send(platform, 'GET', '/skaha/capabilities')).body.includes('/skaha/v0<'),
  'patch-501': async (platform) => (await send(platform, 'PATCH', session)).status,
  'container-methods': async (platform) => {
    const options = await send(platform, 'OPTIONS', session);
    const trace = await send(platform, 'TRACE', session);
    const paths = ['/skaha', '/skaha/', '/skaha/availability', '/skaha/capabilities'];
    const others = await Promise.all(paths.map((path) => send(platform, 'TRACE', path)));
    const isSame = others.every(({ body }) => body === trace.body);
    return [options.headers.allow, trace.status, trace.headers['content-type'], isSame];
  },
  'open-callback': async (platform) => {
    const desktop = await create(platform, { type: 'desktop' });
    const headers = {
      'x-auth-token-skaha': new CallbackTokens(dataLayout(platform.data)).issue(desktop),
    };
    const ask = async () => (await send(platform, 'GET', session, { token: null, headers })).status;
    const before = await ask();
    await send(platform, 'DELETE', `${session}/${desktop}`);
    return [before, await ask()];
  },
  'open-pages': async (platform) => {
    const image = 'images.canfar.net/skaha/webpage:latest';
    const id = await create(platform, { type: 'contributed', image });
    const { status } = await send(platform, 'GET', `/session/contrib/${id}/`, { token: null });
    return status !== 401;
  },
};

const expected: Readonly<Record<Oddity, { strict: unknown; better: unknown }>> = {
  'anonymous-400': {
    strict: [400, 'cannot get group memberships for anonymous\n'],
    better: [401, 'Unauthorized\n'],
  },
  'credential-echo': {
    strict: [
      'unhandled auth: Authorization Digest swordfish',
      'BUG: invalid authorization swordfish',
      'invalid cookie: Bad token.swordfish',
    ],
    better: [
      'unhandled auth: Authorization **********',
      'BUG: invalid authorization **********',
      'invalid cookie: Bad token.',
    ],
  },
  'hidden-refusal': {
    strict: [500, 'unexpected exception', 500],
    better: [400, "'ends-' cannot be a host name", 400],
  },
  'queued-events': { strict: [404, 'session'], better: [200, 'TYPE'] },
  'desktop-events': { strict: '<none>', better: 'TYPE' },
  'whole-logs': {
    strict: [200, 'one two\n', undefined, undefined],
    better: [206, 'two\n', 'bytes', 'bytes 4-7/8'],
  },
  'limit-as-text': { strict: '5', better: 5 },
  'always-v0': { strict: true, better: false },
  'patch-501': { strict: 501, better: 405 },
  'container-methods': {
    strict: ['GET, HEAD, POST, PUT, DELETE, TRACE, OPTIONS', 405, 'text/html;charset=utf-8', true],
    better: ['GET, POST, DELETE', 405, 'text/plain', false],
  },
  'open-callback': { strict: [200, 500], better: [403, 403] },
  'open-pages': { strict: true, better: false },
};

test.each(Object.keys(oddities) as Oddity[])('%s', async (name) => {
  const { strict, better } = pair;
  if (strict === undefined || better === undefined) throw new Error('no platforms');
  expect(await shows[name](strict)).toEqual(expected[name].strict);
  expect(await shows[name](better)).toEqual(expected[name].better);
});

test('the documentation lists exactly these oddities', () => {
  const path = fileURLToPath(
    new URL('../../../../docs/local-platform-differences.md', import.meta.url),
  );
  const named = [...readFileSync(path, 'utf8').matchAll(/^\| `([\w-]+)` \|/gm)].map(
    ([, name]) => name,
  );
  expect(named).toEqual(Object.keys(oddities));
});

test('some oddities alone, or all but one', async () => {
  const statusOf = async (platform: Platform) =>
    (await send(platform, 'GET', session, { token: null })).status;
  const some = { ...roomy, compatibility: { strict: ['anonymous-400' as const] } };
  const one = await testPlatform({ config: some });
  expect([await statusOf(one), await shows['limit-as-text'](one)]).toEqual([400, 5]);
  const rest = { ...roomy, compatibility: { strict: true, anonymousStatus: 401 as const } };
  const two = await testPlatform({ config: rest });
  expect([await statusOf(two), await shows['limit-as-text'](two)]).toEqual([401, '5']);
});
