import type { IncomingMessage } from 'node:http';
import type { Fault } from '../faults/faults.js';
import { isCreate } from '../faults/faults.js';
import { challengesAt } from '../identity/challenges.js';
import { Refusal } from '../sessions/refusal.js';
import { type Caller, identify } from './authentication.js';
import { queryParameters } from './parameters.js';
import {
  compact,
  empty,
  handled,
  methodNotAllowed,
  notFoundPage,
  type Reply,
  text,
  unavailable,
  withHeaders,
} from './reply.js';
import { contextReply } from './resources/context.js';
import { sessionResource } from './resources/session.js';
import { listImages } from './resources/session-reads.js';
import { availabilityReply, capabilitiesReply } from './resources/vosi.js';
import type { Call, Site } from './site.js';

interface Resource {
  readonly allow: readonly string[];
  answer(call: Call): Reply | Promise<Reply>;
}

const resources: ReadonlyMap<string, Resource> = new Map<string, Resource>([
  ['session', { allow: ['GET', 'POST', 'DELETE'], answer: sessionResource }],
  ['image', { allow: ['GET'], answer: listImages }],
  ['context', { allow: ['GET'], answer: ({ site }) => contextReply(site) }],
  ['repository', { allow: ['GET'], answer: ({ site }) => compact(site.registryHosts) }],
]);

const serverName = 'OpenCADC/cadc-rest';

/** The Skaha API over a site: turns a request into a reply. */
export class Application {
  readonly #site: Site;
  /** The origin told to callers whose `Host` is not one of ours. */
  readonly #origin: () => string;

  constructor(site: Site, origin: () => string) {
    this.#site = site;
    this.#origin = origin;
  }

  /**
   * @param faults - misbehaviours that this request meets
   */
  async answer(request: IncomingMessage, faults: readonly Fault[]): Promise<Reply> {
    return await this.#guarded(() => this.#route(request, faults));
  }

