import { once } from 'node:events';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import { type Part, partsReply, send, text } from '../src/reply.js';

/** A part that says its text, and its size where that is known. */
const part = (words: string, isKnown = true): Part => ({
  size: isKnown ? words.length : undefined,
  stream: ({ start, end } = { start: 0 }) => Readable.from([Buffer.from(words.slice(start, end))]),
});

/** A part that says its text, and then cannot be read any further. */
const broken = (words: string, size?: number): Part => ({
  size,
  stream: () =>
    Readable.from(
      (async function* () {
        if (words !== '') yield Buffer.from(words);
        throw new Error('the connection broke');
      })(),
    ),
});

const unreadable = text('not now\n', 503);

async function sent(parts: readonly Part[], range?: string) {
  const server = createServer((request, response) => {
    const reply = { ...partsReply(parts, request.headers.range), unreadable };
    void send(response, reply, { head: false });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const headers = range === undefined ? {} : { range };
  const [answer] = await once(get({ host: '127.0.0.1', port, agent: false, headers }), 'response');
  let said = '';
  for await (const chunk of answer) said += chunk;
  const { 'content-range': contentRange, 'content-length': length } = answer.headers;
  return { status: answer.statusCode, text: said, range: contentRange, length };
}

test.each([
  [undefined, 200, 'onetwothree', undefined],
  ['bytes=2-4', 206, 'etw', 'bytes 2-4/11'],
  ['bytes=4-', 206, 'wothree', 'bytes 4-10/11'],
  ['bytes=-5', 206, 'three', 'bytes 6-10/11'],
  ['bytes=3-5', 206, 'two', 'bytes 3-5/11'],
  ['bytes=11-', 416, 'the log has no such part\n', 'bytes */11'],
  ['bytes=1-2,4-5', 200, 'onetwothree', undefined],
])('of several parts, %s is sent as of one', async (range, status, words, contentRange) => {
  const parts = [part('one'), part(''), part('two'), part('three')];
  expect(await sent(parts, range)).toEqual({
    status,
    text: words,
    range: contentRange,
    length: String(words.length),
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

test.each<[string, readonly Part[], string?]>([
  ['of unknown size', [broken('')]],
  ['of known size', [broken('', 3)], 'bytes=1-2'],
  ['after an empty one', [{ size: undefined, stream: () => Readable.from([]) }, broken('')]],
])('a part %s that cannot be read at all is told by the status', async (_, parts, range) => {
  const length = String(unreadable.body.length);
  expect(await sent(parts, range)).toEqual({
    status: 503,
    text: unreadable.body,
    range: undefined,
    length,
  });
});

test('what breaks off in the middle ends its connection', async () => {
  await expect(sent([broken('one')])).rejects.toThrow('aborted');
});
