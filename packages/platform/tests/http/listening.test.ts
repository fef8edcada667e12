import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openPlatform, send, temporaryDirectory, testPlatform } from '../fixtures.js';

test('a platform is known by the address that clients see', async () => {
  const config = { server: { address: '127.0.0.1', url: 'https://skaha.example.org' } };
  const platform = await testPlatform({ config });
  expect(platform.url).toBe('https://skaha.example.org/skaha');
  const seen = await send(platform, 'GET', '/skaha/capabilities', {
    headers: { host: 'skaha.example.org' },
  });
  expect(seen.body).toContain('https://skaha.example.org/skaha');
  expect(seen.body).not.toContain('127.0.0.1');
});

test('it says without a login whether it lives and takes requests', async () => {
  const platform = await testPlatform();
  for (const path of ['/healthz', '/readyz']) {
    expect(await send(platform, 'GET', path, { token: null })).toMatchObject({
      status: 200,
      body: 'ok',
    });
  }
});

test('a certificate of the configuration that cannot be used is told at the start', async () => {
  const data = temporaryDirectory();
  const certificate = join(data, 'own.pem');
  const start = async (server: object) =>
    await openPlatform({ data: join(data, 'platform'), port: 0, config: { server } });
  await expect(start({ certificate })).rejects.toMatchObject({
    code: 'config.invalid',
    message: expect.stringContaining('it needs its key, too'),
  });
  const key = join(data, 'key.pem');
  writeFileSync(certificate, 'nothing');
  copyFileSync(certificate, key);
  await expect(start({ certificate, key })).rejects.toMatchObject({ code: 'config.invalid' });
});
