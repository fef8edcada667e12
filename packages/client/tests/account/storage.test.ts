import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { findStorage } from '../../src/account/index.js';
import { testServer } from '../fixtures.js';

const listed = `
ivo://lab.org/skaha = https://lab.org/skaha/capabilities
ivo://lab.org/arc = https://lab.org/arc/capabilities
ivo://lab.org/vault = https://far.lab.org/vault/capabilities
ivo://lab.org/cavern = ftp://lab.org/cavern/capabilities
ivo://lab.org/luskan = https://lab.org/luskan/capabilities
ivo://other.org/arc = https://other.org/arc/capabilities
`;

async function configured(registry: string, server: object) {
  const folder = await mkdtemp(join(tmpdir(), 'skaha-find-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const config = join(folder, 'config.yaml');
  const text = JSON.stringify({
    schema: 'skaha',
    version: 1,
    contexts: {},
    credentials: {},
    registries: {},
    console: {},
    providers: { odd: { mode: 'x509', registry, development: true } },
    servers: { lab: { uri: 'ivo://lab.org/skaha', url: 'https://lab.org/skaha', ...server } },
  });
  await writeFile(config, text, { mode: 0o600 });
  return { config, environment: { HOME: folder }, server: 'lab' };
}

test('storage of the same namespace is found and kept; what the user named stays', async () => {
  const registry = await testServer(() => ({ body: listed }));
  onTestFinished(() => registry[Symbol.asyncDispose]());
  const mine = { url: 'https://mine.lab.org/arc' };
  const options = await configured(registry.url, { provider: 'odd', storage: { arc: mine } });
  const found = await findStorage(options);
  const vault = { uri: 'ivo://lab.org/vault', url: 'https://far.lab.org/vault' };
  expect(found).toEqual({ arc: mine, vault });
  expect(await readFile(options.config, 'utf8')).toContain('https://far.lab.org/vault');
});

test('a registry that does not answer, and a server without one, find nothing', async () => {
  const dead = await configured('http://127.0.0.1:1/registry', { provider: 'odd' });
  expect(await findStorage(dead)).toEqual({});
  expect(await findStorage(await configured('http://127.0.0.1:1/registry', {}))).toEqual({});
});
