import type { IncomingMessage } from 'node:http';
import { BodyError } from '@skaha/service/body.js';
import {
  compact,
  empty,
  handled,
  methodNotAllowed,
  notAllowedPage,
  notFoundPage,
  notImplementedPage,
  type Reply,
  serverName,
  text,
  withHeaders,
} from '@skaha/service/reply.js';
import { acceptLaunchKeyHeader } from '@skaha/wire/launch-keys.js';
import { acceptLaunchesHeader, launchesResource } from '@skaha/wire/many-launches.js';
import { acceptWaitHeader } from '@skaha/wire/waiting.js';
import { faultOf, isCreate } from '../faults/fault.js';
import type { Oddity } from '../oddities.js';
import { Refusal } from '../sessions/refusal.js';
import type { ApiVersion } from '../settings.js';
import { type Caller, identify } from './authentication.js';
import { type CallbackCaller, identifyCallback } from './callback.js';
import { pageLinksPath } from './page-request.js';
import { queryParameters } from './parameters.js';
import { contextReply } from './resources/context.js';
import { createMany, launchesOffered } from './resources/many-launches.js';
import { sessionResource } from './resources/session.js';
import { longestWait } from './resources/session-end.js';
import { listImages } from './resources/session-reads.js';
import { availabilityReply, capabilitiesReply } from './resources/vosi.js';
import { isCommandAddress, SessionCommands } from './session-commands.js';
import type { Call, Site } from './site.js';

interface Resource {
  readonly allow: readonly string[];
  answer(call: Call): Reply | Promise<Reply>;
}

const resources: ReadonlyMap<string, Resource> = new Map<string, Resource>([
  ['session', { allow: ['GET', 'POST', 'DELETE'], answer: sessionResource }],
  [launchesResource, { allow: ['POST'], answer: createMany }],
  ['image', { allow: ['GET'], answer: listImages }],
  ['context', { allow: ['GET'], answer: contextReply }],
  ['repository', { allow: ['GET'], answer: ({ site }) => compact(site.registryHosts) }],
]);

/** A request to a resource of the API, before its caller is known. */
interface VersionedRequest extends Pick<Call, 'request' | 'method' | 'api' | 'query'> {
  /** Path behind the name of the resource. */
  readonly rest: string | undefined;
}

/** When a caller may try again while nothing can be stored. */
const retrySeconds = '5';

/** The Skaha API over a site: turns a request into a reply. */
export class Application {
  readonly #site: Site;
  /** The origin for callers whose `Host` is not one of ours. */
  readonly #origin: () => string;
  readonly #commands: SessionCommands;
  readonly #pageLinks: (request: IncomingMessage) => Promise<Reply>;

  /**
   * @param origin - of this platform
   * @param pageLinks - answers requests for a link that opens a page
   */
  constructor(
    site: Site,
    origin: () => string,
    pageLinks: (request: IncomingMessage) => Promise<Reply>,
  ) {
    this.#site = site;
    this.#commands = new SessionCommands(site);
    this.#origin = origin;
    this.#pageLinks = pageLinks;
  }

  /** Ends commands and other work that requests have started. */
  close(): void {
    this.#commands.close();
  }

  /** Answers a request; never rejects. */
  async answer(request: IncomingMessage): Promise<Reply> {
    const reply = await this.#guarded(() => this.#route(request));
    // Show nothing that is not on disk yet. Callers who made a change have waited already.
    if (request.method === 'GET') await this.#site.orchestrator.settled();
    return reply;
  }

