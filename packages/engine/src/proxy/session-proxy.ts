import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { send } from '@skaha/service/reply.js';
import { identify } from '../http/authentication.js';
import {
  cookiesOf,
  isPageAddress,
  type PageRequest,
  pageCookie,
  readPageRequest,
} from '../http/page-request.js';
import type { PageTokens } from '../http/page-tokens.js';
import type { Site } from '../http/site.js';
import { pageKind } from '../kinds/pages.js';
import { isFinished, type SessionRecord } from '../sessions/record.js';
import { answerApps, appsPath } from './desktop-apps.js';
import { bridgeDesktop } from './desktop-bridge.js';
import { answerDesktop } from './desktop-page.js';
import { forward, type InnerRequest, refuseUpgrade, tunnel } from './forward.js';
import {
  foreign,
  noPage,
  notYet,
  type PageRefusal,
  refuse,
  sessionEnded,
  silentSession,
  tooMany,
  unauthorized,
} from './refusal.js';

/** How many requests and WebSockets of a session may be open at the same time. */
const maxOpen = 256;

/** What to do with a request for a page. */
type Decision =
  | { readonly type: 'refuse'; readonly why: PageRefusal }
  | { readonly type: 'redirect'; readonly to: string }
  | { readonly type: 'pass'; readonly record: SessionRecord; readonly inner: InnerRequest };

const refused = (why: PageRefusal): Decision => ({ type: 'refuse', why });

/** How a page is requested: next to the API over TLS, or on the origin that serves only pages. */
export type PageScheme = 'http' | 'https';

/**
 * Forwards HTTP and WebSockets to the pages of sessions. Only the owner is admitted: with the
 * cookie for this page, which a link that works once has set, or over TLS with a credential.
 */
export class SessionProxy {
  readonly #site: Site;
  readonly #tokens: PageTokens;
  readonly #sockets = new Set<Duplex>();
  readonly #open = new Map<string, number>();

  constructor(site: Site, tokens: PageTokens) {
    this.#site = site;
    this.#tokens = tokens;
  }

  /** Whether an address is that of a page. */
  handles(request: IncomingMessage): boolean {
    return isPageAddress(request.url ?? '');
  }

  /** Serves a request for a page. */
  async answer(
    request: IncomingMessage,
    response: ServerResponse,
    scheme: PageScheme = 'https',
  ): Promise<void> {
    const decision = await this.#decide(request, scheme);
    // The client may have gone meanwhile.
    if (response.destroyed) return;
    if (decision.type === 'refuse') {
      refuse(request, response, decision.why);
    } else if (decision.type === 'redirect') {
      response.writeHead(302, { location: decision.to }).end();
    } else {
      await this.#pass(request, response, decision);
    }
  }

