import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SkahaClient } from 'skaha/internal/client.js';
import { importConfiguration } from 'skaha/internal/config/import/index.js';
import { loadConfiguration } from 'skaha/internal/config/index.js';
import { isSkahaError } from 'skaha/internal/errors/index.js';
import { beforeEach, describe, expect, test } from 'vitest';
import { failure, temporaryDirectory } from '../../../../client/tests/config/fixtures.js';
import { runSkaha } from '../../harness.js';

let home: string;
let path: string;

beforeEach(async () => {
  home = await temporaryDirectory();
  path = join(home, '.config/skaha/config.yaml');
});

async function write(text: string): Promise<void> {
  const file = join(home, '.canfar/config.yaml');
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text, { mode: 0o600 });
}

const tools = { serverName: () => undefined, providerAt: () => undefined };
const run = () => importConfiguration({ path, environment: { HOME: home }, tools });
const settings = async () => (await loadConfiguration({ path })).configuration;
const shell = (...argv: string[]) =>
  runSkaha(argv, {
    terminal: { env: { HOME: home } },
    services: { connect: async (options) => new SkahaClient({ ...options, config: path }) },
  });

/** As version 1.5.2 writes it after a login with a certificate and one with tokens. */
const version2 = `
active:
  authentication: srcnet
  server: canSRC
  servers:
    cadc: canfar
    srcnet: canSRC
authentication:
  cadc:
    expiry: 1798700000.0
    idp: cadc
    mode: x509
    path: /home/ada/.ssl/cadcproxy.pem
  srcnet:
    client:
      identity: hush-id
      secret: hush-secret
      secret_expires_at: 1830000000
    endpoints:
      device: https://iam.example.org/devicecode
      discovery: https://iam.example.org/.well-known/openid-configuration
      registration: https://iam.example.org/iam/api/client-registration
      token: https://iam.example.org/token
    expiry:
      access: 1795000000.0
      refresh: 1797000000.0
    mode: oidc
    token:
      access: hush-access
      refresh: hush-refresh
      scope: openid profile offline_access
      token_type: Bearer
console:
  banner: false
  width: 130
registry:
  secret: null
  url: https://images.canfar.net/
  username: null
servers:
  canSRC:
    auths: [oidc]
    idp: srcnet
    name: canSRC
    resources: null
    storage:
      canSRC:
        uri: ivo://canfar.net/src/cavern
        url: https://src.canfar.net/cavern
    uri: ivo://canfar.net/src/skaha
    url: https://src.canfar.net/skaha
    version: v1
  canfar:
    auths: [x509, oidc]
    idp: cadc
    name: canfar
    resources:
      fixed:
        cores: {max: 32, min: 1}
        ram: {max: 192, min: 1}
      flexible:
        cores: {max: 8, min: 2}
        ram: {max: 32, min: 4}
      gpus: {max: 0, min: 0}
      sessions: 3
    storage:
      arc:
        uri: ivo://cadc.nrc.ca/arc
        url: https://ws-uv.canfar.net/arc
      vault:
        uri: ivo://cadc.nrc.ca/vault
        url: https://cadc-west-01.canfar.net/vault
    uri: ivo://cadc.nrc.ca/skaha
    url: https://ws-uv.canfar.net/skaha
    version: v1
version: 2
`;

/** As version 1.4.1 writes it. */
const version1 = `
active: {authentication: cadc, server: canfar}
authentication:
  cadc: {expiry: 0.0, mode: x509, path: /home/ada/.ssl/cadcproxy.pem}
console: {banner: true, width: 120, file: /home/ada/log}
registry: {secret: null, url: null, username: null}
servers:
  canfar:
    auths: [x509]
    cores: 2
    gpus: 0
    idp: cadc
    ram: 8
    status: null
    uri: ivo://cadc.nrc.ca/skaha
    url: https://ws-uv.canfar.net/skaha
    version: v1
version: 1
`;

/** As version 1.5.2 makes it of the one above. */
const migrated = version1
  .replace('    cores: 2\n    gpus: 0\n', '')
  .replace('    ram: 8\n    status: null\n', '    resources: null\n    storage: {}\n')
  .replace(', file: /home/ada/log', '')
  .replace('server: canfar}', 'server: canfar, servers: {cadc: canfar}}')
  .replace('version: 1\n', 'version: 2\n');

