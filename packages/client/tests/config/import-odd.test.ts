import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { importConfiguration } from '../../src/config/import/import.js';
import { loadConfiguration } from '../../src/config/read.js';
import { temporaryDirectory } from './fixtures.js';

let home: string;
let path: string;

beforeEach(async () => {
  home = await temporaryDirectory();
  path = join(home, 'config.yaml');
  await mkdir(join(home, '.canfar'));
});

const tools = { serverName: () => undefined, providerAt: () => undefined };

async function taken(content: unknown, dryRun = false) {
  const text = typeof content === 'string' ? content : stringify(content, { version: '1.1' });
  await writeFile(join(home, '.canfar/config.yaml'), text);
  return importConfiguration({ path, environment: { HOME: home }, tools, dryRun });
}

const leftOut = ({ items }: Awaited<ReturnType<typeof taken>>) =>
  Object.fromEntries(
    items.flatMap(({ setting, outcome, reason }) =>
      outcome === 'left out' ? [[setting, reason]] : [],
    ),
  );
const settings = async () => (await loadConfiguration({ path })).configuration;

const cadc = { idp: 'cadc', mode: 'x509', path: '/home/ada/cert.pem', expiry: 0 };
const canfar = { idp: 'cadc', url: 'https://ws-uv.canfar.net/skaha' };
const file = {
  version: 2,
  active: { authentication: 'cadc', server: 'canfar', servers: { cadc: 'canfar' } },
  authentication: { cadc },
  servers: { canfar },
};

describe('what a file of canfar may lack or have besides', () => {
  test('unknown keys are told at any depth, by name only', async () => {
    const report = await taken({
      ...file,
      telemetry: { hush: 1 },
      active: { ...file.active, theme: 'hush' },
      authentication: {
        cadc: { ...cadc, comment: 'hush' },
        srcnet: {
          idp: 'srcnet',
          mode: 'oidc',
          colour: 'hush',
          endpoints: { token: 'https://x.example/t', introspection: 'hush' },
          client: { identity: 'i', secret: 's', nickname: 'hush' },
          token: { access: 'a', id_token: 'hush' },
          expiry: { access: 1, idle: 4 },
        },
      },
      servers: {
        canfar: {
          ...canfar,
          region: 'hush',
          storage: { arc: { url: 'https://x.example/arc', kind: 'hush' } },
          resources: {
            tapes: 3,
            flexible: { cores: { min: 1, max: 2, step: 1 }, ram: { min: 1, max: 4 }, disk: 1 },
          },
        },
      },
      registry: { username: 'ada', secret: 'pass', email: 'hush' },
      console: { width: 90, theme: 'hush' },
    });
    expect(leftOut(report)).toEqual(
      Object.fromEntries(
        [
          'telemetry',
          'active.theme',
          'authentication.cadc.comment',
          ...['colour', 'endpoints.introspection', 'client.nickname', 'token.id_token'].map(
            (key) => `authentication.srcnet.${key}`,
          ),
          'authentication.srcnet.expiry.idle',
          'servers.canfar.region',
          ...['storage.arc.kind', 'resources.tapes', 'resources.flexible.cores.step'].map(
            (key) => `servers.canfar.${key}`,
          ),
          'servers.canfar.resources.flexible.disk',
          'registry.email',
          'console.theme',
        ].map((setting) => [setting, 'skaha does not know it']),
      ),
    );
    expect(JSON.stringify(report)).not.toContain('hush');
    expect((await settings()).servers['canfar']?.limits?.flexible?.cores).toEqual({
      min: 1,
      max: 2,
    });
  });

  test('values of another kind are told, and the rest is taken', async () => {
    const report = await taken({
      ...file,
      active: { ...file.active, servers: { cadc: 'canfar', srcnet: 'nowhere' } },
      authentication: { cadc, list: [1] },
      servers: { canfar: { ...canfar, version: 1.4, auths: 'x509', resources: 4, storage: [1] } },
      registry: 'me',
      console: { width: 'wide', banner: 1 },
    });
    expect(leftOut(report)).toEqual({
      'authentication.list': 'it is not a map',
      'active.servers.srcnet': 'its server or login was not imported',
      'servers.canfar.version': 'it cannot be understood',
      'servers.canfar.auths': 'it cannot be understood',
      'servers.canfar.resources': 'it is not a map',
      'servers.canfar.storage': 'it is not a map',
      registry: 'it is not a map',
      'console.width': 'it cannot be understood',
      'console.banner': 'it cannot be understood',
    });
    expect((await settings()).active).toBe('canfar');
  });

  const onlyLogin = { server: null, servers: null };
  test.each([
    ['no server in use: the last one of the login', { server: null }, 'canfar', undefined],
    ['none at all: the only one of the login', onlyLogin, 'canfar', undefined],
    ['one that is not listed', { server: 'gone' }, undefined, 'its server was not imported'],
    ['a login that is not listed', { authentication: 'x' }, undefined, 'its login was not'],
  ])('%s', async (_what, change, active, reason) => {
    const report = await taken({ ...file, active: { ...file.active, ...change } });
    expect((await settings()).active).toBe(active);
    expect((await settings()).contexts).toEqual({
      canfar: { server: 'canfar', credential: 'cadc' },
    });
    if (change === onlyLogin)
      expect(report.items.find(({ setting }) => setting === 'active')).toMatchObject({
        outcome: 'taken',
        reason: expect.stringContaining('the only one of the login'),
      });
    const why: unknown = leftOut(report)['active'];
    if (reason === undefined) expect(why).toBeUndefined();
    else expect(why).toContain(reason);
  });

  test('of two servers of the login in use none becomes the active one', async () => {
    const report = await taken({
      ...file,
      active: { authentication: 'cadc', server: null },
      servers: { canfar, other: { ...canfar, url: 'https://b.example/skaha' } },
    });
    expect((await settings()).active).toBeUndefined();
    expect(leftOut(report)['active']).toBe('it names no server');
  });

  test('a login may have another name than its provider; names that become equal stay apart', async () => {
    await taken({
      ...file,
      active: { authentication: 'mine', server: 'my lab' },
      authentication: { mine: cadc },
      servers: { 'my lab': canfar, 'my-lab': { ...canfar, url: 'https://b.example/skaha' } },
    });
    const { active, contexts, servers } = await settings();
    expect({ active, contexts }).toEqual({
      active: 'my-lab',
      contexts: {
        'my-lab': { server: 'my-lab', credential: 'mine' },
        'my-lab-2': { server: 'my-lab-2', credential: 'mine' },
      },
    });
    expect(servers['my-lab-2']?.url).toBe('https://b.example/skaha');
  });

  test('a byte order mark, other line ends and "2" in quotes make no difference', async () => {
    const plain = stringify(file);
    const odd = `\uFEFF${plain.replace('version: 2', 'version: "2"').replaceAll('\n', '\r\n')}`;
    expect((await taken(odd, true)).items).toEqual((await taken(plain, true)).items);
  });
});