  async #route(request: IncomingMessage): Promise<Reply> {
    const { method = 'GET', url = '/' } = request;
    const [pathname = '/', query = ''] = splitOnce(url, '?');
    const identity = await this.#site.identity.answer(request, this.#originOf(request));
    if (identity !== undefined) return identity;
    const { storage } = this.#site;
    const stored = await storage.answer(request, pathname, query, this.#originOf(request));
    if (stored !== undefined) return withHeaders(stored, { server: serverName });
    // On the real server, its container answers these before it looks at the path.
    const isContainers = this.#site.settings.oddities.has('container-methods');
    if (method === 'TRACE' && isContainers) return notAllowedPage();
    if (pathname === '/skaha') return redirect('/skaha/');
    if (pathname === '/skaha/') return root(method);
    if (isCommandAddress(pathname)) return await this.#commands.answer(request, pathname);
    if (pathname === pageLinksPath) return await this.#pageLinks(request);
    if (pathname === '/skaha/capabilities') {
      return await this.#capabilities(request, method);
    }
    if (pathname === '/skaha/availability') {
      return await this.#availability(request, method, query);
    }
    if (pathname === '/skaha/logControl') {
      return handled(403, 'Log control is for operators, and this platform has none.');
    }
    const [, version, name = '', rest] =
      /^\/skaha\/(v\d)\/([a-z]+)(?:\/(.*))?$/s.exec(pathname) ?? [];
    const api = this.#site.settings.apiVersions.find((offered) => offered === version);
    const resource = api === undefined ? undefined : resources.get(name);
    if (api === undefined || resource === undefined) return notFoundPage();
    const unheard = unheardOf(method, resource.allow, this.#site.settings.oddities);
    if (unheard !== undefined) return unheard;
    return await this.#versioned(resource, { request, method, api, query, rest });
  }

  async #versioned(resource: Resource, parts: VersionedRequest): Promise<Reply> {
    const { request } = parts;
    const caller = await this.#identify(request);
    if ('fault' in caller) return refuse(caller.fault, caller.challenge);
    if (caller.user !== undefined) {
      const { user } = caller;
      const reply = await this.#guarded(() => this.#authorised(resource, parts, user));
      return withHeaders(reply, {
        server: serverName,
        'x-vo-authenticated': user,
        ...offersOf(this.#site),
      });
    }
    const challenges = { 'www-authenticate': this.#challenges(request) };
    const callback = identifyCallback(request, this.#site);
    const reply =
      callback === undefined
        ? this.#anonymous(parts.api)
        : await this.#guarded(() => this.#calledBack(resource, parts, callback));
    return withHeaders(reply, { server: serverName, ...challenges });
  }

  async #calledBack(
    resource: Resource,
    parts: VersionedRequest,
    callback: CallbackCaller,
  ): Promise<Reply> {
    if ('refusal' in callback) throw callback.refusal;
    return await this.#authorised(resource, parts, callback.user);
  }

  /** Authorisation comes before every other check (Skaha API, 1.5). */
  async #authorised(resource: Resource, parts: VersionedRequest, user: string): Promise<Reply> {
    const { request, method, rest, ...others } = parts;
    const faults = this.#site.faults.of(request);
    if (faultOf(faults, 'no-posix-account') !== undefined) {
      throw new Refusal(403, 'No POSIX Principal');
    }
    const isMember = this.#site.identity.about(user)?.access === true;
    if (!isMember || faultOf(faults, 'not-authorized') !== undefined) {
      throw new Refusal(403, 'Not authorized to use the skaha system');
    }
    const rejection = faultOf(faults, 'reject-create');
    if (rejection !== undefined && isCreate(method, request.url ?? '')) {
      throw new Refusal(400, rejection.message ?? 'Rejected by the fault reject-create');
    }
    const path = segments(rest);
    if (path === undefined) throw new Refusal(400, `Invalid request: ${rest ?? ''}`);
    const origin = this.#originOf(request);
    const call = { ...others, request, method, path, site: this.#site, user, origin, faults };
    return await resource.answer(call);
  }

  async #identify(request: IncomingMessage): Promise<Caller> {
    return await identify(request, this.#site, this.#site.clock.now());
  }

  #challenges(request: IncomingMessage): readonly string[] {
    return this.#site.identity.challenges(this.#originOf(request));
  }

  #anonymous(api: ApiVersion): Reply {
    return this.#site.settings.oddities.has('anonymous-400') && api === 'v1'
      ? handled(400, 'cannot get group memberships for anonymous')
      : handled(401, 'Unauthorized');
  }

