import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type DiscoverOptions,
  discover,
  type IdentityProvider,
  identityProvider,
  identityProviders,
  mergeServers,
} from '../../src/discovery/index.js';
import { createNodeTransport } from '../../src/transport/node.js';
import { publicLookup } from '../../src/transport/node-addresses.js';
import { capabilitiesXml, type StandIn, servePlatform, startStandIn } from '../auth/stand-in.js';
import { rejection } from '../fixtures.js';

let standIn: StandIn;
let lab: IdentityProvider;

beforeEach(async () => {
  standIn = await startStandIn();
  servePlatform(standIn);
  lab = {
    key: 'lab',
    name: 'Lab',
    mode: 'oidc',
    registries: [{ name: 'Lab', url: `${standIn.origin}/reg/resource-caps`, development: false }],
    development: true,
    builtIn: false,
  };
});
afterEach(() => standIn[Symbol.asyncDispose]());

const find = (extra: Partial<DiscoverOptions> = {}) =>
  discover({ provider: lab, transport: standIn.transport, ...extra });

const list = (...lines: string[]) =>
  standIn.on('GET /reg/resource-caps', { body: lines.join('\n') });

const platform = (path: string, uri: string): string => {
  const url = `${standIn.origin}/${path}/skaha`;
  standIn.on(`HEAD /${path}/skaha`, {});
  standIn.on(`GET /${path}/skaha/capabilities`, { body: capabilitiesXml(url) });
  return `${uri} = ${url}/capabilities`;
};

test('a server that is up is found, with all that is needed to use it', async () => {
  expect(await find()).toEqual({
    servers: [
      {
        name: 'lab-example-org',
        uri: 'ivo://lab.example.org/skaha',
        url: `${standIn.origin}/skaha`,
        version: 'v1',
        auths: ['x509', 'oidc'],
        provider: 'lab',
        latencyMs: expect.any(Number),
      },
    ],
    skipped: [],
    registries: [{ name: 'Lab', url: `${standIn.origin}/reg/resource-caps`, reason: undefined }],
  });
  expect(standIn.asked()).toEqual([
    'GET /reg/resource-caps',
    'HEAD /skaha',
    'GET /skaha/capabilities',
  ]);
});

describe('what is skipped, and why', () => {
  test('servers that are down, silent or hostile do not hide the others', async () => {
    const { origin } = standIn;
    standIn.on('HEAD /gone/skaha', { status: 404 });
    standIn.on('GET /gone/skaha', { status: 404 });
    standIn.on('HEAD /broken/skaha', 'drop');
    standIn.on('HEAD /wordless/skaha', {});
    standIn.on('GET /wordless/skaha/capabilities', { body: '<a/>' });
    standIn.on('HEAD /elsewhere/skaha', {});
    standIn.on('GET /elsewhere/skaha/capabilities', {
      body: capabilitiesXml('https://evil.example.org/skaha'),
    });
    list(
      `ivo://gone.org/skaha = ${origin}/gone/skaha/capabilities`,
      `ivo://broken.org/skaha = ${origin}/broken/skaha/capabilities`,
      `ivo://wordless.org/skaha = ${origin}/wordless/skaha/capabilities`,
      `ivo://elsewhere.org/skaha = ${origin}/elsewhere/skaha/capabilities`,
      'ivo://plain.org/skaha = http://plain.example.org/skaha/capabilities',
      'ivo://nobody@x y/skaha = https://a.example.org/skaha/capabilities',
      platform('good', 'ivo://good.org/skaha'),
    );
    const { servers, skipped } = await find();
    const { host } = standIn;
    expect(servers.map(({ name }) => name)).toEqual(['good-org']);
    expect(Object.fromEntries(skipped.map(({ uri, reason }) => [uri, reason]))).toEqual({
      'ivo://gone.org/skaha': 'answered with HTTP 404',
      'ivo://broken.org/skaha': `The connection to ${host} broke (ECONNRESET).`,
      'ivo://wordless.org/skaha': `The capabilities of ${host} describe no usable session service.`,
      'ivo://elsewhere.org/skaha': `The capabilities of ${host} refer to another host, which is not trusted.`,
      'ivo://plain.org/skaha': 'its address is not https',
      'ivo://nobody@x y/skaha': 'has an identifier from which no name can be made',
    });
  });

  test.each([200, 204, 302, 401, 403])('an answer %i to HEAD counts as up', async (status) => {
    standIn.on('HEAD /skaha', { status });
    expect((await find()).servers).toHaveLength(1);
  });

  test('a server that knows no HEAD is asked with GET', async () => {
    standIn.on('HEAD /skaha', { status: 405 });
    standIn.on('GET /skaha', { body: 'hello' });
    expect((await find()).servers).toHaveLength(1);
  });

  test('development servers are left out unless asked for', async () => {
    list(platform('dev', 'ivo://dev.example.org/skaha'), platform('good', 'ivo://good.org/skaha'));
    const { skipped } = await find();
    expect(skipped.map(({ uri, reason }) => [uri, reason])).toContainEqual([
      'ivo://dev.example.org/skaha',
      'is a development server',
    ]);
    const { servers } = await find({ dev: true });
    expect(servers.map(({ name }) => name)).toEqual(['dev-example-org', 'good-org']);
  });

  test('of two servers with one name the later one is taken, and the other reported', async () => {
    list(platform('b', 'ivo://x.org/skaha'), platform('a', 'ivo://x.org/skaha'));
    const { servers, skipped } = await find();
    expect(servers.map(({ url }) => url)).toEqual([`${standIn.origin}/b/skaha`]);
    expect(skipped).toMatchObject([{ reason: 'has the same name as another server' }]);
  });

  test('more servers than any federation has are not all asked', async () => {
    list(
      ...Array.from({ length: 300 }, (_, index) =>
        platform(`p${index}`, `ivo://p${index}.org/skaha`),
      ),
    );
    const { servers, skipped } = await find();
    expect(servers).toHaveLength(256);
    expect(skipped).toHaveLength(44);
    expect(skipped[0]?.reason).toBe('comes after the first 256');
  });
});

