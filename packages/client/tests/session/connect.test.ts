import { expect, test } from 'vitest';
import { requestPageLink } from '../../src/session/connect.js';
import { coreFor, type Reply, rejection, testServer } from '../fixtures.js';

const page = { id: 'aaaa1111', url: 'https://127.0.0.1:8443/session/notebook/aaaa1111/' };

async function linkFrom(reply: Reply, url = page.url) {
  await using server = await testServer(() => reply);
  const core = coreFor(server.url);
  const link = await requestPageLink(core, { ...page, url }, {}).finally(() => core.close());
  return { link, asked: server.received.map(({ method, path }) => `${method} ${path}`) };
}

const made = (url: string): Reply => ({ body: JSON.stringify({ url, expires_in: 60 }) });

test('the platform of this machine makes a link that works once', async () => {
  const url = 'http://127.0.0.1:9000/enter/abc';
  const { link, asked } = await linkFrom(made(url));
  expect(link).toEqual({ url, lifetimeMs: 60_000 });
  expect(asked).toEqual([expect.stringMatching(/^POST .*\/page-links$/)]);
});

test('another server is not asked', async () => {
  const url = 'https://ws-uv.canfar.net/session/notebook/aaaa1111/';
  expect(await linkFrom({ status: 500 }, url)).toEqual({
    link: { url, lifetimeMs: undefined },
    asked: [],
  });
});

test.each<[string, Reply]>([
  ['leads to another machine', made('http://evil.example/enter/abc')],
  ['is no web page', made('file:///etc/passwd')],
  ['is none', { body: '{}' }],
  ['an older platform does not know', { status: 405, body: 'not allowed' }],
])('the address itself stays the answer for a link that %s', async (_what, reply) => {
  expect((await linkFrom(reply)).link).toEqual({ url: page.url, lifetimeMs: undefined });
});

test('what the platform refuses is an error', async () => {
  const refused: Reply = { status: 403, headers: { 'content-type': 'text/plain' }, body: 'no' };
  expect(await rejection(linkFrom(refused))).toMatchObject({ status: 403 });
});
