import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { readAway, type UnreadBounds } from '../src/body.js';

/** A server that refuses every upload at once, and tells what became of the rest of it. */
async function refusing(bounds?: UnreadBounds) {
  const whole: Promise<boolean>[] = [];
  const refuse: RequestListener = (request: IncomingMessage, response) => {
    response.setHeader('connection', 'close').setHeader('content-length', 2).write('no');
    const read = readAway(request, bounds);
    whole.push(read);
    void read.then(() => response.end());
  };
  const server = createServer(refuse);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return { socket, whole };
}

const head = (length: number) =>
  `PUT / HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${length}\r\n\r\n`;

const piece = Buffer.alloc(64 * 1024);

/** Sends pieces until there are enough, or the other side wants no more. */
async function sendAll(socket: Socket, pieces: number): Promise<number> {
  let sent = 0;
  const gone = new Promise((resolve) => socket.once('close', resolve));
  while (sent < pieces && !socket.destroyed) {
    sent += 1;
    if (socket.write(piece)) continue;
    await Promise.race([gone, new Promise((resolve) => socket.once('drain', resolve))]);
  }
  return sent;
}

test('who reads the reply after all was sent gets it', async () => {
  const { socket, whole } = await refusing();
  socket.pause();
  socket.write(head(100 * piece.length));
  expect(await sendAll(socket, 100)).toBe(100);
  let reply = '';
  socket.on('data', (chunk) => {
    reply += chunk;
  });
  socket.resume();
  await once(socket, 'end');
  expect(reply).toMatch(/^HTTP\/1\.1 200 .*no$/s);
  expect(await whole[0]).toBe(true);
});

test.each<[string, UnreadBounds]>([
  ['bytes', { bytes: 10 * piece.length }],
  ['time', { milliseconds: 100 }],
])('who never ends is cut off: %s', async (_name, bounds) => {
  const { socket, whole } = await refusing(bounds);
  socket.on('error', () => undefined).resume();
  socket.write(head(2 ** 40));
  const pieces = 1_000_000;
  expect(await sendAll(socket, pieces)).toBeLessThan(pieces);
  expect(await whole[0]).toBe(false);
});

test('who says nothing more is not waited for', async () => {
  const { socket, whole } = await refusing({ silenceMs: 50, milliseconds: 60_000 });
  socket.resume().write(head(10));
  await once(socket, 'end');
  expect(await whole[0]).toBe(false);
});
