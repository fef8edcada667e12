import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Connection } from '../../src/runtime/types.js';
import { createNodeTransport } from '../../src/transport/node.js';
import { isVouchedFor, onlyAuthority } from '../../src/transport/node-local-agent.js';
import { rejection, type TestPlatform, testPlatform } from '../fixtures.js';

let world: TestPlatform;
let stranger: TestPlatform;
let ca: string;
let otherCa: string;
/** Certificate and key of a user, signed by the authority of `ca`. */
let user: string;

beforeAll(async () => {
  [world, stranger] = await Promise.all([testPlatform(), testPlatform()]);
  ca = await readFile(world.platform.ca, 'utf8');
  otherCa = await readFile(stranger.platform.ca, 'utf8');
  user = await readFile(world.platform.certificate, 'utf8');
});
afterAll(() =>
  Promise.all([world[Symbol.asyncDispose](), stranger[Symbol.asyncDispose]()]).then(
    () => undefined,
  ),
);

const signal = new AbortController().signal;

async function ask(url: string, authorities: string): Promise<number> {
  const connection: Connection = {
    root: '',
    version: 'v1',
    credential: { mode: 'anonymous' },
    registries: {},
    ca: authorities,
  };
  const transport = createNodeTransport(connection, { concurrency: 2 });
  const headers = { authorization: 'Bearer hush' };
  try {
    return (await transport.send({ method: 'GET', url, headers, signal })).status;
  } finally {
    await transport.close();
  }
}

/** What a server of this machine presents. */
async function presented(platform: TestPlatform['platform']): Promise<X509Certificate> {
  const { hostname, port } = new URL(platform.url);
  const socket = tls.connect({ host: hostname, port: Number(port), rejectUnauthorized: false });
  await new Promise((resolve) => socket.once('secureConnect', resolve));
  const certificate = socket.getPeerX509Certificate();
  socket.destroy();
  if (certificate === undefined) throw new Error('no certificate');
  return certificate;
}

describe('a server of this machine', () => {
  test('is trusted when its authority is, and again on the next connection', async () => {
    const url = `${world.platform.url}/v1/repository`;
    expect(await ask(url, ca)).toBe(401);
    expect(await ask(url.replace('127.0.0.1', 'localhost'), ca)).toBe(401);
  });

  test('is judged by OpenSSL when several authorities are trusted', async () => {
    expect(await ask(`${world.platform.url}/v1/repository`, `${otherCa}${ca}`)).toBe(401);
  });

  test('of another authority is refused before anything is sent', async () => {
    const before = world.platform.requests.length;
    expect(await rejection(ask(`${world.platform.url}/v1/repository`, otherCa))).toMatchObject({
      name: 'TransportFailure',
      mayHaveReached: false,
    });
    expect(world.platform.requests.length).toBe(before);
  });

  test('that shows the certificate of a user is refused before anything is sent', async () => {
    let bytes = 0;
    let requests = 0;
    const server = https.createServer({ cert: user, key: user }, (_request, reply) => {
      requests += 1;
      reply.end();
    });
    server.on('secureConnection', (socket) => {
      socket.on('data', (data: Buffer) => {
        bytes += data.length;
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    expect(await rejection(ask(`https://127.0.0.1:${port}/`, ca))).toMatchObject({
      name: 'TransportFailure',
      mayHaveReached: false,
    });
    expect({ bytes, requests }).toEqual({ bytes: 0, requests: 0 });
  });
});

describe('vouching', () => {
  const now = Date.now();

  test('needs an authority, its signature, a name, the right time and the right use', async () => {
    const certificate = await presented(world.platform);
    const authority = new X509Certificate(ca);
    const vouched = (
      change: { certificate?: X509Certificate; authority?: X509Certificate },
      name = '127.0.0.1',
      at = now,
    ) => isVouchedFor(change.certificate ?? certificate, change.authority ?? authority, name, at);
    expect(vouched({})).toBe(true);
    expect(vouched({}, 'localhost')).toBe(true);
    expect(vouched({}, '127.0.0.2')).toBe(false);
    expect(vouched({}, 'ws-uv.canfar.net')).toBe(false);
    expect(vouched({}, '')).toBe(false);
    expect(vouched({}, '127.0.0.1', Date.parse(certificate.validTo) + 1000)).toBe(false);
    expect(vouched({}, '127.0.0.1', Date.parse(certificate.validFrom) - 1000)).toBe(false);
    expect(vouched({ authority: new X509Certificate(otherCa) })).toBe(false);
    expect(vouched({ authority: certificate })).toBe(false);
    expect(vouched({ certificate: authority })).toBe(false);
    expect(vouched({ certificate: new X509Certificate(user) })).toBe(false);
  });

  test('takes one authority, and only that', () => {
    expect(onlyAuthority(ca)?.ca).toBe(true);
    expect(onlyAuthority(`${ca}${otherCa}`)).toBeUndefined();
    expect(onlyAuthority('')).toBeUndefined();
    expect(
      onlyAuthority('-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----'),
    ).toBeUndefined();
    expect(onlyAuthority(user)).toBeUndefined();
  });
});
