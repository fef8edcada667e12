import type { IncomingMessage, ServerResponse } from 'node:http';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { readBounded } from '@skaha/base/body.js';
import { guardHeaders } from './files.js';
import { type ForeignAddresses, isAbroad } from './foreign-addresses.js';

/** A request that is passed on, with the credential of the server that passes it on. */
export interface ForwardedRequest {
  readonly method: 'DELETE' | 'GET' | 'HEAD' | 'POST' | 'PUT';
  readonly url: string;
  /** Root of the service that is asked: the credential is for it alone. */
  readonly service: string;
  /**
   * The address is on another host than its service, which named it, and lets its bearer in by
   * itself: no credential goes along.
   */
  readonly isGrant: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AsyncIterable<Uint8Array> | undefined;
  readonly signal: AbortSignal;
}

/** The reply to it. */
export interface ForwardedReply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AsyncIterable<Uint8Array>;
}

/** A platform, as one user sees it. */
export interface Upstream {
  /** Root addresses by the path under which the page asks for them, such as `/skaha`. */
  services(): Promise<ReadonlyMap<string, string>>;
  /** @throws when there is no answer */
  send(request: ForwardedRequest): Promise<ForwardedReply>;
}

const requestHeaders = [
  'accept',
  'content-type',
  'if-match',
  'if-none-match',
  'range',
  'x-skaha-registry-auth',
];

/** Other hosts see nothing else of the page. */
const fileHeaders = ['accept', 'content-type', 'if-match', 'if-none-match', 'range'];

const replyHeaders = [
  'accept-ranges',
  'content-md5',
  'content-range',
  'content-type',
  'date',
  'digest',
  'etag',
  'last-modified',
  'retry-after',
  'www-authenticate',
  'x-vo-authenticated',
];

/** Documents that name addresses are short; listings and files name none that are followed. */
const mostRewritten = 4 * 2 ** 20;

const methods: readonly string[] = ['DELETE', 'GET', 'HEAD', 'POST', 'PUT'];
const isMethod = (method: string): method is ForwardedRequest['method'] => methods.includes(method);

/** Where a path of ours leads. */
interface Target {
  /** The path under which the service is found here. */
  readonly prefix: string;
  readonly root: string;
  readonly url: string;
  readonly isGrant: boolean;
}

/** Finds the service that a path is for. Dots that climb are for nobody. */
function targetOf(path: string, services: ReadonlyMap<string, string>): Target | undefined {
  const [way = ''] = path.split('?', 1);
  if (/(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)/i.test(way) || way.includes('\\')) return undefined;
  for (const [prefix, root] of services) {
    if (way === prefix || way.startsWith(`${prefix}/`))
      return { prefix, root, url: root + path.slice(prefix.length), isGrant: false };
  }
  return undefined;
}

/** An address on another host that a service named to this user. */
function foreignTarget(path: string, { foreign, user }: ForwardingContext): Target | undefined {
  const url = foreign.urlOf(path, user);
  return url === undefined
    ? undefined
    : { prefix: path, root: new URL(url).origin, url, isGrant: true };
}

/** On whose behalf a request is passed on. */
export interface ForwardingContext {
  readonly upstream: Upstream;
  readonly foreign: ForeignAddresses;
  readonly user: string;
}

/**
 * Passes a request on to the service that its path is for, and the reply back.
 *
 * @returns false when the path is for none
 */
export async function forwardRequest(
  request: IncomingMessage,
  response: ServerResponse,
  passing: ForwardingContext,
): Promise<boolean> {
  const { upstream } = passing;
  const { method = 'GET', url = '/', headers } = request;
  const target = foreignTarget(url, passing) ?? targetOf(url, await upstream.services());
  if (target === undefined || !isMethod(method)) return false;
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const hasBody = method === 'POST' || method === 'PUT';
  const reply = await upstream.send({
    method,
    url: target.url,
    service: target.root,
    isGrant: target.isGrant,
    headers: picked(headers, target.isGrant ? fileHeaders : requestHeaders),
    // A connection of its own: a client that leaves half-way would otherwise end a shared one.
    body: hasBody ? request.pipe(new PassThrough()) : undefined,
    signal: gone.signal,
  });
  await answer(response, reply, { method, target, passing, origin: `http://${headers.host}` });
  return true;
}

function picked(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  names: readonly string[],
): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = headers[name];
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );
}

interface Asked {
  readonly method: string;
  readonly target: Target;
  readonly passing: ForwardingContext;
  readonly origin: string;
}

async function answer(
  response: ServerResponse,
  reply: ForwardedReply,
  { method, target, passing, origin }: Asked,
): Promise<void> {
  const { status } = reply;
  const { foreign, user } = passing;
  const own = (text: string) =>
    target.isGrant ? text : text.replaceAll(target.root, `${origin}${target.prefix}`);
  const headers: Record<string, string> = {
    ...guardHeaders,
    ...picked(reply.headers, replyHeaders),
    'cache-control': 'no-store',
  };
  const { location } = reply.headers;
  // A browser hides a redirect from the page, which must see it: the page puts it together again.
  const isRedirect = status >= 300 && status < 400 && status !== 304;
  if (isRedirect) headers['x-skaha-status'] = String(status);
  if (location !== undefined) {
    const url = URL.canParse(location, target.url) ? new URL(location, target.url).href : location;
    const path = leadsToFile(target, url) ? foreign.pathTo(url, target.url, user) : undefined;
    headers['x-skaha-location'] = path === undefined ? own(url) : `${origin}${path}`;
  }
  const length = reply.headers['content-length'];
  const isCoded = reply.headers['content-encoding'] !== undefined;
  const body = namesAddresses(target, reply)
    ? Readable.from([
        foreign.rewritten(own(await wholeText(reply.body)), target.root, user, origin),
      ])
    : Readable.from(reply.body);
  if (length !== undefined && !isCoded && !namesAddresses(target, reply)) {
    headers['content-length'] = length;
  }
  response.writeHead(isRedirect ? 200 : status, headers);
  if (method === 'HEAD' || status === 204 || status === 304) {
    body.destroy();
    response.end();
    return;
  }
  await pipeline(body, response);
}

/** The part of a service that is asked, such as `files`. */
const partOf = ({ root, url }: Target): string => url.slice(root.length).split(/[/?]/)[1] ?? '';

/** Whether a reply is a document in which a service names addresses. */
function namesAddresses(target: Target, { headers }: ForwardedReply): boolean {
  const isXml = /^(?:text|application)\/xml\b/.test(headers['content-type'] ?? '');
  return isXml && !target.isGrant && !['files', 'nodes'].includes(partOf(target));
}

/** Whether a storage service redirects to the bytes of a file, and to nothing else. */
function leadsToFile(target: Target, url: string): boolean {
  if (target.isGrant) return true;
  const isFile = partOf(target) === 'files' || /\/files(?:[/?]|$)/.test(url);
  return target.prefix.startsWith('/storage/') && isFile && isAbroad(url, target.root);
}

const wholeText = async (body: AsyncIterable<Uint8Array>): Promise<string> => {
  const tooLong = () => new Error('a document is too long');
  return (await readBounded(body, mostRewritten, tooLong)).toString();
};