test('whatever values a file has, what can be imported is, and our file stays valid', async () => {
  const odd = fc.oneof(
    fc.constantFrom(null, '', ' ', 'x', 'local', 'a b', '-x', 'https://u:p@x.org/skaha', 'v9.9.9'),
    fc.constantFrom(-1, 0, 0.5, 1e300, true, [], {}, ['x'], { min: 3, max: 1 }, '__proto__'),
  );
  const maybe = (value: fc.Arbitrary<unknown>) => fc.oneof({ weight: 4, arbitrary: value }, odd);
  const record = (model: Record<string, unknown>) =>
    maybe(
      fc.record(
        Object.fromEntries(
          Object.entries(model).map(([key, value]) => [
            key,
            value instanceof fc.Arbitrary ? value : maybe(fc.constant(value)),
          ]),
        ),
        { requiredKeys: [] },
      ),
    );
  const range = record({ min: 1, max: 4 });
  const size = record({ cores: range, ram: range });
  const server = record({
    ...canfar,
    name: 'canfar',
    version: 'v1',
    auths: ['x509'],
    uri: 'ivo://cadc.nrc.ca/skaha',
    storage: maybe(
      fc.dictionary(
        fc.constantFrom('arc', 'local', 'a:b', '-x', '__proto__', ''),
        record({ url: 'https://x.org/arc', uri: 'ivo://x/arc' }),
      ),
    ),
    resources: record({ flexible: size, fixed: size, gpus: range, sessions: 3 }),
  });
  const login = record({
    idp: 'srcnet',
    mode: 'oidc',
    endpoints: record({ discovery: 'https://x.org/.well-known/openid-configuration', token: 't' }),
    client: record({ identity: 'i', secret: 's', secret_expires_at: 0 }),
    token: record({ access: 'a', refresh: 'r', token_type: 'Bearer', scope: 'openid' }),
    expiry: record({ access: 1, refresh: 2 }),
  });
  const names = fc.constantFrom('canfar', 'cadc', 'srcnet', 'a b', 'a-b', '1', '__proto__');
  const content = fc.record({
    version: fc.constantFrom(1, 2, '2'),
    active: record({ authentication: 'cadc', server: 'canfar', servers: { cadc: 'canfar' } }),
    authentication: maybe(fc.dictionary(names, fc.oneof(login, record(cadc)))),
    servers: maybe(fc.dictionary(names, server)),
    registry: record({ url: 'https://images.canfar.net', username: 'u', secret: 's' }),
    console: record({ width: 90, banner: true }),
  });
  await fc.assert(
    fc.asyncProperty(content, async (given) => {
      const { items } = await taken(JSON.stringify(given), true);
      expect(Array.isArray(items)).toBe(true);
    }),
    { numRuns: 300 },
  );
});
