import { type IncomingMessage, request as open, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream';
import { dial } from '../ports/dial.js';
import type { Endpoint } from '../ports/pages.js';
import { type InnerPlan, innerHeaders, outerHeaders } from './headers.js';

/** Where to forward a request for a page. */
export interface InnerRequest extends InnerPlan {
  readonly endpoint: Endpoint;
  /** Path and query as the session sees them. */
  readonly path: string;
}

/** How long nothing may arrive before a request is aborted, in milliseconds. */
const idleMs = 600_000;

/** How long a session may take to accept a change of protocol, in milliseconds. */
const upgradeMs = 30_000;

const begin = (
  request: IncomingMessage,
  inner: InnerRequest,
  headers: Record<string, string> = {},
) =>
  open({
    // A new connection for each request, so that none outlives its session or is used for another.
    createConnection: (_options, done) => {
      dial(inner.endpoint).then(
        (socket) => done(null, socket),
        (error: Error) => done(error, undefined as never),
      );
      return undefined;
    },
    method: request.method,
    path: inner.path,
    headers: { ...innerHeaders(request, inner), ...headers },
  });

/** Whether a status is a final one; a session may send any number, or an interim one. */
const isAnswer = ({ statusCode = 0 }: IncomingMessage): boolean =>
  statusCode >= 200 && statusCode <= 599;

const noAnswer = (): Error => new Error('its answer is none');

/**
 * Forwards a request to a session and streams its reply back.
 *
 * @param fail - replies if the session does not
 */
export function forward(
  request: IncomingMessage,
  response: ServerResponse,
  inner: InnerRequest,
  fail: (status: 502 | 504) => void,
): void {
  const passed = begin(request, inner);
  let late = false;
  passed.setTimeout(idleMs, () => {
    late = true;
    passed.destroy();
  });
  passed.on('response', (answer) => {
    if (!isAnswer(answer)) return void passed.destroy(noAnswer());
    const headers = outerHeaders(answer, inner, request.headers.host ?? '');
    response.writeHead(answer.statusCode ?? 502, headers);
    response.flushHeaders();
    pipeline(answer, response, () => undefined);
  });
  // The client did not ask to change the protocol.
  passed.on('upgrade', (_answer, socket) => {
    socket.destroy();
    fail(502);
  });
  passed.on('error', () => {
    if (response.headersSent) response.destroy();
    else fail(late ? 504 : 502);
  });
  response.once('close', () => passed.destroy());
  request.once('error', () => passed.destroy());
  request.pipe(passed);
}

/** The head of a reply as text; the parser has made sure that its parts contain no line feeds. */
const headOf = (first: string, headers: Readonly<Record<string, readonly string[]>>): string =>
  [
    first,
    ...Object.entries(headers).flatMap(([name, values]) =>
      values.map((value) => `${name}: ${value}`),
    ),
    '',
    '',
  ].join('\r\n');

/** Refuses a change of protocol. */
export function refuseUpgrade(socket: Duplex, status: number, reason: string): void {
  // The client may be gone, and an error without a listener would end the platform.
  socket.on('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${reason}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}

/**
 * Forwards a request to change the protocol, and then everything that both sides send. Other
 * replies of the session are forwarded too.
 *
 * @param track - called with both ends of the connection
 */
export function tunnel(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  inner: InnerRequest,
  track: (one: Duplex, other: Duplex) => void,
): void {
  const passed = begin(request, inner, {
    connection: 'Upgrade',
    upgrade: request.headers.upgrade ?? 'websocket',
  });
  const tooLate = setTimeout(() => passed.destroy(), upgradeMs);
  const host = request.headers.host ?? '';
  passed.on('upgrade', (answer, other, first) => {
    clearTimeout(tooLate);
    track(socket, other);
    const headers = {
      ...outerHeaders(answer, inner, host),
      connection: ['Upgrade'],
      upgrade: [answer.headers.upgrade ?? 'websocket'],
    };
    socket.write(headOf('HTTP/1.1 101 Switching Protocols', headers), 'latin1');
    socket.write(first);
    other.write(head);
    socket.pipe(other);
    other.pipe(socket);
  });
  passed.on('response', (answer) => {
    clearTimeout(tooLate);
    if (!isAnswer(answer)) return void passed.destroy(noAnswer());
    const { 'content-length': _length, ...headers } = outerHeaders(answer, inner, host);
    const first = `HTTP/1.1 ${answer.statusCode ?? 502} ${answer.statusMessage ?? ''}`;
    socket.write(headOf(first, { ...headers, connection: ['close'] }), 'latin1');
    pipeline(answer, socket, () => undefined);
  });
  passed.on('error', () => {
    clearTimeout(tooLate);
    refuseUpgrade(socket, 502, 'Bad Gateway');
  });
  socket.once('close', () => passed.destroy());
  passed.end();
}
