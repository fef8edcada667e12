import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { importConfiguration, loadConfiguration } from 'skaha/config';
import { SkahaClient } from 'skaha/internal/client.js';
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

/** A file as that version of canfar writes it; import-written.slow.test.ts asks the program itself. */
const written = (version: string) =>
  readFileSync(new URL(`../../fixtures/canfar/${version}.yaml`, import.meta.url), 'utf8');

const version2 = written('1.5.2');

describe('version 2', () => {
  test('is taken whole', async () => {
    await write(version2);
    const { items } = await run();
    expect(items.filter(({ outcome }) => outcome !== 'taken')).toEqual([]);
    const { active, contexts, credentials, servers, registries, ...rest } = await settings();
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
    expect(registries).toEqual({
      'images.canfar.net': { username: 'ada', secret: 'hush-registry' },
    });
    expect(rest.console).toEqual({ banner: false, width: 130 });
    expect((await loadConfiguration({ path })).warnings).toEqual([]);
    const shown = await shell('server', 'show', 'canfar');
    expect(shown.stdout).not.toMatch(/^Default/m);
    expect(shown.stdout).toMatch(/^Flexible\s+2-8 cores, 4-32 GiB$/m);
  });

  test.each([
    ['1.4.1', ['servers.canfar.status']],
    ['1.4.1-by-1.5.2', []],
  ])('%s: logins, servers and what is in use', async (version, leftOut) => {
    await write(written(version));
    const { items } = await run();
    expect(
      items.filter(({ outcome }) => outcome !== 'taken').map(({ setting }) => setting),
    ).toEqual(leftOut);
    const { active, contexts, credentials, servers, registries } = await settings();
    expect({ active, contexts }).toEqual({
      active: 'canfar',
      contexts: {
        canfar: { server: 'canfar', credential: 'cadc' },
        canSRC: { server: 'canSRC', credential: 'srcnet' },
      },
    });
    expect(credentials).toMatchObject({
      cadc: { mode: 'x509', path: '/home/ada/.ssl/cadcproxy.pem', server: 'canfar' },
      srcnet: { token: { access: 'hush-access', refresh: 'hush-refresh' }, server: 'canSRC' },
    });
    expect(servers).toMatchObject({
      canfar: { url: 'https://ws-uv.canfar.net/skaha', auths: ['x509'] },
      canSRC: { url: 'https://src.canfar.net/skaha', auths: ['oidc'] },
    });
    expect(registries).toHaveProperty(['images.canfar.net']);
  });

  test('what is not understood is told', async () => {
    await write(
      version2
        .replace('sessions: 3', 'sessions: many\n      quantum: {min: 0, max: 1}')
        .replace(/gpus:\n +max: 0\n +min: 0/, 'gpus: {max: 1, min: 5}')
        .replace('url: https://cadc-west-01.canfar.net/vault', 'url: none')
        .replace('    name: canfar\n', '    name: canfar\n    colour: blue\n'),
    );
    const { items } = await run();
    const leftOut = items.filter(({ outcome }) => outcome === 'left out');
    expect(leftOut.map(({ setting }) => setting).sort()).toEqual([
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
