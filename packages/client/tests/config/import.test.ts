import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import {
  type ImportOptions,
  type ImportReport,
  importConfiguration,
} from '../../src/config/import/import.js';
import { loadConfiguration } from '../../src/config/read.js';
import { isSkahaError } from '../../src/errors/index.js';
import { failure, temporaryDirectory } from './fixtures.js';

const iam = 'https://ska-iam.stfc.ac.uk/.well-known/openid-configuration';
const names: Record<string, string> = {
  'ivo://cadc.nrc.ca/skaha': 'canfar',
  'ivo://swesrc.chalmers.se/skaha': 'sweSRC',
};
const tools: ImportOptions['tools'] = {
  serverName: (uri) => names[uri],
  providerAt: (discovery) =>
    discovery === iam ? { key: 'srcnet', issuer: 'https://ska-iam.stfc.ac.uk/' } : undefined,
};

let home: string;
let path: string;

beforeEach(async () => {
  home = await temporaryDirectory();
  path = join(home, '.config/skaha/config.yaml');
});

async function write(file: string, content: unknown): Promise<string> {
  const full = join(home, file);
  await mkdir(dirname(full), { recursive: true });
  const text = typeof content === 'string' ? content : stringify(content, { version: '1.1' });
  await writeFile(full, text, { mode: 0o644 });
  return text;
}

const run = (extra: Partial<ImportOptions> = {}): Promise<ImportReport> =>
  importConfiguration({ path, environment: { HOME: home }, tools, ...extra });

const settings = async () => (await loadConfiguration({ path })).configuration;

const outcomes = ({ items }: ImportReport) =>
  Object.fromEntries(items.map(({ setting, outcome, reason }) => [setting, reason ?? outcome]));

const login = (suffix: string, refresh = 1757190000) => ({
  mode: 'oidc',
  client: { identity: 'me', secret: `hush-client-${suffix}` },
  endpoints: { device: 'https://ska-iam.stfc.ac.uk/devicecode', discovery: iam, token: `${iam}/t` },
  expiry: { access: 1754600000.5, refresh },
  token: { access: `hush-access-${suffix}`, refresh: `hush-refresh-${suffix}` },
});
const sweden = {
  name: 'SRCnet-Sweden',
  uri: 'ivo://swesrc.chalmers.se/skaha',
  url: 'https://services.swesrc.chalmers.se/skaha',
  version: 'v0',
};
const canfar = {
  name: 'CADC-CANFAR',
  uri: 'ivo://cadc.nrc.ca/skaha',
  url: 'https://ws-uv.canfar.net/skaha/',
  version: 'v0',
};
const certificate = { mode: 'x509', path: '/home/ada/.ssl/cadcproxy.pem', expiry: 0 };

const older = {
  active: 'SRCnet-Sweden',
  contexts: {
    'SRCnet-Sweden': { ...login('old'), server: sweden },
    default: { ...certificate, server: canfar },
  },
  registry: { url: 'https://images.canfar.net/', username: 'ada', secret: 'hush-registry' },
};

const newer = {
  active: {
    authentication: 'cadc',
    server: 'canfar',
    servers: { cadc: 'canfar', srcnet: 'sweSRC' },
  },
  authentication: {
    cadc: { idp: 'cadc', ...certificate, expiry: 1786000000 },
    srcnet: { idp: 'srcnet', ...login('new') },
  },
  console: { banner: false, width: 100, file: '/tmp/x' },
  registry: { username: 'ada', secret: 'hush-registry' },
  servers: {
    canfar: {
      ...canfar,
      idp: 'cadc',
      version: 'v1',
      auths: ['x509'],
      cores: 16,
      ram: 192,
      gpus: 0,
    },
    sweSRC: { ...sweden, idp: 'srcnet', version: 'v1', auths: ['oidc'] },
  },
  version: 1,
};

