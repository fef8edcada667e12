// @ts-check
// Long inputs to a running server. What counts is not how long one takes, but how that grows: twice
// the text may take twice the time, and not four times.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { startPlatform } from '../../packages/platform/dist/index.js';
import { Finding } from '../lib/guard.mjs';

/** Linear work doubles, quadratic work becomes four times as much; noise lies in between. */
const worstGrowth = 3.4;
/** Below so many milliseconds of computing, growth is noise. */
const noiseMs = 130;
const attempts = 3;

/** @type {Promise<import('../../packages/platform/dist/index.js').Platform> | undefined} */
let running;

/** One platform for all inputs; it ends with the process. */
function platform() {
  running ??= (async () => {
    const data = mkdtempSync(join(tmpdir(), 'skaha-fuzz-'));
    const started = await startPlatform({
      data,
      port: 0,
      user: 'adastra',
      config: { runner: 'process' },
    });
    process.once('beforeExit', () => {
      void started.stop().then(() => rmSync(data, { recursive: true, force: true }));
    });
    return started;
  })();
  return running;
}

/**
 * @param {{method: string, path: string, headers?: Record<string, string>, body?: string}} what
 * @returns {Promise<void>}
 */
async function send({ method, path, headers = {}, body }) {
  const { port, ca, token } = await platform();
  await new Promise((resolve) => {
    const outgoing = request(
      {
        ...{ host: '127.0.0.1', port, method, path, agent: false, ca: readFileSync(ca) },
        headers: { authorization: `Bearer ${token}`, ...headers },
      },
      (incoming) => incoming.resume().on('close', resolve),
    );
    // A server that closes the connection has answered in its way.
    outgoing.on('error', resolve);
    outgoing.end(body);
  });
}

const form = { 'content-type': 'application/x-www-form-urlencoded' };
const create = (/** @type {Record<string, string>} */ fields) => ({
  method: 'POST',
  path: '/skaha/v1/session',
  headers: form,
  body: new URLSearchParams({
    ...{ name: 'long', image: 'images.canfar.net/skaha/terminal:1.1.2', cmd: 'true', gpus: '99' },
    ...fields,
  }).toString(),
});
const line = (/** @type {string} */ text) => text.replace(/[^\t\x20-\x7e]/g, '?').slice(0, 15_000);

/**
 * Where a text can be put, by the length that there is room for.
 *
 * @type {readonly {most: number, put: (text: string) => Parameters<typeof send>[0]}[]}
 */
const places = [
  ...['cores', 'ram', 'gpus', 'name', 'image', 'type', 'cmd', 'args', 'env'].map((field) => ({
    most: 100_000,
    put: (/** @type {string} */ text) => create({ [field]: text }),
  })),
  ...['authorization', 'cookie', 'x-auth-token-skaha', 'x-skaha-registry-auth', 'content-type'].map(
    (name) => ({
      most: 14_000,
      put: (/** @type {string} */ text) => ({
        ...create({}),
        headers: { ...form, [name]: line(text) },
      }),
    }),
  ),
  ...[
    '/cred/generate?daysValid=',
    '/skaha/v1/session/',
    '/device?user_code=',
    '/session/notebook/',
    '/',
  ].map((start) => ({
    most: 4_000,
    put: (/** @type {string} */ text) => ({
      method: 'GET',
      path: `${start}${encodeURIComponent(text)}`,
    }),
  })),
  ...[
    '',
    '--b\r\n',
    '--b\r\ncontent-disposition: form-data; name="f"; ',
    '--b\r\ncontent-disposition: form-data; name="f"\r\n\r\n',
    '--b\r\ncontent-disposition: form-data; name="f"; filename="f"\r\n\r\n',
  ].map((start) => ({
    most: 400_000,
    put: (/** @type {string} */ text) => ({
      method: 'POST',
      path: '/skaha/v1/session',
      headers: { 'content-type': 'multipart/form-data; boundary=b' },
      body: start + text,
    }),
  })),
  ...['username', 'password', 'scope'].map((field) => ({
    most: 15_000,
    put: (/** @type {string} */ text) => ({
      method: 'POST',
      path: '/ac/login',
      headers: form,
      body: new URLSearchParams({ username: 'x', password: 'y', [field]: text }).toString(),
    }),
  })),
];

/**
 * Milliseconds of computing that a request takes: a busy machine does not make it more, and of some
 * attempts the least has the least of what else this process does.
 *
 * @param {Parameters<typeof send>[0]} what
 */
async function costOf(what) {
  let least = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < attempts; turn += 1) {
    const before = process.cpuUsage();
    await send(what);
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}

/** @type {readonly import('../lib/examine.mjs').Target[]} */
export const server = [
  {
    name: 'long inputs to a running server',
    caseMs: 120_000,
    inputs: fc.record({
      place: fc.nat(places.length - 1),
      pump: fc.constantFrom(
        '1',
        ' ',
        '.',
        '"',
        "'",
        '-',
        '/',
        '=',
        ';',
        ',',
        '%',
        '\\',
        '$',
        '1.',
        ' a',
        '"a',
      ),
      end: fc.constantFrom('', 'x', '!', '\u0000', ' '),
    }),
    read: async ({ place, pump, end }) => {
      const { most, put } = places[place] ?? { most: 0, put: () => ({ method: 'GET', path: '/' }) };
      const text = (/** @type {number} */ length) => pump.repeat(length / pump.length) + end;
      await send(put(text(most)));
      const [half, whole] = [await costOf(put(text(most / 2))), await costOf(put(text(most)))];
      if (whole > noiseMs && whole / half > worstGrowth) {
        throw new Finding(`twice the text takes ${(whole / half).toFixed(1)} times the computing`);
      }
    },
  },
];