describe('version 2', () => {
  test('is taken whole', async () => {
    await write(version2);
    const { items } = await run();
    expect(
      items.filter(({ outcome }) => outcome !== 'taken').map(({ setting }) => setting),
    ).toEqual(['registry']);
    const { active, contexts, credentials, servers, console: look } = await settings();
    expect(active).toBe('canSRC');
    expect(contexts).toEqual({
      canSRC: { server: 'canSRC', credential: 'srcnet' },
      canfar: { server: 'canfar', credential: 'cadc' },
    });
    expect(credentials['cadc']).toMatchObject({ mode: 'x509', server: 'canfar' });
    expect(credentials['srcnet']).toMatchObject({
      server: 'canSRC',
      client: { identity: 'hush-id', secret: 'hush-secret', secret_expires_at: 1830000000 },
      token: { access: 'hush-access', refresh: 'hush-refresh' },
      expiry: { access: 1795000000, refresh: 1797000000 },
    });
    expect(servers['canfar']).toEqual({
      uri: 'ivo://cadc.nrc.ca/skaha',
      url: 'https://ws-uv.canfar.net/skaha',
      version: 'v1',
      auths: ['x509', 'oidc'],
      provider: 'cadc',
      defaults: { cores: 8, memory: 32, gpus: 0 },
      limits: {
        flexible: { cores: { min: 2, max: 8 }, memory: { min: 4, max: 32 } },
        fixed: { cores: { min: 1, max: 32 }, memory: { min: 1, max: 192 } },
        gpus: { min: 0, max: 0 },
        sessions: 3,
      },
      storage: {
        arc: { uri: 'ivo://cadc.nrc.ca/arc', url: 'https://ws-uv.canfar.net/arc' },
        vault: { uri: 'ivo://cadc.nrc.ca/vault', url: 'https://cadc-west-01.canfar.net/vault' },
      },
    });
    expect(servers['canSRC']).toMatchObject({ storage: { canSRC: expect.anything() } });
    expect(servers['canSRC']).not.toHaveProperty('limits');
    expect(look).toEqual({ banner: false, width: 130 });
    expect((await loadConfiguration({ path })).warnings).toEqual([]);
  });

  test.each([
    ['version 1.4.1 wrote', version1],
    ['version 1.5.2 made of it', migrated],
  ])('what %s leads to the same login and server', async (_who, text) => {
    await write(text);
    await run();
    const { active, contexts, credentials, servers } = await settings();
    expect({ active, contexts }).toEqual({
      active: 'canfar',
      contexts: { canfar: { server: 'canfar', credential: 'cadc' } },
    });
    expect(credentials['cadc']).toMatchObject({ server: 'canfar' });
    expect(servers['canfar']).toMatchObject({ url: 'https://ws-uv.canfar.net/skaha' });
  });

  test('what is not understood is told', async () => {
    await write(
      version2
        .replace('sessions: 3', 'sessions: many\n      quantum: {min: 0, max: 1}')
        .replace('gpus: {max: 0, min: 0}', 'gpus: {max: 1, min: 5}')
        .replace('url: https://cadc-west-01.canfar.net/vault', 'url: none')
        .replace('    name: canfar\n', '    name: canfar\n    colour: blue\n'),
    );
    const { items } = await run();
    const leftOut = items.filter(({ outcome }) => outcome === 'left out');
    expect(leftOut.map(({ setting }) => setting).sort()).toEqual([
      'registry',
      'servers.canfar.colour',
      'servers.canfar.resources.gpus',
      'servers.canfar.resources.quantum',
      'servers.canfar.resources.sessions',
      'servers.canfar.storage.vault',
    ]);
  });

  test.each(['3', '2.5', '"10"', 'latest'])('version %s is refused by name', async (version) => {
    await write(version2.replace('version: 2\n', `version: ${version}\n`));
    const error = await failure(run(), 'config.invalid');
    expect(error).toMatchObject({ code: 'config.invalid' });
    expect(isSkahaError(error) && error.message).toContain('can be imported, 1 and 2');
    const { status, stderr } = await shell('ps');
    expect(status).toBe(3);
    // It would be a dead end.
    expect(stderr).not.toContain('config import');
  });

  test('nobody is sent to a file that cannot be read; to one that can, everybody is', async () => {
    await write('version: [\n');
    expect((await shell('ps')).stderr).not.toContain('config import');
    await write(version2);
    expect((await shell('ps')).stderr).toContain('skaha config import');
  });
});
