import { once } from 'node:events';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import { type Part, partsReply, send } from '../src/reply.js';

/** A part that says its text, and its size where that is known. */
const part = (text: string, isKnown = true): Part => ({
  size: isKnown ? text.length : undefined,
  stream: ({ start, end } = { start: 0 }) => Readable.from([Buffer.from(text.slice(start, end))]),
});

async function sent(parts: readonly Part[], range?: string) {
  const server = createServer((request, response) => {
    void send(response, partsReply(parts, request.headers.range), { head: false });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const headers = range === undefined ? {} : { range };
  const [answer] = await once(get({ host: '127.0.0.1', port, agent: false, headers }), 'response');
  let text = '';
  for await (const chunk of answer) text += chunk;
  const { 'content-range': contentRange, 'content-length': length } = answer.headers;
  return { status: answer.statusCode, text, range: contentRange, length };
}

test.each([
  [undefined, 200, 'onetwothree', undefined],
  ['bytes=2-4', 206, 'etw', 'bytes 2-4/11'],
  ['bytes=4-', 206, 'wothree', 'bytes 4-10/11'],
  ['bytes=-5', 206, 'three', 'bytes 6-10/11'],
  ['bytes=3-5', 206, 'two', 'bytes 3-5/11'],
  ['bytes=11-', 416, 'the log has no such part\n', 'bytes */11'],
  ['bytes=1-2,4-5', 200, 'onetwothree', undefined],
])('of several parts, %s is sent as of one', async (range, status, text, contentRange) => {
  const parts = [part('one'), part(''), part('two'), part('three')];
  expect(await sent(parts, range)).toEqual({
    status,
    text,
    range: contentRange,
    length: String(text.length),
  });
});

test('where nobody knows how much it is, all of it is sent', async () => {
  expect(await sent([part('one'), part('two', false)], 'bytes=1-2')).toEqual({
    status: 200,
    text: 'onetwo',
    range: undefined,
    length: undefined,
  });
});

test('what has grown since is not more than was promised', async () => {
  const grown: Part = { ...part('one and more'), size: 3 };
  expect(await sent([grown])).toMatchObject({ text: 'one', length: '3' });
});
