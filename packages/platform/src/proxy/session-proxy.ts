import { request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Caller, identify } from '../http/authentication.js';
import type { Site } from '../http/site.js';
import type { SessionRecord } from '../sessions/record.js';
import type { PageTokens } from './page-tokens.js';

const prefix = '/session/contrib/';
const cookieName = 'skaha_session';

/** Meant for the next hop only, or a credential of the platform that no session may see. */
const kept = new Set([
  'authorization',
  'connection',
  'cookie',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Cookies of the platform itself. */
const ownCookie = /^(?:skaha_session|CADC_SSO|_(?:session|interaction|grant|resume).*)$/;

/** What to do with a request for a page. */
type Decision =
  | { readonly type: 'refuse'; readonly status: number; readonly message: string }
  | { readonly type: 'redirect'; readonly to: string; readonly cookie?: string | undefined }
  | { readonly type: 'pass'; readonly port: number; readonly path: string; readonly base: string };

const refuse = (status: number, message: string): Decision => ({ type: 'refuse', status, message });

/**
 * Leads browsers to the pages of contributed sessions, HTTP and WebSocket, the prefix of the path
 * stripped (Skaha API, kinds). Only the owner gets through: with a credential of theirs, or with
 * the token of the session's address, which becomes a cookie for this one page.
 */
export class SessionProxy {
  readonly #site: Site;
  readonly #tokens: PageTokens;
  readonly #sockets = new Set<Duplex>();

  constructor(site: Site, tokens: PageTokens) {
    this.#site = site;
    this.#tokens = tokens;
  }

  /** True for an address of a page. */
  handles(request: IncomingMessage): boolean {
    return request.url?.startsWith(prefix) === true;
  }

  /** Answers a request for a page. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const decision = await this.#decide(request);
    if (decision.type === 'refuse') {
      response.writeHead(decision.status, { 'content-type': 'text/plain' });
      response.end(`${decision.message}\n`);
    } else if (decision.type === 'redirect') {
      const { to, cookie } = decision;
      response.writeHead(302, { location: to, ...(cookie ? { 'set-cookie': cookie } : {}) });
      response.end();
    } else {
      pass(request, response, decision);
    }
  }

  /** Opens a WebSocket, or whatever else a page asks to switch to. */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    const decision = await this.#decide(request);
    if (decision.type !== 'pass' || !isOwnOrigin(request)) {
      socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    const inner = connect({ port: decision.port, host: '127.0.0.1' });
    for (const [one, other] of [
      [socket, inner],
      [inner, socket],
    ] as const) {
      this.#sockets.add(one);
      one.once('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
    inner.on('error', () => socket.destroy());
    const lines = [
      `${request.method} ${decision.path} HTTP/1.1`,
      ...Object.entries(innerHeaders(request, decision.base)).map(
        ([name, value]) => `${name}: ${value}`,
      ),
      'connection: Upgrade',
      `upgrade: ${request.headers.upgrade ?? 'websocket'}`,
    ];
    inner.write(`${lines.join('\r\n')}\r\n\r\n`);
    inner.write(head);
    inner.pipe(socket);
    socket.pipe(inner);
  }

  /** Ends open WebSockets, which a closing server does not know of. */
  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async #decide(request: IncomingMessage): Promise<Decision> {
    const url = new URL(request.url ?? '/', 'https://localhost');
    const [id = '', ...rest] = url.pathname.slice(prefix.length).split('/');
    const base = `${prefix}${id}/`;
    const token = url.searchParams.get('token');
    if (token !== null && this.#tokens.opens(id, token)) {
      url.searchParams.delete('token');
      const to = `${rest.length === 0 ? base : url.pathname}${url.search}`;
      const cookie = `${cookieName}=${token}; Path=${base}; HttpOnly; Secure; SameSite=Lax`;
      return { type: 'redirect', to, cookie };
    }
    const record = this.#site.orchestrator.page(id);
    const caller = identify(request, this.#site, this.#site.clock.now());
    if (!this.#mayEnter(request, id, record, caller)) return refuse(401, 'Unauthorized');
    if (record === undefined) return refuse(404, 'This session does not exist, or has no page');
    if (rest.length === 0) return { type: 'redirect', to: `${base}${url.search}` };
    const port = await this.#site.orchestrator.port(record.key);
    if (record.life.phase !== 'running' || port === undefined) {
      return refuse(503, 'This session is not running');
    }
    return { type: 'pass', port, path: `/${rest.join('/')}${url.search}`, base };
  }

  #mayEnter(
    request: IncomingMessage,
    id: string,
    record: SessionRecord | undefined,
    caller: Caller,
  ): boolean {
    if ('fault' in caller) return false;
    const cookie = cookiesOf(request).find(([name]) => name === cookieName)?.[1];
    if (cookie !== undefined && this.#tokens.opens(id, cookie)) return true;
    if (caller.user === undefined) return false;
    // To anybody else, a session of another user looks like none.
    return record === undefined || record.owner === caller.user;
  }
}

function pass(
  request: IncomingMessage,
  response: ServerResponse,
  { port, path, base }: Extract<Decision, { type: 'pass' }>,
): void {
  const inner = forward({
    host: '127.0.0.1',
    port,
    path,
    method: request.method,
    headers: innerHeaders(request, base),
  });
  inner.on('response', (answer) => {
    const headers = Object.entries(answer.headers).filter(
      ([name]) => name === 'cookie' || !kept.has(name),
    );
    response.writeHead(answer.statusCode ?? 502, Object.fromEntries(headers));
    answer.on('error', () => response.destroy());
    answer.pipe(response);
  });
  inner.on('error', () => {
    if (response.headersSent) response.destroy();
    else
      response
        .writeHead(502, { 'content-type': 'text/plain' })
        .end('The session does not answer\n');
  });
  response.on('close', () => inner.destroy());
  request.pipe(inner);
}

function cookiesOf(request: IncomingMessage): [string, string][] {
  return (request.headers.cookie ?? '').split(';').map((pair) => {
    const [name = '', ...value] = pair.trim().split('=');
    return [name, value.join('=')];
  });
}

/** The headers a session sees: no credential of the platform among them. */
function innerHeaders(request: IncomingMessage, base: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined && !kept.has(name)) headers[name] = [value].flat().join(', ');
  }
  const cookies = cookiesOf(request).filter(([name]) => name !== '' && !ownCookie.test(name));
  if (cookies.length > 0) headers['cookie'] = cookies.map((pair) => pair.join('=')).join('; ');
  const host = request.headers.host ?? 'localhost';
  return {
    ...headers,
    host,
    'x-forwarded-host': host,
    'x-forwarded-prefix': base,
    'x-forwarded-proto': 'https',
  };
}

/** Another site's page must not open a WebSocket with the cookie of its visitor. */
function isOwnOrigin(request: IncomingMessage): boolean {
  const { origin, host } = request.headers;
  return origin === undefined || origin === `https://${host}`;
}
