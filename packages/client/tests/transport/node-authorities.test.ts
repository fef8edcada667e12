import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import tls from 'node:tls';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { SkahaClient } from '../../src/client.js';
import { authoritySources } from '../../src/transport/node-authorities.js';
import { makeServerPair } from '../auth/tls.js';
import { refusal } from '../fixtures.js';

const folder = mkdtempSync(join(tmpdir(), 'skaha-authorities-'));
const pair = makeServerPair();
const other = makeServerPair();
const third = makeServerPair();

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function listen(options: https.ServerOptions): Promise<string> {
  const server = https.createServer(options, (_incoming, outgoing) => outgoing.end('[]'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}/skaha`;
}

async function fetchFrom(url: string, ca?: string) {
  await using client = new SkahaClient({ url, token: 'token', retries: 0, ...(ca ? { ca } : {}) });
  return await client.sessions.fetch();
}

beforeEach(() => {
  for (const name of ['SSL_CERT_FILE', 'SSL_CERT_DIR', 'NODE_EXTRA_CA_CERTS', 'SKAHA_CA'])
    vi.stubEnv(name, undefined);
  vi.stubEnv('SKAHA_CONFIG', join(folder, 'none.yaml'));
});
afterEach(() => {
  vi.unstubAllEnvs();
});

describe('authorities beside those that are named', () => {
  // In a process each: what is trusted is read once.
  const program = file(
    'ask.mjs',
    `import { SkahaClient } from ${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)};
     const [, , url, ca] = process.argv;
     const client = new SkahaClient({ url, token: 'token', retries: 0, ...(ca ? { ca } : {}) });
     const answer = client.sessions.fetch().then(() => 'trusted', (error) => error.message);
     console.log(await answer);
     await client.close();`,
  );
  const ask = async (env: Record<string, string>, ca?: string): Promise<string> => {
    const url = await listen(pair);
    return new Promise((resolve) => {
      execFile(
        process.execPath,
        [program, url, ...(ca === undefined ? [] : [ca])],
        { env: { PATH: process.env['PATH'], HOME: folder, ...env } },
        (_error, stdout, stderr) => resolve(`${stdout}${stderr}`.trim()),
      );
    });
  };
  const own = file('own.pem', pair.cert);
  const unrelated = file('other.pem', other.cert);
  const hashed = join(folder, 'certs');
  mkdirSync(hashed);
  writeFileSync(join(hashed, 'README'), 'not one');
  writeFileSync(join(hashed, 'aaaa0000.0'), third.cert);
  writeFileSync(join(hashed, 'site.crt'), `a line of words\n${pair.cert}`);
  const broken = file(
    'broken.pem',
    `-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n${pair.cert}`,
  );

  test.each([
    ['none', {}, undefined, /not sign|not know/],
    ['another', {}, unrelated, /not sign|not know/],
    ['SSL_CERT_FILE', { SSL_CERT_FILE: own }, undefined, /^trusted$/],
    ['SSL_CERT_FILE beside --ca', { SSL_CERT_FILE: own }, unrelated, /^trusted$/],
    ['SSL_CERT_FILE that is partly broken', { SSL_CERT_FILE: broken }, undefined, /^trusted$/],
    ['SSL_CERT_DIR', { SSL_CERT_DIR: hashed }, undefined, /^trusted$/],
    [
      'one of SSL_CERT_DIR beside --ca',
      { SSL_CERT_DIR: `/nowhere${delimiter}${hashed}` },
      unrelated,
      /^trusted$/,
    ],
    ['NODE_EXTRA_CA_CERTS', { NODE_EXTRA_CA_CERTS: own }, undefined, /^trusted$/],
    ['NODE_EXTRA_CA_CERTS beside --ca', { NODE_EXTRA_CA_CERTS: own }, unrelated, /^trusted$/],
    [
      'SKAHA_CA beside SSL_CERT_FILE',
      { SKAHA_CA: own, SSL_CERT_FILE: unrelated },
      undefined,
      /^trusted$/,
    ],
  ])('%s', async (_what, env, ca, expected) => {
    expect(await ask(env, ca)).toMatch(expected);
  });

  test('are those of Node and of the system, wherever it keeps them', () => {
    const sources = authoritySources({ SSL_CERT_DIR: hashed, NODE_EXTRA_CA_CERTS: own });
    const [node, ...others] = sources;
    expect(node?.certificates.length).toBeGreaterThanOrEqual(tls.rootCertificates.length);
    expect(others.at(-2)).toMatchObject({ name: expect.stringContaining('(SSL_CERT_DIR)') });
    expect(
      others
        .at(-2)
        ?.certificates.map((pem) => `${pem}\n`)
        .sort(),
    ).toEqual([pair.cert, third.cert].sort());
    expect(others.at(-1)?.certificates).toHaveLength(1);
  });
});

test.each([
  ['another', (pem: string) => pem],
  ['its own marks', (pem: string) => pem.replace(/\n(?=-----END)|(?<=CERTIFICATE-----)\n/g, '')],
])('authorities glued to %s without a line end are all read', async (_what, glue) => {
  const glued = file('glued.pem', `${glue(other.cert.trimEnd())}${glue(pair.cert.trimEnd())}`);
  expect(await fetchFrom(await listen(pair), glued)).toEqual([]);
});

describe('certificates that cannot be trusted', () => {
  const openssl = (...words: string[]) =>
    execFileSync('openssl', words, { cwd: folder, stdio: 'pipe' });
  const hasOpenssl = (() => {
    try {
      return openssl('version').length > 0;
    } catch {
      // A machine without it has other tests.
      return false;
    }
  })();
  const san = ['-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];

  test.runIf(hasOpenssl)('of SHA-1 are told as too weak', async () => {
    openssl(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      'ca.key',
      '-out',
      'ca.crt',
      '-subj',
      '/CN=root',
      '-days',
      '9',
    );
    openssl(
      'req',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      'sha1.key',
      '-out',
      'sha1.csr',
      '-subj',
      '/CN=localhost',
      ...san,
    );
    openssl(
      'x509',
      '-req',
      '-sha1',
      '-in',
      'sha1.csr',
      '-CA',
      'ca.crt',
      '-CAkey',
      'ca.key',
      '-out',
      'sha1.crt',
      '-days',
      '9',
      '-copy_extensions',
      'copyall',
    );
    const read = (name: string) => readFileSync(join(folder, name), 'utf8');
    // Such a certificate must be forced upon OpenSSL, also where it is to be served.
    const url = await listen({
      cert: read('sha1.crt'),
      key: read('sha1.key'),
      ciphers: 'DEFAULT@SECLEVEL=0',
    });
    const error = await refusal(fetchFrom(url, join(folder, 'ca.crt')));
    expect(error).toMatchObject({ code: 'transport.failure', retryable: false });
    expect(error.message).toContain('signed with SHA-1');
  });

  test.runIf(hasOpenssl)('without their intermediate one say what is missing', async () => {
    openssl(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      'root.key',
      '-out',
      'root.crt',
      '-subj',
      '/CN=root',
      '-days',
      '9',
    );
    openssl(
      'req',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      'mid.key',
      '-out',
      'mid.csr',
      '-subj',
      '/CN=middle',
      '-addext',
      'basicConstraints=critical,CA:true',
    );
    openssl(
      'x509',
      '-req',
      '-in',
      'mid.csr',
      '-CA',
      'root.crt',
      '-CAkey',
      'root.key',
      '-out',
      'mid.crt',
      '-days',
      '9',
      '-copy_extensions',
      'copyall',
    );
    openssl(
      'req',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      'leaf.key',
      '-out',
      'leaf.csr',
      '-subj',
      '/CN=localhost',
      ...san,
    );
    openssl(
      'x509',
      '-req',
      '-in',
      'leaf.csr',
      '-CA',
      'mid.crt',
      '-CAkey',
      'mid.key',
      '-out',
      'leaf.crt',
      '-days',
      '9',
      '-copy_extensions',
      'copyall',
    );
    const read = (name: string) => readFileSync(join(folder, name), 'utf8');
    const url = await listen({ cert: read('leaf.crt'), key: read('leaf.key') });
    const error = await refusal(fetchFrom(url, join(folder, 'root.crt')));
    expect(error.message).toContain('sent no certificate that leads to a known one');
    expect(error.hint).toContain('intermediate certificate');
    // The way out that the hint names.
    const both = file('both.pem', `${read('mid.crt')}${read('root.crt')}`);
    expect(await fetchFrom(url, both)).toEqual([]);
  });
});