describe('the newer client', () => {
  test('logins, servers, pairs, registry and console are taken; dates of certificates are not', async () => {
    const text = await write('.canfar/config.yaml', newer);
    const report = await run();
    expect(await settings()).toMatchObject({
      active: 'canfar',
      contexts: {
        canfar: { server: 'canfar', credential: 'cadc' },
        sweSRC: { server: 'sweSRC', credential: 'srcnet' },
      },
      servers: {
        canfar: {
          url: 'https://ws-uv.canfar.net/skaha',
          version: 'v1',
          provider: 'cadc',
          auths: ['x509'],
          defaults: { cores: 16, memory: 192, gpus: 0 },
        },
      },
      credentials: {
        cadc: {
          mode: 'x509',
          provider: 'cadc',
          path: '/home/ada/.ssl/cadcproxy.pem',
          server: 'canfar',
        },
        srcnet: {
          mode: 'oidc',
          issuer: 'https://ska-iam.stfc.ac.uk/',
          client: { identity: 'me', secret: 'hush-client-new' },
          token: { access: 'hush-access-new', refresh: 'hush-refresh-new' },
          server: 'sweSRC',
        },
      },
      registries: { 'images.canfar.net': { username: 'ada', secret: 'hush-registry' } },
      console: { banner: false, width: 100 },
    });
    expect((await settings()).credentials['cadc']).not.toHaveProperty('expiry');
    expect(outcomes(report)['console.file']).toBe('skaha does not know it');
    expect(await readFile(join(home, '.canfar/config.yaml'), 'utf8')).toBe(text);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  test('the report and every error hold no secret', async () => {
    await write('.canfar/config.yaml', newer);
    expect(JSON.stringify(await run())).not.toContain('hush');
    await write('broken.yaml', 'authentication: {x: {token: {access: hush-broken}}\n  - hush');
    const error = await failure(run({ file: join(home, 'broken.yaml') }), 'config.invalid');
    expect(`${error.message} ${error.hint} ${error.stack}`).not.toContain('hush');
  });

  test('a second import changes nothing', async () => {
    await write('.canfar/config.yaml', newer);
    await run();
    const text = await readFile(path, 'utf8');
    const again = await run();
    expect(again.changed).toBe(false);
    expect(again.items.filter(({ outcome }) => outcome === 'taken')).toEqual([]);
    expect(await readFile(path, 'utf8')).toBe(text);
  });

  test('what cannot be used is left out, with its reason', async () => {
    await write('.canfar/config.yaml', {
      version: 1,
      active: { authentication: 'gone', server: 'gone' },
      authentication: {
        cadc: { mode: 'x509' },
        masked: { mode: 'oidc', token: { access: '**********' } },
        '1st': { mode: 'x509', path: '/x' },
        odd: { mode: 'password' },
        list: [],
      },
      servers: { a: { idp: 'cadc' }, b: { url: 'ftp://x' }, c: 'text' },
      registry: { username: 'ada' },
      wonder: 1,
    });
    const report = await run({ dryRun: true });
    expect(outcomes(report)).toEqual({
      'authentication.cadc': 'it has no certificate file',
      'authentication.masked': 'it contains no tokens',
      'authentication.1st': 'its name is not valid',
      'authentication.odd': 'its mode is not known',
      'authentication.list': 'it is not a map',
      'servers.a': 'it has no url',
      'servers.b': 'its url is not valid',
      'servers.c': 'it is not a map',
      registry: 'user name or secret is missing',
      active: 'its server was not imported, or is not in the file',
      wonder: 'skaha does not know it',
    });
    expect(report.changed).toBe(false);
  });

  test('a pair across providers gets a context of its own', async () => {
    await write('.canfar/config.yaml', {
      ...newer,
      active: { authentication: 'srcnet', server: 'canfar' },
    });
    await run();
    const { active, contexts } = await settings();
    expect(active).toBe('canfar-srcnet');
    expect(contexts['canfar-srcnet']).toEqual({ server: 'canfar', credential: 'srcnet' });
  });
});

describe('the older client', () => {
  test('bundles become logins, servers and contexts; v0 is looked up again', async () => {
    await write('.skaha/config.yaml', older);
    await run();
    const found = await settings();
    expect(found.active).toBe('SRCnet-Sweden');
    expect(found.contexts).toEqual({
      'SRCnet-Sweden': { server: 'sweSRC', credential: 'srcnet' },
      default: { server: 'canfar', credential: 'cadc' },
    });
    expect(found.servers['canfar']).toEqual({
      uri: 'ivo://cadc.nrc.ca/skaha',
      url: 'https://ws-uv.canfar.net/skaha',
      provider: 'cadc',
    });
    expect(found.credentials['srcnet']).toMatchObject({
      provider: 'srcnet',
      token: { refresh: 'hush-refresh-old' },
      expiry: { access: 1754600000.5 },
      server: 'sweSRC',
    });
  });

  test('the shape without version is read under ~/.canfar too', async () => {
    await write('.canfar/config.yaml', { ...older, console: { width: 90 } });
    await run();
    expect((await settings()).console.width).toBe(90);
    expect(Object.keys((await settings()).contexts)).toHaveLength(2);
  });

  test('of several logins of one provider the one in use is taken, else the one that lasts', async () => {
    const contexts = {
      one: { ...login('one', 10), server: sweden },
      two: { ...login('two', 30), server: { ...sweden, uri: 'ivo://x.org/skaha', name: 'X' } },
      three: { ...login('three', 20), server: sweden },
    };
    await write('.skaha/config.yaml', { active: 'one', contexts });
    await run();
    expect((await settings()).credentials['srcnet']).toMatchObject({
      token: { access: 'hush-access-one' },
    });
    expect(Object.keys((await settings()).contexts)).toHaveLength(2);
    await write('.skaha/config.yaml', { active: 'gone', contexts });
    await run({ force: true });
    expect((await settings()).credentials['srcnet']).toMatchObject({
      token: { access: 'hush-access-two' },
    });
  });

  test('a provider that is not known is named after its host, another certificate after its context', async () => {
    const endpoints = { discovery: 'https://iam.example.org/.well-known/openid-configuration' };
    await write('.skaha/config.yaml', {
      contexts: {
        default: { ...certificate, server: canfar },
        other: { ...certificate, path: '/home/ada/other.pem', server: canfar },
        'My Lab': { ...login('lab'), endpoints, server: { ...sweden, uri: null, name: null } },
      },
    });
    await run();
    const { credentials, contexts, servers } = await settings();
    expect(Object.keys(credentials).sort()).toEqual(['cadc', 'cadc-other', 'iam-example-org']);
    expect(contexts['My-Lab']).toEqual({
      server: 'services-swesrc-chalmers-se',
      credential: 'iam-example-org',
    });
    expect(contexts['other']).toEqual({ server: 'canfar', credential: 'cadc-other' });
    expect(Object.keys(servers)).toHaveLength(2);
  });

  test('booleans, long text and escapes are those of YAML 1.1', async () => {
    await write(
      '.canfar/config.yaml',
      'version: 1\nconsole: {banner: no, width: 0x50}\nregistry:\n  username: "\\u00E4da"\n  secret: hush\n    folded\n',
    );
    await run();
    expect((await settings()).console).toEqual({ banner: false, width: 80 });
    expect((await settings()).registries['images.canfar.net']).toEqual({
      username: 'äda',
      secret: 'hush folded',
    });
  });
});

describe('several sources', () => {
  test('the newer file comes first, the older one adds what only it has', async () => {
    await write('.canfar/config.yaml', {
      version: 1,
      active: { authentication: 'cadc', server: 'canfar' },
      authentication: { cadc: newer.authentication.cadc },
      servers: { canfar: newer.servers.canfar },
    });
    await write('.skaha/config.yaml', older);
    const report = await run();
    expect(report.files).toEqual(['.canfar', '.skaha'].map((d) => join(home, d, 'config.yaml')));
    const found = await settings();
    expect(found.active).toBe('canfar');
    expect(found.servers['canfar']?.version).toBe('v1');
    expect(Object.keys(found.contexts).sort()).toEqual(['SRCnet-Sweden', 'canfar']);
    expect(outcomes(report)['contexts.default']).toContain("the same pair as the context 'canfar'");
  });

  test('settings of our own are kept, comments too, unless force is set', async () => {
    await write('.canfar/config.yaml', newer);
    const own =
      'schema: skaha\nversion: 1\nconsole: { width: 77 } # mine\nregistries:\n  images.canfar.net: { username: bob, secret: own }\n';
    await write('.config/skaha/config.yaml', own);
    const report = await run();
    expect(outcomes(report)['console.width']).toBe('a setting of that name exists');
    expect((await settings()).console).toEqual({ width: 77, banner: false });
    expect((await settings()).registries['images.canfar.net']?.username).toBe('bob');
    expect(await readFile(path, 'utf8')).toContain('# mine');
    await run({ force: true });
    expect((await settings()).console.width).toBe(100);
    expect((await settings()).registries['images.canfar.net']?.username).toBe('ada');
  });

  test('force never lets the older file win over the newer one', async () => {
    await write('.canfar/config.yaml', newer);
    await write('.skaha/config.yaml', older);
    await run();
    const text = await readFile(path, 'utf8');
    await run({ force: true });
    expect(await readFile(path, 'utf8')).toBe(text);
  });

  test('one broken file does not keep the other from being imported', async () => {
    await write('.canfar/config.yaml', 'x: [');
    await write('.skaha/config.yaml', older);
    const report = await run();
    expect(report.items[0]).toMatchObject({ setting: '(all)', outcome: 'left out' });
    expect((await settings()).active).toBe('SRCnet-Sweden');
  });

  test('a dry run writes nothing, and says the same', async () => {
    await write('.canfar/config.yaml', newer);
    const dry = await run({ dryRun: true });
    await failureOf(stat(path));
    expect(await run()).toEqual(dry);
  });
});

const failureOf = (work: Promise<unknown>) =>
  expect(work).rejects.toMatchObject({ code: 'ENOENT' });

test.each([
  ['nothing there', undefined, 'neither'],
  ['text', 'just words', 'contains no settings'],
  ['a list', '[1, 2]', 'contains no settings'],
  ['another version', 'version: 7', 'those that can be imported, 1 and 2'],
  ['our own file', 'schema: skaha\nversion: 1', 'belongs to skaha itself'],
  ['a Python object', 'a: !!python/object:os.system hush', 'not valid YAML'],
  ['a bomb', `a: &a [x]\n${Array.from({ length: 40 }, () => '- *a').join('\n')}`, 'not valid YAML'],
])('%s is one clear error, and nothing is written', async (_what, text, reason) => {
  if (text !== undefined) await write('.canfar/config.yaml', text);
  const error = await failure(run(), 'config.invalid');
  expect(error.message).toContain(reason);
  expect(error.hint).toBeTruthy();
  await failureOf(stat(path));
});

test('an empty file is nothing to take', async () => {
  await write('.skaha/config.yaml', '');
  expect(await run()).toMatchObject({ items: [], changed: false });
});

test('whatever a file holds, the import ends well or with an error of ours', async () => {
  const value = fc.anything({
    maxDepth: 4,
    key: fc.constantFrom(
      'version',
      'active',
      'contexts',
      'authentication',
      'servers',
      'registry',
      'console',
      'mode',
      'path',
      'url',
      'idp',
      'token',
      'access',
      'server',
      'x y',
      '__proto__',
      'a.b',
    ),
    values: [fc.constantFrom('x509', 'oidc', 'https://x.org/skaha', 'v0', '/p', 1, true, null)],
  });
  await fc.assert(
    fc.asyncProperty(value, async (content) => {
      let text: string;
      try {
        text = JSON.stringify(content) ?? '';
      } catch {
        return;
      }
      await write('any.yaml', text);
      const ended = await run({ file: join(home, 'any.yaml'), dryRun: true }).catch(
        (error) => error,
      );
      expect(isSkahaError(ended) || Array.isArray(ended.items)).toBe(true);
    }),
    { numRuns: 150 },
  );
});