  async #guarded(work: () => Promise<Reply>): Promise<Reply> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof Refusal) return this.#refusal(error);
      if (error instanceof BodyError) return handled(error.status, error.message);
      const reason = error instanceof Error ? error.message : String(error);
      this.#site.logger.error(`unexpected failure while answering: ${reason}`);
      return text('unexpected exception: the platform met an internal error', 500);
    }
  }

  /** Errors that the server did not handle itself end without a line feed (Skaha API, bodies). */
  #refusal({ status, message, reason }: Refusal): Reply {
    if (reason !== undefined && !this.#site.settings.oddities.has('hidden-refusal')) {
      return handled(400, reason);
    }
    if (message.startsWith('unexpected exception:')) return text(message, status);
    const reply = handled(status, message);
    return status === 503 ? withHeaders(reply, { 'retry-after': retrySeconds }) : reply;
  }

  async #capabilities(request: IncomingMessage, method: string): Promise<Reply> {
    if (method !== 'GET' && method !== 'HEAD') return methodNotAllowed(method, ['GET', 'HEAD']);
    const caller = await this.#identify(request);
    if ('fault' in caller) return refuse(caller.fault, caller.challenge);
    const origin = this.#originOf(request);
    return withHeaders(capabilitiesReply(origin, this.#site), {
      server: `${serverName} + cadc-vosi-1.4`,
      ...this.#identityHeaders(caller, request),
    });
  }

  async #availability(request: IncomingMessage, method: string, query: string): Promise<Reply> {
    if (method === 'POST') return redirect(`${this.#originOf(request)}/skaha/availability`);
    if (method !== 'GET' && method !== 'HEAD') return methodNotAllowed(method, ['GET', 'HEAD']);
    const caller = await this.#identify(request);
    if ('fault' in caller) {
      const page = '<!doctype html><html lang="en"><title>503</title><h1>Service Unavailable</h1>';
      return { ...text(page, 503), headers: { 'content-type': 'text/html' } };
    }
    const reply = await this.#guarded(async () => {
      const detail = queryParameters(query).get('detail');
      const { remoteAddress = '127.0.0.1' } = request.socket;
      return availabilityReply(detail, remoteAddress, this.#site.orchestrator.isStoring);
    });
    // Without the headers for software and user, as on the real server.
    return caller.user === undefined
      ? withHeaders(reply, this.#identityHeaders(caller, request))
      : reply;
  }

  #identityHeaders(
    caller: Caller,
    request: IncomingMessage,
  ): Record<string, string | readonly string[]> {
    return caller.user === undefined
      ? { 'www-authenticate': this.#challenges(request) }
      : { 'x-vo-authenticated': caller.user };
  }

  /** The caller's own name for this machine, so that its certificate check still succeeds. */
  #originOf({ headers, socket }: IncomingMessage): string {
    const { host = '' } = headers;
    if (!/^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/.test(host)) return this.#origin();
    // A client of the unix socket may send the port of an earlier platform.
    const isByTcp = socket.remoteAddress !== undefined;
    return isByTcp ? `https://${host}` : this.#origin();
  }
}

const redirect = (location: string): Reply => withHeaders(empty(302), { location });

/** Headers for every caller that announce what the real server does not have. */
const offers = { [acceptLaunchKeyHeader]: '1', [acceptWaitHeader]: String(longestWait) };

function offersOf(site: Site): Record<string, string> {
  const launches = launchesOffered(site);
  return launches === undefined ? offers : { ...offers, [acceptLaunchesHeader]: String(launches) };
}

/** HTTP methods that Tomcat itself answers or lists. */
const containerMethods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'TRACE', 'OPTIONS'];

/** The reply to a method that no resource handles. */
function unheardOf(
  method: string,
  allow: readonly string[],
  oddities: ReadonlySet<Oddity>,
): Reply | undefined {
  const isContainers = oddities.has('container-methods');
  if (method === 'OPTIONS') {
    return withHeaders(empty(), { allow: (isContainers ? containerMethods : allow).join(', ') });
  }
  if (method === 'PATCH' && oddities.has('patch-501')) return notImplementedPage();
  return allow.includes(method) ? undefined : methodNotAllowed(method, allow);
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

/** Decoded path segments; a slash after the last one is ignored. */
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
