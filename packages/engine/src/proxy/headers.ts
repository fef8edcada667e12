import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { cookiesOf, isOwnCookie } from '../http/page-request.js';

/** How to forward a request for a page. */
export interface InnerPlan {
  /** The common beginning of all addresses of the page; ends with a slash. */
  readonly base: string;
  /** Whether the session knows its address; otherwise those in its replies are rewritten. */
  readonly keepsPath: boolean;
  /** The credential that the session's server expects from its owner. */
  readonly authorization?: string | undefined;
  /** The protocol that the browser used. */
  readonly scheme: 'http' | 'https';
}

/** Headers for the next hop only. */
const hop = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** Headers with credentials of the platform, and those that only a proxy may set. */
const keptFromSession = new Set([
  ...hop,
  'authorization',
  'cookie',
  'expect',
  'forwarded',
  'host',
  'x-auth-token-skaha',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-prefix',
  'x-forwarded-proto',
  'x-real-ip',
  'x-skaha-registry-auth',
]);

/** Headers that would affect other pages too, because all have the same origin. */
const keptFromBrowser = new Set([
  ...hop,
  'alt-svc',
  'clear-site-data',
  'service-worker-allowed',
  'set-cookie',
  'strict-transport-security',
]);

const pairsOf = (raw: readonly string[]): [string, string][] =>
  Array.from({ length: raw.length / 2 }, (_, index) => [
    (raw[2 * index] ?? '').toLowerCase(),
    raw[2 * index + 1] ?? '',
  ]);

/** Headers that a message itself declares to be for the next hop. */
const declaredHop = (message: IncomingMessage): ReadonlySet<string> =>
  new Set((message.headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase()));

/** Values by name, without a prototype, because names may be those of properties of all objects. */
function collect(pairs: Iterable<readonly [string, string]>): Record<string, string[]> {
  const headers = new Map<string, string[]>();
  for (const [name, value] of pairs) headers.set(name, [...(headers.get(name) ?? []), value]);
  return Object.fromEntries(headers);
}

/** The headers that a session sees, without credentials of the platform. */
export function innerHeaders(request: IncomingMessage, plan: InnerPlan): OutgoingHttpHeaders {
  const declared = declaredHop(request);
  const headers = collect(
    pairsOf(request.rawHeaders).filter(
      ([name]) => !(keptFromSession.has(name) || declared.has(name)),
    ),
  );
  const cookies = cookiesOf(request).filter(([name]) => name !== '' && !isOwnCookie(name));
  const host = request.headers.host ?? 'localhost';
  return {
    ...headers,
    ...(cookies.length > 0 ? { cookie: cookies.map((pair) => pair.join('=')).join('; ') } : {}),
    // A body of unknown length stays chunked, whatever the method.
    ...(request.headers['transfer-encoding'] === undefined
      ? {}
      : { 'transfer-encoding': 'chunked' }),
    ...(plan.authorization === undefined ? {} : { authorization: plan.authorization }),
    host,
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-host': host,
    'x-forwarded-prefix': plan.base.slice(0, -1),
    'x-forwarded-proto': plan.scheme,
  };
}

/** The headers that a browser sees: those of a session affect only its own page. */
export function outerHeaders(
  answer: IncomingMessage,
  plan: InnerPlan,
  host: string,
): Record<string, string[]> {
  const declared = declaredHop(answer);
  const headers = collect(
    pairsOf(answer.rawHeaders)
      .filter(([name]) => !(keptFromBrowser.has(name) || declared.has(name)))
      .map(([name, value]) => [name, name === 'location' ? ledBack(value, plan, host) : value]),
  );
  const cookies = (answer.headers['set-cookie'] ?? []).flatMap((cookie) =>
    keptCookie(cookie, plan),
  );
  return cookies.length > 0 ? { ...headers, 'set-cookie': cookies } : headers;
}

/** The path for which the browser must ask to get a path of the session. */
function outerPath(path: string, { base, keepsPath }: InnerPlan): string {
  if (keepsPath || path === base.slice(0, -1) || path.startsWith(base)) return path;
  return base.slice(0, -1) + path;
}

/** The target of a redirect, with the session's address on the platform. */
function ledBack(location: string, plan: InnerPlan, host: string): string {
  const own = /^(?:https?:)?\/\/([^/?#]*)((?:[/?#].*)?)$/i.exec(location);
  if (own === null) return location.startsWith('/') ? outerPath(location, plan) : location;
  const [, authority = '', path = ''] = own;
  const isSelf = authority.toLowerCase() === host.toLowerCase();
  const isInner = /^(?:localhost|127\.0\.0\.1)(?::\d+)?$/i.test(authority);
  if (!isSelf && !isInner) return location;
  return outerPath(path.startsWith('/') ? path : `/${path}`, plan);
}

/** Attributes that a cookie of a page must not have; some are only possible with TLS. */
const unusable = {
  http: /^(?:(?:domain|path|secure)\s*(?:=|$)|samesite\s*=\s*none$)/i,
  https: /^(?:domain|path)\s*(?:=|$)/i,
};

/** Restricts a cookie to the session's own page; undefined for a name that the platform uses. */
function keptCookie(cookie: string, plan: InnerPlan): string[] {
  const [pair = '', ...attributes] = cookie.split(';').map((part) => part.trim());
  const name = pair.split('=', 1)[0] ?? '';
  if (name === '' || isOwnCookie(name.trim())) return [];
  const kept = attributes.filter((attribute) => !unusable[plan.scheme].test(attribute));
  const path = attributes
    .map((attribute) => /^path\s*=\s*(\/.*)$/i.exec(attribute)?.[1])
    .findLast((found) => found !== undefined);
  const isInside = path === plan.base.slice(0, -1) || path?.startsWith(plan.base) === true;
  const below = plan.keepsPath || path === undefined ? '' : path.slice(1);
  return [[pair, ...kept, `Path=${isInside ? path : plan.base + below}`].join('; ')];
}
