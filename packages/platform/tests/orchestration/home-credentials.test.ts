import { createPrivateKey, X509Certificate } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startPlatform } from '../../src/platform.js';
import {
  create,
  events,
  form,
  formType,
  logs,
  send,
  temporaryDirectory,
  testPlatform,
  untilStatus,
} from '../fixtures.js';

const labels = (pem: string) =>
  [...pem.matchAll(/-----BEGIN ([A-Z ]+)-----/g)].map(([, one]) => one);

test('certificates come in the form that the field reads', async () => {
  const platform = await testPlatform();
  const paths = platform.users.map(({ certificate }) => certificate);
  paths.push(await platform.issueCertificate(platform.user, 3_600_000));
  for (const path of paths) {
    const pem = readFileSync(path, 'utf8');
    expect(labels(pem)).toEqual(['CERTIFICATE', 'RSA PRIVATE KEY', 'CERTIFICATE']);
    const key = createPrivateKey(pem);
    expect([key.asymmetricKeyType, new X509Certificate(pem).checkPrivateKey(key)]).toEqual([
      'rsa',
      true,
    ]);
    expect((await send(platform, 'GET', '/skaha/v1/session', { certificate: path })).status).toBe(
      200,
    );
  }
});

test('a certificate of an earlier platform is made again in that form', async () => {
  const platform = await testPlatform();
  const { certificate, data } = platform;
  await platform.stop();
  const older = readFileSync(join(data, 'private/server.pem'), 'utf8');
  expect(labels(older)).toContain('PRIVATE KEY');
  writeFileSync(certificate, older);
  const next = await startPlatform({ data, port: 0, runner: 'process' });
  try {
    expect(labels(readFileSync(certificate, 'utf8'))[1]).toBe('RSA PRIVATE KEY');
  } finally {
    await next.stop();
  }
});

test('a session finds the certificate and the token in its home, refreshed each time', async () => {
  const platform = await testPlatform();
  const certificate = join(platform.home, '.ssl/cadcproxy.pem');
  const token = join(platform.home, '.token/.skaha');
  const id = await create(platform, { type: 'headless', cmd: 'sleep', args: '30' });
  expect(readFileSync(certificate, 'utf8')).toBe(readFileSync(platform.certificate, 'utf8'));
  expect(readFileSync(token, 'utf8')).toBe(platform.token);
  for (const path of [certificate, token]) expect(statSync(path).mode & 0o777).toBe(0o600);
  const told = (await events(platform, id)).split('\n').filter((line) => /Credentials/.test(line));
  expect(told).toHaveLength(1);
  expect(told[0]).toMatch(/^Normal +Credentials +.*Put the certificate and the token/);
  rmSync(certificate);
  writeFileSync(token, 'old');
  await create(platform, { type: 'headless', cmd: 'true' });
  expect(existsSync(certificate)).toBe(true);
  expect(readFileSync(token, 'utf8')).toBe(platform.token);
  expect(readdirSync(join(platform.home, '.token'))).toEqual(['.skaha']);
});

test('a renewal refreshes them, too', async () => {
  const platform = await testPlatform({
    config: {
      runner: 'process',
      images: [
        { id: 'images.canfar.net/t/web:1', types: ['contributed'], command: ['sleep', '60'] },
      ],
    },
  });
  const id = await create(platform, { type: 'contributed', image: 'images.canfar.net/t/web:1' });
  const certificate = join(platform.home, '.ssl/cadcproxy.pem');
  rmSync(certificate);
  const renewed = await send(platform, 'POST', `/skaha/v1/session/${id}`, {
    headers: formType,
    body: form([['action', 'renew']]),
  });
  // One that does not run cannot be renewed, and then nothing is written.
  expect(existsSync(certificate)).toBe(renewed.status === 200);
});

test('links that a session planted are not followed, and hold nothing up', async () => {
  const platform = await testPlatform();
  const outside = temporaryDirectory();
  mkdirSync(platform.home, { recursive: true });
  symlinkSync(outside, join(platform.home, '.ssl'));
  mkdirSync(join(platform.home, '.token'));
  symlinkSync(join(outside, 'token'), join(platform.home, '.token/.skaha'));
  const id = await create(platform, { type: 'headless', cmd: 'true' });
  await untilStatus(platform, id, 'Completed');
  expect(await events(platform, id)).toContain('Cannot put the certificate');
  expect(readdirSync(outside)).toEqual([]);
});

test('programs in a session are led to the platform', async () => {
  const platform = await testPlatform();
  const id = await create(platform, { type: 'headless', cmd: 'env', env: 'SSL_CERT_FILE=/mine' });
  await untilStatus(platform, id, 'Completed');
  const lines = (await logs(platform, id)).split('\n');
  expect(lines).toContain(`CANFAR_URL=${platform.url}/v1`);
  const config = join(platform.home, '.config/skaha/config.yaml');
  expect(readFileSync(config, 'utf8')).toContain(`url: "${platform.url}"`);
  writeFileSync(config, 'mine');
  await create(platform, { type: 'headless', cmd: 'true' });
  expect(readFileSync(config, 'utf8')).toBe('mine');
  expect(lines).toContain(`VOSPACE_WEBSERVICE=127.0.0.1:${platform.port}`);
  expect(lines).toContain('SSL_CERT_FILE=/mine');
  const bundle = lines.find((line) => line.startsWith('REQUESTS_CA_BUNDLE='))?.split('=')[1] ?? '';
  expect(readFileSync(bundle, 'utf8')).toContain(readFileSync(platform.ca, 'utf8'));
});