describe('registries', () => {
  test('one that fails does not hide the others, and is reported', async () => {
    standIn.on('GET /other', { status: 500 });
    const registries = [
      { name: 'Other', url: `${standIn.origin}/other`, development: false },
      ...lab.registries,
    ];
    const found = await find({ provider: { ...lab, registries } });
    expect(found.servers).toHaveLength(1);
    expect(found.registries.map(({ reason }) => reason)).toEqual([
      `${standIn.host} answered with HTTP 500.`,
      undefined,
    ]);
  });

  test('all failing is an error that names each', async () => {
    standIn.on('GET /reg/resource-caps', { status: 503 });
    expect(await rejection(find())).toMatchObject({
      code: 'server.discovery_failed',
      message: `No server of 'lab' could be looked up: Lab: ${standIn.host} answered with HTTP 503.`,
    });
  });

  test('development registries are asked only on request', async () => {
    const [main] = lab.registries;
    const dev = { name: 'Dev', url: `${standIn.origin}/dev`, development: true };
    const provider = { ...lab, registries: main === undefined ? [] : [main, dev] };
    await find({ provider });
    expect(standIn.asked()).not.toContain('GET /dev');
    await find({ provider, dev: true });
    expect(standIn.asked()).toContain('GET /dev');
  });

  test('S13: a registry may redirect, but not from https to http, and not for ever', async () => {
    const { origin, host } = standIn;
    standIn.on('GET /moved', { status: 301, headers: { location: '/reg/resource-caps' } });
    const at = (path: string) => ({
      ...lab,
      registries: [{ name: 'Lab', url: `${origin}${path}`, development: false }],
    });
    expect((await find({ provider: at('/moved') })).servers).toHaveLength(1);
    standIn.on('GET /down', { status: 302, headers: { location: `http://${host}/reg` } });
    expect(await rejection(find({ provider: at('/down') }))).toMatchObject({
      message: expect.stringContaining('redirects to an address that is not https'),
    });
    standIn.on('GET /loop', { status: 302, headers: { location: '/loop' } });
    expect(await rejection(find({ provider: at('/loop') }))).toMatchObject({
      message: expect.stringContaining('redirects more than 5 times'),
    });
    expect(standIn.asked().filter((line) => line === 'GET /loop')).toHaveLength(6);
  });

  test('S15: a document that never ends is cut off', async () => {
    standIn.on('GET /reg/resource-caps', { body: new Uint8Array(1024 * 1024 + 1).fill(61) });
    expect(await rejection(find())).toMatchObject({
      message: expect.stringContaining('sent more than 1024 KiB'),
    });
    const bomb = gzipSync(new Uint8Array(1024 * 1024 + 1));
    standIn.on('GET /reg/resource-caps', { headers: { 'content-encoding': 'gzip' }, body: bomb });
    expect(await rejection(find())).toMatchObject({
      message: expect.stringContaining('sent more than 1024 KiB'),
    });
    standIn.on('GET /reg/resource-caps', 'hang');
    expect(await rejection(find({ timeoutMs: 50 }))).toMatchObject({
      message: expect.stringContaining('did not answer within 0.05 seconds'),
    });
  });

  test('an abort ends it with its own reason', async () => {
    const controller = new AbortController();
    standIn.on('GET /skaha/capabilities', () => {
      controller.abort(new Error('enough'));
      return 'hang';
    });
    expect(await rejection(find({ signal: controller.signal }))).toMatchObject({
      message: 'enough',
    });
  });
});

