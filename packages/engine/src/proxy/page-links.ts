import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { compact, handled, type Reply, withHeaders } from '@skaha/service/reply.js';
import { identify } from '../http/authentication.js';
import { postParameters } from '../http/parameters.js';
import type { Site } from '../http/site.js';
import type { SessionRecord } from '../sessions/record.js';
import { connectUrl } from '../sessions/session-wire.js';

/** Path of such a link, before its secret. */
export const enterPath = '/enter/';

/** How long a link is valid, in milliseconds. */
const lifeMs = 120_000;

/** How many unused links a user may have; the oldest is dropped. */
const maxWaiting = 32;

interface Waiting {
  readonly owner: string;
  readonly session: string;
  readonly until: number;
}

/**
 * Links that open the page of a session once, for a browser without credentials. They are only in
 * memory, so none outlives the platform.
 */
export class PageLinks {
  readonly #waiting = new Map<string, Waiting>();

  /** @param now - milliseconds since the epoch */
  make(owner: string, session: string, now: number): { secret: string; lifeMs: number } {
    for (const [secret, { until }] of this.#waiting) {
      if (until <= now) this.#waiting.delete(secret);
    }
    const own = [...this.#waiting].filter(([, waiting]) => waiting.owner === owner);
    const excess = Math.max(0, own.length - maxWaiting + 1);
    for (const [secret] of own.slice(0, excess)) this.#waiting.delete(secret);
    const secret = randomBytes(32).toString('base64url');
    this.#waiting.set(secret, { owner, session, until: now + lifeMs });
    return { secret, lifeMs };
  }

  /** The session of a link, which is invalid afterwards. */
  take(secret: string, now: number): { owner: string; session: string } | undefined {
    const found = this.#waiting.get(secret);
    this.#waiting.delete(secret);
    return found !== undefined && now < found.until ? found : undefined;
  }
}

/** The path and query that open the page of a session, as in its address. */
export const pagePath = (record: SessionRecord): string =>
  connectUrl(record, { origin: '', opensById: false });

/**
 * Replies to the owner of a session who requests a link to its page. Cookies are not accepted:
 * another page in the same browser could cause such a request.
 *
 * @param origin - of the pages
 */
export async function answerPageLinks(
  request: IncomingMessage,
  site: Site,
  links: PageLinks,
  origin: string,
): Promise<Reply> {
  if (request.method !== 'POST') {
    return withHeaders(handled(405, `unsupported: HTTP ${request.method}`), { allow: 'POST' });
  }
  const now = site.clock.now();
  const caller = await identify(request, site, now);
  if (caller.user === undefined || caller.by === 'cookie') return handled(401, 'Unauthorized');
  const id = (await postParameters(request, '')).get('id') ?? '';
  const record = site.orchestrator.sessions.page(id);
  if (record === undefined || record.owner !== caller.user || pagePath(record) === '') {
    return handled(404, `session ${id.slice(0, 40)} not found`);
  }
  const { secret, lifeMs: life } = links.make(caller.user, record.id, now);
  const url = `${origin}${enterPath}${secret}`;
  return withHeaders(compact({ url, expires_in: life / 1000 }), { 'cache-control': 'no-store' });
}
