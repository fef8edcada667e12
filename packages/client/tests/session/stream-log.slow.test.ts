import { createServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { Session } from '../../src/session/session.js';
import { clientOver, coreFor, rejection } from '../fixtures.js';

const piece = Buffer.alloc(2 ** 20, 'x');

/** A server with one log of so many MiB; its first replies break off in the middle. */
async function serverOf(mebibytes: number, broken = 0): Promise<string> {
  let left = broken;
  const server = createServer((_request, response) => {
    response.writeHead(200, {
      'content-type': 'text/plain',
      'content-length': mebibytes * 2 ** 20,
    });
    const isBroken = left > 0;
    left -= 1;
    const send = (rest: number): void => {
      if (isBroken && rest < mebibytes / 2) return void response.destroy();
      if (rest === 0) return void response.end();
      response.write(piece, () => send(rest - 1));
    };
    send(mebibytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

test('a log beyond the longest string is streamed; read at once, the error says so', async () => {
  const sessions = new Session(clientOver(coreFor(await serverOf(520))));
  let length = 0;
  const total = await sessions.streamLog('aaaa1111', (bytes) => {
    length += bytes.length;
  });
  expect([total, length]).toEqual([520 * 2 ** 20, 520 * 2 ** 20]);
  expect(await rejection(sessions.logs(['aaaa1111']))).toMatchObject({
    code: 'response.invalid',
    hint: expect.stringContaining('streamLog'),
  });
}, 120_000);

test('a reply that breaks off is taken up where it broke', async () => {
  const sessions = new Session(clientOver(coreFor(await serverOf(4, 1), { retries: 2 })));
  let length = 0;
  await sessions.streamLog('aaaa1111', (bytes) => {
    length += bytes.length;
  });
  expect(length).toBe(4 * 2 ** 20);
});
