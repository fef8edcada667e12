import { mkdtempSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { refuseUpgrade } from '@skaha/engine/proxy/forward.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Platform } from '../../src/types.js';
import {
  create,
  discard,
  form,
  formType,
  openPlatform,
  roomy,
  send,
  untilStatus,
} from '../fixtures.js';
import { upgrade } from './web-app.js';

const image = 'images.canfar.net/own/hostile:1';

/** Says, byte by byte, what the address asks it to say. */
const program = `
require('net').createServer((socket) => {
  socket.on('error', () => 0);
  socket.once('data', (data) => {
    const asked = /^\\S+ \\S*\\/say\\/(\\S*)/.exec(String(data));
    socket.end(Buffer.from(asked === null ? '' : asked[1], 'base64url'));
  });
}).listen(process.env.PORT, '127.0.0.1');
`;

const ok = 'HTTP/1.1 200 OK\r\n';
const empty = 'content-length: 0\r\n\r\n';

let platform: Platform;
let id: string;

beforeAll(async () => {
  const images = [{ id: image, types: ['contributed' as const], command: ['node', 'hostile.cjs'] }];
  platform = await openPlatform({
    data: mkdtempSync(join(tmpdir(), 'skaha-platform-')),
    port: 0,
    config: { ...roomy, images },
  });
  writeFileSync(join(platform.home, 'hostile.cjs'), program);
  id = await create(platform, { type: 'contributed', image });
  await untilStatus(platform, id, 'Running');
});

afterAll(async () => {
  await platform.stop();
  await discard(platform.data);
});

/** What a browser gets when the page answers so: to a request, and to one to switch protocols. */
async function asked(answer: string): Promise<{ status: number; switched: string }> {
  const said = Buffer.from(answer, 'latin1').toString('base64url');
  const path = `/session/contrib/${id}/say/${said}`;
  const { status } = await send(platform, 'GET', path);
  const lines = [`authorization: Bearer ${platform.token}`];
  const switched = await upgrade(platform, path, lines);
  return { status, switched: switched.slice('HTTP/1.1 '.length, 'HTTP/1.1 '.length + 3) };
}

// An error that nobody catches ends the platform; here it fails the run of the tests.
test.each([
  ['the status 0', `HTTP/1.1 000 No\r\n${empty}`, 502],
  ['the status 99', `HTTP/1.1 099 No\r\n${empty}`, 502],
  ['the status 999', `HTTP/1.1 999 No\r\n${empty}`, 502],
  ['a hint and no more', 'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n', 502],
  ['a switch to nothing', 'HTTP/1.1 101 Go\r\n\r\n', 502],
  ['a header "constructor"', `${ok}constructor: a\r\nConstructor: b\r\n${empty}`, 200],
  ['a header "__proto__"', `${ok}__proto__: a\r\n__proto__: b\r\n${empty}`, 200],
  ['a header "hasOwnProperty"', `${ok}hasOwnProperty: a\r\n${empty}`, 200],
  ['control characters', `${ok}x: a\u0001b\u007F\r\n${empty}`, 502],
  [
    'bytes beyond ASCII',
    `${ok}x: \u00E9\u0080\r\nset-cookie: \u00E9=\u0080; path=/\u00E9\r\n${empty}`,
    200,
  ],
  ['two lengths', `${ok}content-length: 1\r\ncontent-length: 2\r\n\r\nab`, 502],
  ['a length and pieces', `${ok}transfer-encoding: chunked\r\n${empty}`, 502],
  [
    'trailers',
    `${ok}transfer-encoding: chunked\r\ntrailer: constructor\r\n\r\n1\r\na\r\n0\r\nconstructor: a\r\n\r\n`,
    200,
  ],
  ['a body where none is', 'HTTP/1.1 204 No\r\ncontent-length: 3\r\n\r\nabc', 204],
  ['a place that is none', `HTTP/1.1 302 No\r\nlocation: //[/:99999\r\n${empty}`, 302],
  ['no HTTP', 'hello\r\n\r\n', 502],
  ['nothing', '', 502],
] as const)('a page that answers with %s does not stop the platform', async (_, answer, status) => {
  expect(await asked(answer)).toEqual({ status, switched: String(status) });
});

test('a page that switches protocols unasked gets no further', async () => {
  const answer = 'HTTP/1.1 101 Go\r\nconnection: upgrade\r\nupgrade: x\r\n\r\nabc';
  expect(await asked(answer)).toEqual({ status: 502, switched: '101' });
});

test('who asks to switch protocols and is gone at once does not stop the platform', async () => {
  const gone = new Duplex({
    read: () => undefined,
    write: (_chunk, _encoding, done) => done(new Error('ECONNRESET')),
  });
  refuseUpgrade(gone, 421, 'Misdirected Request');
  await new Promise((resolve) => gone.once('close', resolve));

  const body = form([['id', id]]);
  const made = await send(platform, 'POST', '/skaha/page-links', { headers: formType, body });
  const port = Number(new URL(JSON.parse(made.body).url).port);
  const lines = ['GET /x HTTP/1.1', 'host: elsewhere', 'connection: upgrade', 'upgrade: x'];
  for (let turn = 0; turn < 100; turn += 1) {
    await new Promise<void>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.write(`${lines.join('\r\n')}\r\n\r\n`);
        setImmediate(() => socket.resetAndDestroy());
      });
      socket.on('error', () => undefined).once('close', () => resolve());
    });
  }
  expect((await send(platform, 'GET', '/skaha/v1/session')).status).toBe(200);
});
