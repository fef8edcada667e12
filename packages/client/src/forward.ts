import { withoutTrailingSlashes } from '@skaha/base/trailing-slashes.js';
import { type ClientHolder, coreOf } from './client/source.js';
import { ValidationError } from './errors/index.js';
import type { StreamedBody } from './transport/types.js';

/** A request from another program, to be sent with the credential of a client. */
export interface ForwardRequest {
  method: 'DELETE' | 'GET' | 'HEAD' | 'POST' | 'PUT';
  /** The complete address. */
  url: string;
  /** Root of the service, such as `https://ws-uv.canfar.net/arc`. */
  service: string;
  /**
   * Set this if the service issued the address and the address itself grants access. It may be on
   * another host, and no credential is sent. @defaultValue false
   */
  isGrant?: boolean | undefined;
  /** Names in lower case, without headers that contain a credential. */
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
  /** Read it to its end, or leave the loop. */
  body: AsyncIterable<Uint8Array>;
}

const everyStatus = Array.from({ length: 500 }, (_, index) => 100 + index);

/**
 * Sends a request from another program once, with the credential of a client, and resolves to the
 * reply, whatever its status. It is for programs between a browser and a platform: the credential
 * stays in their process.
 *
 * The caller must make sure that only its own user can have requests forwarded.
 *
 * @param client - the client whose credential is sent
 * @param request - to an address below the root of its service, or to one that itself grants access
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
    method,
    url,
    service,
    isGrant,
    headers,
    signal,
    timeoutMs,
    accepts: everyStatus,
    accept: headers['accept'] ?? '*/*',
    retry: 'never',
    body: given === undefined ? undefined : () => given,
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
