import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import type { SessionWire } from '@skaha/wire/schemas.js';
import type { Platform } from '../../src/types.js';
import {
  type Answer,
  create,
  form,
  formType,
  roomy,
  send,
  until,
  untilStatus,
} from '../fixtures.js';

/**
 * A web app that says what reached it, answers as it is asked to, and speaks back to whoever
 * switches protocols: as a WebSocket, or byte by byte.
 */
const program = `
const http = require('http');
const { createHash } = require('crypto');
const page = '<!doctype html><title>app</title><p id="said"></p><script>' +
  'const s = new WebSocket(location.protocol.replace("http", "ws") + "//" + location.host + location.pathname + "socket");' +
  's.onopen = () => s.send("hello from the page");' +
  's.onmessage = (m) => { document.getElementById("said").textContent = m.data; };</script>';
const held = new Set();
const server = http.createServer((request, response) => {
  const url = new URL(request.url, 'http://inner');
  if (url.pathname === '/page') return response.setHeader('content-type', 'text/html').end(page);
  if (url.pathname === '/answer') {
    for (const [name, value] of url.searchParams) response.appendHeader(name, value);
    response.statusCode = url.searchParams.has('location') ? 302 : 200;
    return response.end('answered');
  }
  if (url.pathname === '/hold') return held.add(response) && response.on('close', () => held.delete(response));
  if (url.pathname === '/held') return response.end(String(held.size));
  if (url.pathname === '/drop') return request.socket.destroy();
  if (url.pathname === '/half') { response.setHeader('content-length', '100'); response.write('half'); return setTimeout(() => request.socket.destroy(), 50); }
  if (url.pathname === '/count') {
    let bytes = 0;
    request.on('data', (chunk) => { bytes += chunk.length; });
    return request.on('end', () => response.end(String(bytes)));
  }
  if (url.pathname === '/many') {
    const chunk = Buffer.alloc(1 << 20, 97);
    let left = Number(url.searchParams.get('MiB'));
    const more = () => { while (left > 0) { left -= 1; if (!response.write(chunk)) return response.once('drain', more); } response.end(); };
    return more();
  }
  if (url.pathname === '/drip') {
    response.write('first\\n');
    return request.on('data', (chunk) => response.write(chunk)).on('end', () => response.end());
  }
  let body = '';
  request.on('data', (chunk) => { body += chunk; });
  request.on('end', () => {
    response.setHeader('x-inner', 'yes');
    response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }));
  });
});
server.on('upgrade', (request, socket, head) => {
  socket.on('error', () => socket.destroy());
  if (request.url === '/refused') return socket.end('HTTP/1.1 418 Teapot\\r\\nx-why: tea\\r\\ncontent-length: 3\\r\\n\\r\\nno\\n');
  const key = request.headers['sec-websocket-key'];
  if (key === undefined) {
    socket.write('HTTP/1.1 101 Switching Protocols\\r\\nconnection: Upgrade\\r\\nupgrade: echo\\r\\n\\r\\n' + request.url + '|');
    socket.write(head);
    return socket.pipe(socket);
  }
  const accept = createHash('sha1').update(key + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64');
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nconnection: Upgrade\\r\\nupgrade: websocket\\r\\nsec-websocket-accept: ' + accept + '\\r\\n\\r\\n');
  socket.on('data', (frame) => {
    const length = frame[1] & 127;
    if ((frame[0] & 15) !== 1 || length > 125) return socket.end();
    const mask = frame.subarray(2, 6);
    const text = Buffer.from(frame.subarray(6, 6 + length).map((byte, at) => byte ^ mask[at % 4]));
    socket.write(Buffer.concat([Buffer.from([129, length]), text]));
  });
});
server.listen(process.env.PORT, '127.0.0.1');
`;

export const appImage = 'images.canfar.net/own/echo:1';
export const nothingImage = 'images.canfar.net/own/none:1';

/** A platform with one web app, and one image that names none. */
export const config = {
  ...roomy,
  images: [
    { id: appImage, types: ['contributed'], command: ['node', 'echo.cjs'] },
    { id: nothingImage, types: ['contributed'] },
  ],
};

/** A running page. */
export interface Page {
  readonly id: string;
  /** The path of its address. */
  readonly path: string;
  readonly session: SessionWire;
  readonly cookie: string;
}

/** Starts the web app as a session of the main user. */
export async function page(platform: Platform): Promise<Page> {
  writeFileSync(join(platform.home, 'echo.cjs'), program);
  const id = await create(platform, { type: 'contributed', image: appImage });
  const session = await untilStatus(platform, id, 'Running');
  const [cookie = ''] = (await plainly(await linkTo(platform, id))).headers['set-cookie'] ?? [];
  return { id, path: `/session/contrib/${id}/`, session, cookie: cookie.split(';')[0] ?? '' };
}

/** A link that opens the page of a session once, as its owner gets it. */
export async function linkTo(platform: Platform, id: string): Promise<string> {
  const body = form([['id', id]]);
  const reply = await send(platform, 'POST', '/skaha/page-links', { headers: formType, body });
  return JSON.parse(reply.body).url;
}

/** One request over plain HTTP, as exactly as it is written here. */
export const plainly = (
  url: string,
  headers: Readonly<Record<string, string>> = {},
  method = 'GET',
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers, agent: false }, (incoming) => {
      let body = '';
      incoming.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      incoming.on('end', () =>
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end();
  });

/** A connection over TLS that ends quietly. */
export function dial(platform: Platform): TLSSocket {
  const socket = connect({
    host: '127.0.0.1',
    port: platform.port,
    ca: readFileSync(platform.ca),
  });
  socket.on('error', () => undefined);
  return socket;
}

/** Sends raw text over TLS and returns all that comes until `isEnough` or the end. */
export async function converse(
  platform: Platform,
  text: string,
  isEnough: (received: string) => boolean = () => false,
): Promise<string> {
  const socket = dial(platform);
  let received = '';
  let closed = false;
  socket.on('close', () => {
    closed = true;
  });
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1');
  });
  socket.write(text);
  await until(() => closed || isEnough(received));
  socket.destroy();
  return received;
}

/** Asks to switch protocols, says a word, and returns what came until its echo or the end. */
export const upgrade = async (
  platform: Platform,
  path: string,
  lines: readonly string[],
  word = '',
): Promise<string> => {
  const head = [`GET ${path} HTTP/1.1`, `host: 127.0.0.1:${platform.port}`, ...lines];
  return await converse(
    platform,
    `${[...head, 'connection: Upgrade', 'upgrade: echo'].join('\r\n')}\r\n\r\n${word}`,
    (received) => word !== '' && received.endsWith(word),
  );
};
