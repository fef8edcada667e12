import { createPrivateKey } from 'node:crypto';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { Clock } from '@skaha/base/clock.js';
import { expect, test } from 'vitest';
import {
  certificateReader,
  certificateWarnings,
  readAuthorities,
} from '../../src/auth/certificate.js';
import { failure, temporaryDirectory } from '../config/fixtures.js';
import { makePair, replace } from './fixtures.js';

const from = new Date('2026-01-01T00:00:00Z');
const until = new Date('2026-01-31T00:00:00Z');
const clockAt = (time: string): Clock => ({
  now: () => Date.parse(time),
  sleep: async () => undefined,
});
const noon = clockAt('2026-01-15T12:00:00Z');

const pair = makePair(from, until);
const other = makePair(from, new Date('2027-01-01T00:00:00Z'));
const rsa = makePair(from, until, 'rsa');

async function pemFile(...parts: string[]): Promise<string> {
  const path = join(await temporaryDirectory(), 'proxy.pem');
  await writeFile(path, parts.join(''), { mode: 0o600 });
  return path;
}

test('certificate and key may come in any order, with a chain and other text between', async () => {
  const pem = ['Some words\n', pair.key, pair.certificate, other.certificate];
  const path = await pemFile(...pem);
  const read = await certificateReader(path, noon)();
  expect(read).toEqual({ pem: pem.join(''), notBefore: from, notAfter: until, loose: false });
});

test('certificate and key may be glued without a line end', async () => {
  const path = await pemFile(pair.certificate.trimEnd(), pair.key);
  const { pem } = await certificateReader(path, noon)();
  expect(() => createSecureContext({ cert: pem, key: pem })).not.toThrow();
});

test('keys of every usual form are understood', async () => {
  const forms = [
    rsa.certificate + rsa.key,
    rsa.certificate + createPrivateKey(rsa.key).export({ type: 'pkcs1', format: 'pem' }),
    pair.certificate + createPrivateKey(pair.key).export({ type: 'sec1', format: 'pem' }),
    (pair.certificate + pair.key).replaceAll('\n', '\r\n'),
  ];
  for (const form of forms) {
    const read = await certificateReader(await pemFile(form), noon)();
    expect(read.notAfter).toEqual(until);
  }
});

test('every way in which a file can be wrong has its own words', async () => {
  const pkcs8 = createPrivateKey(pair.key);
  const locked = { format: 'pem', cipher: 'aes-256-cbc', passphrase: 'hush' } as const;
  const garbage = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
  const cases: [string, string][] = [
    ['', 'contains no certificate'],
    ['not a PEM file', 'contains no certificate'],
    [pair.key, 'contains no certificate'],
    [pair.certificate, 'contains no private key'],
    [
      pair.certificate + pair.key.replace('-----END PRIVATE KEY-----', ''),
      'contains no private key',
    ],
    [pair.certificate + pair.key + other.key, 'more than one private key'],
    [pair.certificate + other.key, 'private key does not match the certificate'],
    [other.certificate + pair.certificate + pair.key, 'private key does not match'],
    [garbage + pair.key, 'a certificate that cannot be understood'],
    [
      pair.certificate + garbage.replaceAll('CERTIFICATE', 'PRIVATE KEY'),
      'a private key that cannot be understood',
    ],
    [pair.certificate + pkcs8.export({ type: 'pkcs8', ...locked }), 'pass phrase'],
    [pair.certificate + pkcs8.export({ type: 'sec1', ...locked }), 'pass phrase'],
  ];
  for (const [text, reason] of cases) {
    const path = await pemFile(text);
    const error = await failure(
      certificateReader(path, noon)(),
      'authentication.credential_invalid',
    );
    expect(error.message).toContain(`Certificate ${path} `);
    expect(error.message).toContain(reason);
    expect(error.message + error.hint + String(error.cause)).not.toContain('BEGIN');
  }
});

test('a missing file, a directory and an overlong file are told apart', async () => {
  const directory = await temporaryDirectory();
  const missing = await failure(
    certificateReader(join(directory, 'none.pem'), noon)(),
    'authentication.credential_missing',
  );
  expect(missing.message).toBe(`Certificate ${directory}/none.pem does not exist.`);
  await mkdir(join(directory, 'd.pem'));
  const folder = await failure(
    certificateReader(join(directory, 'd.pem'), noon)(),
    'authentication.credential_invalid',
  );
  expect(folder.message).toBe(`Certificate ${directory}/d.pem is not a file.`);
  const long = await failure(
    certificateReader(await pemFile('x'.repeat(300_000)), noon)(),
    'authentication.credential_invalid',
  );
  expect(long.message).toContain('too large');
});

test('dates count from the first instant to the last, which is already too late', async () => {
  const path = await pemFile(pair.certificate, pair.key);
  const at = (time: string) => certificateReader(path, clockAt(time))();
  await at('2026-01-01T00:00:00Z');
  await at('2026-01-30T23:59:59Z');
  const expired = await failure(at('2026-01-31T00:00:00Z'), 'authentication.expired');
  expect(expired.message).toBe(`Certificate ${path} expired on 2026-01-31T00:00:00Z.`);
  expect(expired.hint).toBeTruthy();
  const early = await failure(at('2025-12-31T23:59:59Z'), 'authentication.credential_invalid');
  expect(early.message).toContain("this machine's clock says 2025-12-31T23:59:59Z");
});

test('the dates are checked at every call, and a renewed file is used at once', async () => {
  const path = await pemFile(pair.certificate, pair.key);
  let now = '2026-01-15T12:00:00Z';
  const read = certificateReader(path, { ...noon, now: () => Date.parse(now) });
  const first = await read();
  expect(await read()).toBe(first);
  now = '2026-02-15T12:00:00Z';
  await failure(read(), 'authentication.expired');
  await replace(path, other.certificate + other.key);
  expect((await read()).notAfter).toEqual(new Date('2027-01-01T00:00:00Z'));
  await rm(path);
  await failure(read(), 'authentication.credential_missing');
  await replace(path, other.certificate + other.key);
  expect((await read()).pem).toBe(other.certificate + other.key);
});

test('three days before its end, and when others can read it, there is a warning', async () => {
  const path = await pemFile(pair.certificate, pair.key);
  const certificate = await certificateReader(path, noon)();
  const at = (time: string) => certificateWarnings(certificate, path, Date.parse(time));
  expect(at('2026-01-28T00:00:00Z')).toEqual([]);
  expect(at('2026-01-28T00:00:01Z')).toEqual([
    `Certificate ${path} expires on 2026-01-31T00:00:00Z, in about 3 days.`,
  ]);
  expect(at('2026-01-30T19:30:00Z')[0]).toContain('about 5 hours');
  expect(at('2026-01-30T23:30:00Z')[0]).toContain('less than an hour');
  await chmod(path, 0o644);
  const loose = await certificateReader(path, noon)();
  expect(certificateWarnings(loose, path, noon.now())[0]).toContain('can be read by others');
});

test('authorities are read as certificates only', async () => {
  const path = await pemFile(pair.key, pair.certificate, 'words\n', other.certificate);
  const pem = await readAuthorities(path);
  expect(pem.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
  expect(pem).not.toContain('PRIVATE KEY');
  for (const [text, reason] of [
    ['nothing', 'contains no certificate'],
    ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', 'cannot be understood'],
  ] as const) {
    const error = await failure(readAuthorities(await pemFile(text)), 'config.invalid');
    expect(error.message).toContain(reason);
  }
  const missing = await failure(readAuthorities(`${path}.none`), 'config.invalid');
  expect(missing.message).toContain('does not exist');
});
