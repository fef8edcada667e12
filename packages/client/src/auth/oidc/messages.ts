import { parseRecord } from '@skaha/base/json.js';
import { SkahaError } from '../../errors/index.js';
import { type ExchangeLimits, exchange, type Reply } from '../../transport/exchange.js';
import type { Transport } from '../../transport/types.js';

/** What every exchange with an identity provider needs. */
export interface OidcTools {
  transport: Transport;
  /** Time for one request, in milliseconds. */
  timeoutMs: number;
  /** Development only: allows plain http to this machine. */
  development: boolean;
  signal?: AbortSignal | undefined;
}

/** A reply of an identity provider. */
export interface OidcReply {
  status: number;
  header(name: string): string | undefined;
  /** Undefined when the body is not one JSON object. */
  json: Readonly<Record<string, unknown>> | undefined;
  /** The protocol's own error code; decides whatever the status is. */
  error: string | undefined;
}

/** Longest message of an identity provider that is read, in bytes. */
const maximumBytes = 256 * 1024;

/**
 * Gives the library that writes the protocol's messages a `fetch` over our own transport, so that
 * time, size, trust and the refusal of redirects are the same for every request.
 *
 * @param tools - transport and bounds
 * @param keep - gets each reply as it was read
 */
function protocolFetch(tools: OidcTools, keep: (reply: Reply) => void) {
  const { timeoutMs, signal } = tools;
  const limits: ExchangeLimits = { timeoutMs, signal, maximumBytes };
  return async (
    url: string,
    init: {
      method: string;
      headers: Record<string, string>;
      body?: string | URLSearchParams | null | undefined;
    },
  ): Promise<Response> => {
    const method = init.method === 'GET' ? 'GET' : 'POST';
    const body = init.body === null ? undefined : init.body?.toString();
    const request = { method, url, headers: init.headers, body, anonymous: true } as const;
    const reply = await exchange(tools.transport, request, limits);
    if (reply.status >= 300 && reply.status < 400) {
      throw new SkahaError(
        'response.redirect',
        `${new URL(url).host} redirects elsewhere; redirects are not followed during a login.`,
      );
    }
    keep(reply);
    return new Response(null, { status: 200 });
  };
}

/** A `fetch` as the protocol library takes it. */
export type ProtocolFetch = ReturnType<typeof protocolFetch>;

/**
 * Sends one message of the protocol and reads the reply. Nothing of it is in any error: providers
 * put secrets even into descriptions of errors.
 *
 * @param tools - transport and bounds
 * @param send - makes and sends the message with the `fetch` it is given
 * @throws {SkahaError} `response.redirect`, or the errors of the exchange
 */
export async function converse(
  tools: OidcTools,
  send: (fetch: ProtocolFetch) => Promise<unknown>,
): Promise<OidcReply> {
  let reply: Reply | undefined;
  await send(
    protocolFetch(tools, (received) => {
      reply = received;
    }),
  );
  if (reply === undefined) throw new SkahaError('internal', 'No message was sent.');
  const json = parseRecord(reply.text);
  const error = json?.['error'];
  return {
    status: reply.status,
    header: reply.header,
    json,
    error: typeof error === 'string' && error !== '' ? error : undefined,
  };
}

/**
 * Makes the error for a provider that does not do what the protocol says.
 *
 * @param issuer - of the provider
 * @param what - follows its name in the message
 * @param hint - what to do next
 */
export function providerInvalid(issuer: string, what: string, hint?: string): SkahaError {
  const host = URL.canParse(issuer) ? new URL(issuer).host : 'unknown';
  return new SkahaError(
    'authentication.provider_invalid',
    `The identity provider ${host} ${what}.`,
    { hint: hint ?? 'Try again later; if this persists, contact the support of the provider.' },
  );
}

/**
 * Makes the error for a provider that does not work at the moment.
 *
 * @param issuer - of the provider
 * @param status - what it answered with
 */
export function providerDown(issuer: string, status: number): SkahaError {
  const host = URL.canParse(issuer) ? new URL(issuer).host : 'unknown';
  return new SkahaError(
    'transport.failure',
    `The identity provider ${host} is not working (HTTP ${status}).`,
    { hint: 'Try again later.', status, retryable: true },
  );
}

/** A non-empty string, or nothing. */
export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** A whole number, also one sent as text; fractions are cut off. Nothing for anything else. */
export function wholeNumberOf(value: unknown): number | undefined {
  const number =
    typeof value === 'string' && /^\d+(?:\.\d+)?$/.test(value.trim()) ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? Math.trunc(number) : undefined;
}
