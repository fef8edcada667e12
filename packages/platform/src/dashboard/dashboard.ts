import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, request as send } from 'node:https';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { builtFolder } from '@skaha/dashboard/files.js';
import { linkMs } from '@skaha/dashboard/logins.js';
import { type ForwardedReply, type ForwardedRequest, Portal } from '@skaha/dashboard/portal.js';
import { PortalServer } from '@skaha/dashboard/server.js';
import { identify } from '@skaha/engine/http/authentication.js';
import type { Site } from '@skaha/engine/http/site.js';
import type { DataLayout } from '@skaha/service/data.js';
import { type Facts, listenAgain } from '@skaha/service/listening.js';
import { compact, handled, type Reply, text, withHeaders } from '@skaha/service/reply.js';
import { storedSecret } from '@skaha/service/tokens.js';

/**
 * The path at which a user requests a link to the dashboard, below the root of the API. The real
 * server does not have it.
 */
const linksPath = '/skaha/dashboard-links';

/**
 * The dashboard of this platform, at an origin of its own: pages of sessions, which contain any
 * code, must not be able to act in its name.
 */
export class Dashboard {
  readonly #site: Site;
  readonly #layout: DataLayout;
  readonly #origin: () => string;
  readonly #server: PortalServer | undefined;
  readonly #portal: Portal | undefined;
  #agent: Agent | undefined;

  /** @param origin - of the API */
  constructor(site: Site, layout: DataLayout, origin: () => string) {
    this.#site = site;
    this.#layout = layout;
    this.#origin = origin;
    const folder = builtFolder();
    if (folder === undefined) return;
    this.#portal = new Portal({
      folder,
      // Stored, so that browsers stay logged in when the platform is restarted.
      secret: storedSecret(join(layout.secrets, 'dashboard.key'), 'hex'),
      now: () => site.clock.now(),
      upstreamOf: (user) => this.#upstreamOf(user),
      factsOf: async () => ({
        name: 'local',
        server: `${origin()}/skaha`,
        version: site.settings.apiVersions.includes('v1') ? 'v1' : 'v0',
        batches: false,
      }),
      explain: (error) => ({
        code: 'dashboard.failed',
        message: error instanceof Error ? error.message : String(error),
      }),
    });
    this.#server = new PortalServer(this.#portal);
  }

  /** Listens on the port of last time, which browsers may remember, if it is free. */
  async listen(facts: Facts): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    await listenAgain(facts, 'dashboard-port', (port) => server.listen(port));
    facts.setFact('dashboard-port', new URL(server.origin).port);
  }

  async close(): Promise<void> {
    await this.#server?.close();
    this.#agent?.destroy();
  }

  /**
   * Answers requests for a link to the dashboard, and redirects browsers that look for it at the
   * address of the API.
   *
   * @returns undefined for other requests
   */
  async answer(request: IncomingMessage): Promise<Reply | undefined> {
    if (this.#server === undefined || this.#portal === undefined) return undefined;
    const { method, url, headers } = request;
    if (url === '/' && method === 'GET' && headers.accept?.includes('text/html') === true) {
      const location = `${this.#server.origin}/`;
      return withHeaders({ ...text(''), status: 302 }, { location, 'cache-control': 'no-store' });
    }
    if (url !== linksPath) return undefined;
    if (method !== 'POST') {
      return withHeaders(handled(405, `unsupported: HTTP ${method}`), { allow: 'POST' });
    }
    const caller = await identify(request, this.#site, this.#site.clock.now());
    // Cookies are not accepted: another page in the same browser could cause such a request.
    if (caller.user === undefined || caller.by === 'cookie') return handled(401, 'Unauthorized');
    const link = this.#server.origin + this.#portal.link(caller.user);
    const document = { url: link, expires_in: linkMs / 1000 };
    return withHeaders(compact(document), { 'cache-control': 'no-store' });
  }

  #upstreamOf(user: string) {
    const token = this.#site.identity.tokenFor(user);
    if (token === undefined) return undefined;
    return {
      services: async () =>
        new Map([
          ['/skaha', `${this.#origin()}/skaha`],
          ['/storage/arc', `${this.#origin()}/arc`],
        ]),
      send: (request: ForwardedRequest) => this.#send(request, token),
    };
  }

  /** Sends requests to the API like any other client, without special access. */
  async #send(request: ForwardedRequest, token: string): Promise<ForwardedReply> {
    this.#agent ??= new Agent({ keepAlive: true, ca: readFileSync(this.#layout.ca) });
    const { method, url, headers, body, signal, isGrant } = request;
    const outgoing = send(url, {
      method,
      signal,
      agent: this.#agent,
      headers: isGrant ? headers : { ...headers, authorization: `Bearer ${token}` },
    });
    const replied = new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.once('response', resolve).once('error', reject);
    });
    if (body === undefined) outgoing.end();
    // Errors show in the missing reply.
    else pipeline(body, outgoing).catch(() => undefined);
    const reply = await replied;
    return {
      status: reply.statusCode ?? 502,
      headers: Object.fromEntries(
        Object.entries(reply.headers).map(([name, value]) => [name, String(value)]),
      ),
      body: reply,
    };
  }
}
