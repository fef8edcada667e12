import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { keyHeader } from './guard.js';

/** How long a link waits to be opened, in milliseconds. */
export const linkMs = 300_000;

/** How long a browser stays logged in, in milliseconds. */
const loginMs = 7 * 24 * 3_600_000;

/** Links that wait at a time; the oldest goes first. */
const mostLinks = 64;

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
const isSame = (one: string, other: string): boolean => timingSafeEqual(digest(one), digest(other));

/** What a browser gets when its user follows a link. */
export interface Login {
  /** Value of the `set-cookie` header. */
  readonly cookie: string;
  /** What the page sends along with each request; the cookie alone opens nothing. */
  readonly key: string;
}

/**
 * Links that log a browser in once, and the logins that come of them.
 *
 * A login is a cookie that no script can read, and a key that the page keeps: a browser sends
 * cookies to every port of a host, so that another program of this machine may come to see one.
 * Both follow from a secret, so that logins outlive a restart wherever the secret does.
 */
export class Logins {
  readonly #secret: string;
  readonly #now: () => number;
  readonly #links = new Map<string, { user: string; until: number }>();

  /**
   * @param secret - of the server of the dashboard
   * @param now - milliseconds since the epoch
   */
  constructor(secret: string, now: () => number) {
    this.#secret = secret;
    this.#now = now;
  }

  /** Makes the secret of a link for a user. */
  link(user: string): string {
    const now = this.#now();
    for (const [secret, { until }] of this.#links) if (until <= now) this.#links.delete(secret);
    const excess = Math.max(0, this.#links.size - mostLinks + 1);
    for (const secret of [...this.#links.keys()].slice(0, excess)) this.#links.delete(secret);
    const secret = randomBytes(32).toString('base64url');
    this.#links.set(secret, { user, until: now + linkMs });
    return secret;
  }

  /**
   * Takes a link: it opens nothing from now on.
   *
   * @param secret - of the link
   * @param port - names the cookie, as all ports of a host share theirs
   */
  enter(secret: string, port: number): Login | undefined {
    const found = this.#links.get(secret);
    this.#links.delete(secret);
    if (found === undefined || found.until <= this.#now()) return undefined;
    const until = (this.#now() + loginMs).toString(36);
    const random = randomBytes(12).toString('base64url');
    const claim = `${Buffer.from(found.user).toString('base64url')}.${until}.${random}`;
    const token = `${claim}.${this.#sign('login', claim)}`;
    const rest = `Path=/; Max-Age=${loginMs / 1000}; HttpOnly; SameSite=Strict`;
    return { cookie: `${cookieName(port)}=${token}; ${rest}`, key: this.#sign('key', token) };
  }

  /** The user of a request: its cookie and its key must belong together. */
  userOf(request: IncomingMessage, port: number): string | undefined {
    const token = cookieOf(request, cookieName(port));
    const key = request.headers[keyHeader];
    if (token === undefined || typeof key !== 'string') return undefined;
    const end = token.lastIndexOf('.');
    const claim = token.slice(0, Math.max(0, end));
    if (!isSame(token.slice(end + 1), this.#sign('login', claim))) return undefined;
    if (!isSame(key, this.#sign('key', token))) return undefined;
    const [user = '', until = ''] = claim.split('.');
    if (!(Number.parseInt(until, 36) > this.#now())) return undefined;
    return Buffer.from(user, 'base64url').toString();
  }

  #sign(use: 'key' | 'login', text: string): string {
    return createHmac('sha256', this.#secret).update(`${use} ${text}`).digest('base64url');
  }
}

/** A cookie that takes the one of a port away. */
export const forgottenCookie = (port: number): string =>
  `${cookieName(port)}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict`;

const cookieName = (port: number): string => `skaha_dashboard_${port}`;

function cookieOf({ headers }: IncomingMessage, name: string): string | undefined {
  for (const pair of (headers.cookie ?? '').split(';')) {
    const [own = '', ...value] = pair.trim().split('=');
    if (own === name) return value.join('=');
  }
  return undefined;
}
