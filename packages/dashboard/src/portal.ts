import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readAway, readBounded } from '@skaha/base/body.js';
import { guardHeaders, StaticFiles } from './files.js';
import { ForeignAddresses } from './foreign-addresses.js';
import { forwardRequest, type Upstream } from './forwarding.js';
import { isFollowed, isOfOurPage, isToUs, keyHeader } from './guard.js';
import { forgottenCookie, Logins } from './logins.js';

export type { ForwardedReply, ForwardedRequest, Upstream } from './forwarding.js';

/** Below it the page talks to its own server, and not to the platform. */
const ownPrefix = '/dashboard/v1/';

/** Where a link leads, before its secret. */
const enterPrefix = '/enter/';

/** A request to the server of the dashboard. */
export interface PortalCall {
  readonly method: string;
  /** Path segments below `/dashboard/v1/`, decoded. */
  readonly path: readonly string[];
  readonly user: string;
  /** The body as JSON; undefined without one. */
  json(): Promise<unknown>;
}

/** What the page learns about where it is. */
export interface PortalFacts {
  /** The name under which the user knows the platform. */
  readonly name: string;
  /** Address of the platform. */
  readonly server: string;
  /** Of the session API, for example `v1`. */
  readonly version: string;
  /** Whether there are batches with journals here. */
  readonly batches: boolean;
}

/** What serves a dashboard. */
export interface PortalOptions {
  /** With the built pages. */
  readonly folder: string;
  /** Logins follow from it; made for each portal if omitted. */
  readonly secret?: string | undefined;
  /** Milliseconds since the epoch. */
  now(): number;
  /** The platform as a user sees it; undefined for a user who is there no more. */
  upstreamOf(user: string): Upstream | undefined;
  factsOf(user: string): Promise<PortalFacts>;
  /** Answers what else the page may ask; undefined for what does not exist. */
  answer?: ((call: PortalCall) => Promise<unknown>) | undefined;
  /** Words for an error that is not the caller's fault. */
  explain(error: unknown): { code: string; message: string; hint?: string | undefined };
}

/** Bodies of calls to the portal itself are short. */
const mostBytes = 16 * 2 ** 20;

/**
 * Serves the dashboard: its files, logging in by a link, and the platform behind it at the same
 * origin. Credentials of the platform never reach the page.
 */
export class Portal {
  readonly #options: PortalOptions;
  readonly #files: StaticFiles;
  readonly #logins: Logins;
  readonly #foreign: ForeignAddresses;

  constructor(options: PortalOptions) {
    this.#options = options;
    this.#files = new StaticFiles(options.folder);
    this.#foreign = new ForeignAddresses(options.now);
    this.#logins = new Logins(options.secret ?? randomBytes(32).toString('base64url'), options.now);
  }

  /** Makes a path that logs a browser in, once. */
  link(user: string): string {
    return enterPrefix + this.#logins.link(user);
  }

  /** Answers a request, whatever happens. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#route(request, response);
    } catch (error) {
      if (response.headersSent || response.destroyed) response.destroy();
      else refuse(response, 502, this.#options.explain(error));
    }
    // A service may have refused what is still being sent.
    if (!(await readAway(request))) request.destroy();
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = request;
    const port = request.socket.localPort ?? 0;
    if (!isToUs(request, port)) {
      const message =
        'This address is only for browsers on this machine, at 127.0.0.1 or localhost.';
      return refuse(response, 421, { code: 'dashboard.misdirected', message });
    }
    const [path = '/'] = url.split('?', 1);
    if (path.startsWith(enterPrefix)) return this.#enter(request, response, port);
    const isReading = method === 'GET' || method === 'HEAD';
    if (isReading && (await this.#files.answer(path, request, response))) return undefined;
    if (!isOfOurPage(request)) {
      const message = 'The request comes from a page of another origin.';
      return refuse(response, 403, { code: 'dashboard.foreign', message });
    }
    const user = this.#logins.userOf(request, port);
    if (user === undefined) {
      const message = 'This browser is not logged in to this dashboard.';
      return refuse(response, 401, { code: 'dashboard.login_required', message });
    }
    await this.#authorised(request, response, { path, user, port });
  }

  /** A link becomes a cookie, and a key that only the page of this very origin can keep. */
  #enter(request: IncomingMessage, response: ServerResponse, port: number): void {
    if (!isFollowed(request)) {
      response.writeHead(405, { ...guardHeaders, allow: 'GET', 'cache-control': 'no-store' }).end();
      return;
    }
    const login = this.#logins.enter((request.url ?? '').slice(enterPrefix.length), port);
    response.writeHead(303, {
      ...guardHeaders,
      'cache-control': 'no-store',
      // Behind the hash it is sent to nobody.
      location: login === undefined ? '/#spent' : `/#key=${login.key}`,
      ...(login === undefined ? {} : { 'set-cookie': login.cookie }),
    });
    response.end();
  }

  async #authorised(
    request: IncomingMessage,
    response: ServerResponse,
    { path, user, port }: { path: string; user: string; port: number },
  ): Promise<void> {
    const upstream = this.#options.upstreamOf(user);
    if (upstream === undefined) {
      const message = `The user ${user} no longer exists here.`;
      return refuse(response, 401, { code: 'dashboard.login_required', message });
    }
    if (!path.startsWith(ownPrefix)) {
      const passing = { upstream, foreign: this.#foreign, user };
      if (await forwardRequest(request, response, passing)) return;
      return refuse(response, 404, notFound);
    }
    const { method = 'GET' } = request;
    const segments = segmentsOf(path.slice(ownPrefix.length));
    if (segments === undefined) return refuse(response, 404, notFound);
    if (method === 'POST' && segments[0] === 'logout') {
      response.setHeader('set-cookie', forgottenCookie(port));
      return reply(response, 200, {});
    }
    const found =
      method === 'GET' && segments[0] === 'me'
        ? await this.#me(user, upstream)
        : await this.#options.answer?.({
            method,
            path: segments,
            user,
            json: () => readJson(request),
          });
    if (found === undefined) refuse(response, 404, notFound);
    else reply(response, 200, found);
  }

  async #me(user: string, upstream: Upstream) {
    const services = await upstream.services().catch(() => new Map<string, string>());
    const storage = [...services.keys()].filter((path) => path.startsWith('/storage/'));
    return { ...(await this.#options.factsOf(user)), user, storage };
  }
}

/** The parts of a path; undefined where one is no text. */
function segmentsOf(path: string): string[] | undefined {
  try {
    return path.split('/').map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

const notFound = { code: 'dashboard.not_found', message: 'There is nothing at this address.' };

function refuse(response: ServerResponse, status: number, error: object): void {
  reply(response, status, { error });
}

function reply(response: ServerResponse, status: number, document: unknown): void {
  response.writeHead(status, {
    ...guardHeaders,
    'content-type': 'application/json',
    'cache-control': 'no-store',
    vary: keyHeader,
  });
  response.end(JSON.stringify(document));
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const body: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false });
  const bytes = await readBounded(body, mostBytes, () => new Error('the body is too long'));
  return bytes.length === 0 ? undefined : JSON.parse(bytes.toString());
}