describe('hostile answers', () => {
  test.each([
    [
      'an entity bomb',
      `<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><c>&b;</c>`,
    ],
    ['an external entity', '<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]><c>&a;</c>'],
    ['depth', '<a>'.repeat(100) + '</a>'.repeat(100)],
    ['number', `<a>${'<b/>'.repeat(10_001)}</a>`],
  ])('S24: %s in capabilities is refused', async (_what, body) => {
    standIn.on('GET /skaha/capabilities', { body });
    const { servers, skipped } = await find();
    expect(servers).toEqual([]);
    expect(skipped).toMatchObject([{ reason: expect.stringContaining('description of itself') }]);
    expect(standIn.requests).toHaveLength(3);
  });

  test('S25: a listed name that leads to this machine is not connected to', async () => {
    const transport = createNodeTransport(
      { root: '', version: '', credential: { mode: 'anonymous' }, registries: {} },
      { concurrency: 1, lookup: publicLookup },
    );
    // The rules for addresses let it pass, so that only the resolver can object.
    const error = await rejection(find({ transport }));
    expect(error).toMatchObject({
      message: expect.stringContaining('leads to an address that is not public'),
    });
    expect(standIn.requests).toEqual([]);
    await transport.close();
  });

  test('S11: a registry whose certificate is not trusted is not believed', async () => {
    const transport = createNodeTransport(
      { root: '', version: '', credential: { mode: 'anonymous' }, registries: {} },
      { concurrency: 1 },
    );
    expect(await rejection(find({ transport }))).toMatchObject({
      message: expect.stringContaining('is not signed by an authority that this machine trusts'),
    });
    expect(standIn.requests).toEqual([]);
    await transport.close();
  });
});

describe('the catalogue of identity providers', () => {
  test('has the two that are built in, and the user’s own', () => {
    const own = { mode: 'oidc' as const, registry: 'https://r.org/reg', issuer: 'https://i.org/' };
    const all = identityProviders({ providers: { mine: own } });
    expect(all.map(({ key, mode, builtIn }) => [key, mode, builtIn])).toEqual([
      ['cadc', 'x509', true],
      ['srcnet', 'oidc', true],
      ['mine', 'oidc', false],
    ]);
    expect(all[2]?.discovery).toBe('https://i.org/.well-known/openid-configuration');
  });

  test('an own one replaces a built-in one of the same key', () => {
    const own = { mode: 'x509' as const, name: 'Ours', registry: ['https://r.org/reg'] };
    expect(identityProvider('cadc', { providers: { cadc: own } })).toMatchObject({
      name: 'Ours',
      builtIn: false,
    });
  });

  test('one without an issuer is an error that names it', () => {
    const own = { mode: 'oidc' as const, registry: 'https://r.org/reg' };
    expect(() => identityProviders({ providers: { mine: own } })).toThrow(
      "The identity provider 'mine' in the configuration has no issuer.",
    );
  });
});

describe('merging what was found', () => {
  const server = { version: 'v1', auths: ['oidc'], provider: 'lab' };
  const found = { ...server, name: 'x', uri: 'ivo://x.org/skaha', url: 'https://x.org/skaha' };
  const empty = () => ({
    schema: 'skaha' as const,
    version: 1 as const,
    contexts: {},
    servers: {},
    credentials: {},
    registries: {},
    console: {},
  });

  test('overwrites what was found out, keeps the rest, and forgets nothing', () => {
    const draft = {
      ...empty(),
      servers: {
        x: { provider: 'lab', url: 'https://old.org/skaha', ca: 'ca.pem' },
        y: { provider: 'lab', url: 'https://y.org/skaha' },
      },
    };
    expect(mergeServers(draft, [found])).toEqual(['x']);
    expect(draft.servers.x).toEqual({
      provider: 'lab',
      uri: found.uri,
      url: found.url,
      ca: 'ca.pem',
      version: 'v1',
      auths: ['oidc'],
    });
    expect(draft.servers.y).toBeDefined();
  });

  test('a name that belongs to another is left to it', () => {
    const draft = {
      ...empty(),
      servers: {
        x: { provider: 'other', url: 'https://x.org/skaha' },
        mine: { url: 'https://mine.org/skaha' },
      },
    };
    const named = {
      ...server,
      name: 'mine',
      uri: 'ivo://mine.net/skaha',
      url: 'https://mine.net/skaha',
    };
    expect(mergeServers(draft, [found, named])).toEqual(['x-lab', 'mine-lab']);
    expect(draft.servers.x.provider).toBe('other');
    expect(draft.servers.mine).toEqual({ url: 'https://mine.org/skaha' });
    expect(mergeServers(draft, [found])).toEqual(['x-lab']);
  });

  test('a server that the user has added keeps the name it was given', () => {
    const draft = { ...empty(), servers: { ours: { url: found.url, insecure: false } } };
    expect(mergeServers(draft, [found], { ca: 'ca.pem' })).toEqual(['ours']);
    expect(draft.servers.ours).toMatchObject({ insecure: false, ca: 'ca.pem', version: 'v1' });
  });
});
