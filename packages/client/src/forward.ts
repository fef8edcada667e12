import { withoutTrailingSlashes } from '@skaha/base/trailing-slashes.js';
import { type ClientHolder, coreOf } from './client/source.js';
import { ValidationError } from './errors/index.js';
import type { StreamedBody } from './transport/types.js';

/** A request that somebody else made, to be sent with the credential of a client. */
export interface ForwardRequest {
  method: 'DELETE' | 'GET' | 'HEAD' | 'POST' | 'PUT';
  /** The complete address. */
  url: string;
  /** Root of the service that is asked, such as `https://ws-uv.canfar.net/arc`. */
  service: string;
  /**
   * The service named this address, and it lets its bearer in by itself: it may be on another host,
   * and no credential goes along. @defaultValue false
   */
  isGrant?: boolean | undefined;
  /** Names in lower case; none of a credential is among them. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** Read once, while it is sent. */
  body?: AsyncIterable<Uint8Array> | undefined;
  signal?: AbortSignal | undefined;
  /** Time for the head of the reply, in milliseconds. @defaultValue the client's `timeoutMs` */
  timeoutMs?: number | undefined;
}

/** The reply to it, whatever its status. */
export interface ForwardReply {
  status: number;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
  /** Must be read to its end, or left. */
  body: AsyncIterable<Uint8Array>;
}

const everyStatus = Array.from({ length: 500 }, (_, index) => 100 + index);

/**
 * Sends a request that somebody else made, once, with the credential of a client, and resolves to
 * the reply as it comes, refusals included. For programs that stand between a browser and a
 * platform: the credential stays in their process.
 *
 * The caller sees to it that only its own user can have requests forwarded.
 *
 * @param client - whose credential goes along
 * @param request - to an address below the root of its service, or to one that lets its bearer in
 * @returns the reply, its body still to come
 * @throws {ValidationError} `request.invalid` for an address that is not below the service's root
 * @throws {SkahaError} `transport.failure`, `transport.timeout` and the codes of a connection that
 *   cannot be made
 * @example
 * ```ts
 * import { SkahaClient } from 'skaha';
 * import { forward } from 'skaha/forward';
 *
 * await using skaha = new SkahaClient();
 * const { root: service } = await skaha.connection();
 * const reply = await forward(skaha, { method: 'GET', url: `${service}/v1/session`, service });
 * console.log(reply.status);
 * ```
 */
export async function forward(
  client: ClientHolder,
  request: ForwardRequest,
): Promise<ForwardReply> {
  const { method, url, service, isGrant = false, headers = {}, body, signal, timeoutMs } = request;
  if (!URL.canParse(url) || (!isGrant && !isBelow(new URL(url), new URL(service)))) {
    throw new ValidationError([
      { path: 'url', message: 'The address is not below the root of the service.' },
    ]);
  }
  const given = body as StreamedBody | undefined;
  const reply = await coreOf(client).open({
    ...{ method, url, service, isGrant, headers, signal, timeoutMs },
    accepts: everyStatus,
    accept: headers['accept'] ?? '*/*',
    retry: 'never',
    ...(given === undefined ? {} : { body: () => given }),
  });
  return { status: reply.status, headers: reply.headers(), body: reply.body };
}

/** As `URL` reads them: dots that climb are gone by then. */
function isBelow(url: URL, root: URL): boolean {
  const path = withoutTrailingSlashes(root.pathname);
  return (
    url.origin === root.origin && (url.pathname === path || url.pathname.startsWith(`${path}/`))
  );
}