  async #pass(
    request: IncomingMessage,
    response: ServerResponse,
    { record, inner }: Extract<Decision, { type: 'pass' }>,
  ): Promise<void> {
    if (this.#isVnc(record)) {
      await this.#answerDesktop(request, response, record, inner.path);
      return;
    }
    const leave = this.#enter(record.key);
    if (leave === undefined) {
      refuse(request, response, tooMany);
      return;
    }
    response.once('close', leave);
    // A page may be silent for any time, but the client must read what it sends.
    response.setTimeout(this.#site.settings.server.stallMs, () => {
      if (response.writableLength > 0) request.socket.destroy();
    });
    forward(request, response, inner, (status) => refuse(request, response, silentSession(status)));
  }

  /** The platform itself serves what a desktop shows in a browser. */
  async #answerDesktop(
    request: IncomingMessage,
    response: ServerResponse,
    record: SessionRecord,
    address: string,
  ): Promise<void> {
    const [path = '/'] = address.split('?', 1);
    if (path === appsPath) {
      const reply = await answerApps(request, this.#site, record);
      await send(response, reply, { head: request.method === 'HEAD' });
    } else if (!answerDesktop(request, response, path)) {
      refuse(request, response, noPage);
    }
  }

  /** Opens a WebSocket, or another protocol that a page requests. */
  async upgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    scheme: PageScheme = 'https',
  ): Promise<void> {
    this.#keep(socket);
    const decision = await this.#decide(request, scheme, 'upgrade');
    if (socket.destroyed) return;
    if (decision.type !== 'pass') {
      refuseUpgrade(socket, 403, 'Forbidden');
      return;
    }
    const { record, inner } = decision;
    const leave = this.#enter(record.key);
    if (leave === undefined) {
      refuseUpgrade(socket, 503, 'Service Unavailable');
      return;
    }
    socket.once('close', leave);
    const track = (one: Duplex, other: Duplex) => this.#track(one, other);
    if (this.#isVnc(record)) await bridgeDesktop(request, socket, head, inner.endpoint, track);
    else tunnel(request, socket, head, inner, track);
  }

  /** Ends open WebSockets, which are not closed together with the server. */
  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Tracks a connection until it ends, and ignores its errors. */
  #keep(socket: Duplex): void {
    if (this.#sockets.has(socket)) return;
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#sockets.delete(socket));
  }

  /** Closes both ends of a connection together. */
  #track(one: Duplex, other: Duplex): void {
    for (const [end, opposite] of [
      [one, other],
      [other, one],
    ] as const) {
      this.#keep(end);
      end.once('close', () => opposite.destroy());
    }
  }

  /** Occupies one of the session's connections; undefined if all are in use. */
  #enter(key: string): (() => void) | undefined {
    const open = this.#open.get(key) ?? 0;
    if (open >= maxOpen) return undefined;
    this.#open.set(key, open + 1);
    return () => {
      const left = (this.#open.get(key) ?? 1) - 1;
      if (left > 0) this.#open.set(key, left);
      else this.#open.delete(key);
    };
  }

  /** A desktop on this machine is a bare VNC server; an image has a page of its own. */
  #isVnc({ kind }: SessionRecord): boolean {
    return kind === 'desktop' && !this.#site.orchestrator.runsImages;
  }

  async #decide(
    request: IncomingMessage,
    scheme: PageScheme,
    upgrade?: 'upgrade',
  ): Promise<Decision> {
    const page = readPageRequest(request.url ?? '/');
    if (page === undefined) return refused(noPage);
    const found = this.#site.orchestrator.sessions.page(page.id);
    const record =
      found !== undefined && pageKind(found.kind)?.segment === page.segment ? found : undefined;
    const why = await this.#objection(request, page, record, scheme);
    if (why !== undefined || record === undefined) return refused(why ?? noPage);
    const isShown = upgrade === undefined && /^(GET|HEAD)$/.test(request.method ?? '');
    if (isShown ? isEmbedded(request) : isForeign(request, scheme)) return refused(foreign);
    if (page.rest === undefined && isShown) return { type: 'redirect', to: addressOf(page) };
    if (isFinished(record.life)) return refused(sessionEnded);
    const endpoint = await this.#site.orchestrator.endpoint(record.key);
    if (record.life.phase !== 'running' || endpoint === undefined) return refused(notYet);
    const keepsPath = pageKind(record.kind)?.keepsPath === true;
    const path = `${keepsPath ? page.base.slice(0, -1) : ''}${page.rest ?? '/'}${page.search}`;
    const authorization = this.#innerAuthorization(record);
    const inner: InnerRequest = {
      endpoint,
      path,
      base: page.base,
      keepsPath,
      authorization,
      scheme,
    };
    return { type: 'pass', record, inner };
  }

  /** The credential that the session's own server expects; only its owner gets this far. */
  #innerAuthorization({ kind, id }: SessionRecord): string | undefined {
    if (kind !== 'notebook') return undefined;
    return `token ${this.#isOpen ? id : this.#tokens.of(id)}`;
  }

  /** Whether the id of a session is enough to open its page. */
  get #isOpen(): boolean {
    return this.#site.settings.oddities.has('open-pages');
  }

  /** Why the caller is not admitted. Sessions of other users look as if they did not exist. */
  async #objection(
    request: IncomingMessage,
    { id }: PageRequest,
    record: SessionRecord | undefined,
    scheme: PageScheme,
  ): Promise<PageRefusal | undefined> {
    const site = this.#site;
    if (scheme === 'https') {
      const caller = await identify(request, site, site.clock.now());
      if (caller.user !== undefined) return record?.owner === caller.user ? undefined : noPage;
    }
    const isOpen =
      cookiesOf(request).some(
        ([name, value]) => name === pageCookie && this.#tokens.opens(id, value),
      ) ||
      (this.#isOpen && record !== undefined);
    if (!isOpen) return unauthorized;
    return record === undefined ? noPage : undefined;
  }
}

const addressOf = ({ base, rest, search }: PageRequest): string =>
  `${base}${(rest ?? '/').slice(1)}${search}`;

/**
 * A page of another site must not change anything or open a WebSocket using the cookie of its
 * visitor. Clients that send a credential deliberately may come from anywhere.
 */
function isForeign({ headers }: IncomingMessage, scheme: PageScheme): boolean {
  const { authorization, host, origin } = headers;
  if (authorization !== undefined) return false;
  return origin !== undefined && origin !== `${scheme}://${host}`;
}

/**
 * A page of another site must not embed this one either: in a frame, or as an image or a script.
 * For a browser all ports of this machine are the same site, so the cookie alone proves nothing.
 */
function isEmbedded({ headers }: IncomingMessage): boolean {
  if (headers.authorization !== undefined) return false;
  if (!/^(?:cross|same)-site$/.test(String(headers['sec-fetch-site'] ?? ''))) return false;
  return headers['sec-fetch-dest'] !== 'document';
}