  async #route(request: IncomingMessage, faults: readonly Fault[]): Promise<Reply> {
    const { method = 'GET', url = '/' } = request;
    const [pathname = '/', query = ''] = splitOnce(url, '?');
    const outage = faults.find((fault) => fault.kind === 'status-503');
    if (outage?.kind === 'status-503') {
      return unavailable(afterEndpoint(pathname), outage.retryAfterSeconds);
    }
    const identity = await this.#site.services.answer(request, this.#originOf(request));
    if (identity !== undefined) return identity;
    if (pathname === '/skaha' || pathname === '/skaha/') return root(method);
    if (pathname === '/skaha/capabilities') return this.#capabilities(request, method);
    if (pathname === '/skaha/availability') return this.#availability(request, method, query);
    const found = /^\/skaha\/v1\/([a-z]+)(?:\/(.*))?$/s.exec(pathname);
    const resource = resources.get(found?.[1] ?? '');
    if (resource === undefined) return notFoundPage();
    const path = segments(found?.[2]);
    if (path === undefined) return handled(400, `Invalid request: ${found?.[2] ?? ''}`);
    return await this.#versioned(resource, { request, method, path, query, faults });
  }

  async #versioned(
    resource: Resource,
    parts: Pick<Call, 'request' | 'method' | 'path' | 'query'> & { faults: readonly Fault[] },
  ): Promise<Reply> {
    const { request, method, faults } = parts;
    if (method === 'OPTIONS') return withHeaders(empty(), { allow: resource.allow.join(', ') });
    if (!resource.allow.includes(method)) return methodNotAllowed(method, resource.allow);
    const caller = this.#identify(request);
    if ('fault' in caller) return refuse(caller.fault, caller.challenge);
    if (caller.user === undefined) return this.#anonymous(request);
    const reply = await this.#guarded(async () => {
      if (this.#site.identities.settings(caller.user)?.access !== true) {
        throw new Refusal(403, 'Not authorized to use the skaha system');
      }
      const rejection = faults.find((fault) => fault.kind === 'reject-create');
      if (rejection?.kind === 'reject-create' && isCreate(method, request.url ?? '')) {
        throw new Refusal(400, rejection.message ?? 'Rejected by the fault reject-create');
      }
      const origin = this.#originOf(request);
      return await resource.answer({ ...parts, site: this.#site, user: caller.user, origin });
    });
    return withHeaders(reply, { server: serverName, 'x-vo-authenticated': caller.user });
  }

  #identify(request: IncomingMessage): Caller {
    return identify(request, this.#site, this.#site.clock.now());
  }

  #anonymous(request: IncomingMessage): Reply {
    const reply =
      this.#site.settings.anonymousStatus === 400
        ? handled(400, 'cannot get group memberships for anonymous')
        : handled(401, 'Unauthorized');
    return withHeaders(reply, {
      server: serverName,
      'www-authenticate': challengesAt(this.#originOf(request)),
    });
  }

  async #guarded(work: () => Promise<Reply>): Promise<Reply> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof Refusal) return refusalReply(error);
      const reason = error instanceof Error ? error.message : String(error);
      this.#site.logger.error(`unexpected failure while answering: ${reason}`);
      return text('unexpected exception: the platform met an internal error', 500);
    }
  }

  #capabilities(request: IncomingMessage, method: string): Reply {
    if (method !== 'GET' && method !== 'HEAD') return methodNotAllowed(method, ['GET', 'HEAD']);
    const caller = this.#identify(request);
    if ('fault' in caller) return refuse(caller.fault, caller.challenge);
    const origin = this.#originOf(request);
    return withHeaders(capabilitiesReply(origin, this.#site.services.controls.capabilities), {
      server: `${serverName} + 1.4`,
      ...identityHeaders(caller, origin),
    });
  }

  #availability(request: IncomingMessage, method: string, query: string): Reply {
    if (method !== 'GET' && method !== 'HEAD') return methodNotAllowed(method, ['GET', 'HEAD']);
    const caller = this.#identify(request);
    if ('fault' in caller) {
      const page = '<!doctype html><html lang="en"><title>503</title><h1>Service Unavailable</h1>';
      return { ...text(page, 503), headers: { 'content-type': 'text/html' } };
    }
    const detail = queryParameters(query).get('detail');
    const reply = availabilityReply(detail, request.socket.remoteAddress ?? 'unknown');
    const headers = identityHeaders(caller, this.#originOf(request));
    return withHeaders(reply, { server: serverName, ...headers });
  }

  /** The caller's own name for this machine, so that its certificate check goes on to succeed. */
  #originOf(request: IncomingMessage): string {
    const host = request.headers.host ?? '';
    return /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/.test(host)
      ? `https://${host}`
      : this.#origin();
  }
}

function identityHeaders(
  caller: Caller,
  origin: string,
): Record<string, string | readonly string[]> {
  return caller.user === undefined
    ? { 'www-authenticate': challengesAt(origin) }
    : { 'x-vo-authenticated': caller.user };
}

function root(method: string): Reply {
  if (method !== 'GET' && method !== 'HEAD') return methodNotAllowed(method, ['GET', 'HEAD']);
  const page =
    '<!doctype html><html lang="en"><title>Science Platform</title><h1>Local Science Platform</h1></html>\n';
  return withHeaders(text(page), { 'content-type': 'text/html;charset=utf-8' });
}

/** Failures while reading credentials: the message alone, no line feed (Skaha API, bodies). */
const refuse = (fault: string, challenge: string): Reply =>
  withHeaders(text(fault, 401), { 'www-authenticate': challenge });

/** What the server did not handle itself comes without a line feed (Skaha API, bodies). */
const refusalReply = ({ status, message }: Refusal): Reply =>
  message.startsWith('unexpected exception:') ? text(message, status) : handled(status, message);

function afterEndpoint(pathname: string): string | undefined {
  return /^\/skaha\/v1\/[a-z]+\/(.+)$/s.exec(pathname)?.[1];
}

/** Path segments, decoded; a slash at the end is harmless behind a segment. */
function segments(rest: string | undefined): string[] | undefined {
  if (rest === undefined) return [];
  const parts = rest.split('/');
  if (parts.length > 1 && parts.at(-1) === '') parts.pop();
  try {
    return parts.map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

function splitOnce(value: string, separator: string): [string, string] {
  const index = value.indexOf(separator);
  return index < 0 ? [value, ''] : [value.slice(0, index), value.slice(index + 1)];
}
