import type { LookupAddress } from 'node:dns';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { exchange } from '../../src/transport/exchange.js';
import { createNodeTransport } from '../../src/transport/node.js';
import { isPublicAddress, publicLookup } from '../../src/transport/node-addresses.js';
import { type StandIn, startStandIn } from '../auth/stand-in.js';
import { rejection } from '../fixtures.js';

let standIn: StandIn;
beforeEach(async () => {
  standIn = await startStandIn();
});
afterEach(() => standIn[Symbol.asyncDispose]());

const send = (extra: { timeoutMs?: number; maximumBytes?: number; signal?: AbortSignal } = {}) =>
  exchange(
    standIn.transport,
    { method: 'GET', url: `${standIn.origin}/`, headers: { 'x-key': 'v' } },
    { timeoutMs: 5_000, maximumBytes: 1_000, ...extra },
  );

test('a reply comes back whole, and we say who we are', async () => {
  standIn.on('GET /', { status: 201, headers: { 'x-a': 'b' }, body: 'grüße' });
  const { status, header, text } = await send();
  expect([status, header('X-A'), text]).toEqual([201, 'b', 'grüße']);
  expect(standIn.requests[0]?.headers).toMatchObject({
    'user-agent': expect.stringMatching(/^skaha\/\d/),
    'accept-encoding': expect.stringContaining('gzip, deflate, br'),
    'x-key': 'v',
  });
});

describe('S15: bounds', () => {
  test('of size, to the byte', async () => {
    standIn.on('GET /', { body: 'x'.repeat(1_000) });
    expect((await send()).text).toHaveLength(1_000);
    standIn.on('GET /', { body: 'x'.repeat(1_001) });
    expect(await rejection(send())).toMatchObject({ code: 'response.invalid' });
  });

  test('of time', async () => {
    standIn.on('GET /', 'hang');
    expect(await rejection(send({ timeoutMs: 20 }))).toMatchObject({
      code: 'transport.timeout',
      message: `${standIn.host} did not answer within 0.02 seconds.`,
    });
  });

  test('of patience: an abort rejects with its own reason', async () => {
    standIn.on('GET /', 'hang');
    const reason = new Error('enough');
    expect(await rejection(send({ signal: AbortSignal.abort(reason) }))).toBe(reason);
  });
});

describe('S25: public addresses', () => {
  test.each([
    ['8.8.8.8', true],
    ['2606:4700::1111', true],
    ['64:ff9b::808:808', true],
    ['::ffff:8.8.8.8', true],
    ['127.0.0.1', false],
    ['10.1.2.3', false],
    ['172.31.0.1', false],
    ['192.168.1.1', false],
    ['169.254.169.254', false],
    ['100.64.0.1', false],
    ['0.0.0.0', false],
    ['224.0.0.1', false],
    ['255.255.255.255', false],
    ['::', false],
    ['::1', false],
    ['::ffff:10.0.0.1', false],
    ['::ffff:a00:1', false],
    ['64:ff9b::a00:1', false],
    ['64:ff9b:1::808:808', false],
    ['2002:a00:1::', false],
    ['fe80::1', false],
    ['fd00::1', false],
    ['ff02::1', false],
  ])('%s: %s', (address, expected) => {
    expect(isPublicAddress(address)).toBe(expected);
  });

  const resolve = (name: string, all: boolean) =>
    new Promise<string | LookupAddress[]>((done, fail) => {
      publicLookup(name, { all }, (error, address) => (error ? fail(error) : done(address)));
    });

  test.each([true, false])('a name of this machine is refused (all: %s)', async (all) => {
    expect(await rejection(resolve('localhost', all))).toMatchObject({ code: 'EADDRNOTPUBLIC' });
  });

  test.each(['127.0.0.1', '[::1]'])('the literal address %s is refused as well', async (host) => {
    const transport = createNodeTransport(
      { root: '', version: '', credential: { mode: 'anonymous' }, registries: {} },
      { concurrency: 1, lookup: publicLookup },
    );
    const url = `${standIn.origin.replace('localhost', host)}/`;
    const limits = { timeoutMs: 5_000, maximumBytes: 1_000 };
    expect(
      await rejection(exchange(transport, { method: 'GET', url, headers: {} }, limits)),
    ).toMatchObject({
      code: 'transport.failure',
      message: expect.stringContaining('leads to an address that is not public'),
    });
    await transport.close();
  });

  test('an address that is public passes', async () => {
    expect(await resolve('8.8.8.8', false)).toBe('8.8.8.8');
    expect(await resolve('8.8.8.8', true)).toEqual([{ address: '8.8.8.8', family: 4 }]);
  });
});
