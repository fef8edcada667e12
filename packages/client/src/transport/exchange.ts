import { concatenate } from '@skaha/base/bytes.js';
import { type Clock, systemClock } from '@skaha/base/clock.js';
import type { Logger } from '@skaha/base/logger.js';
import { safeUrl } from '@skaha/base/redact.js';
import { DeadlineReached, withDeadline } from '@skaha/base/signals.js';
import { SkahaError } from '../errors/index.js';
import { version } from '../version.js';
import { failureError, throughProxy } from './failure-words.js';
import { type Transport, TransportFailure, type TransportRequest } from './types.js';

/** Bounds of one exchange. */
export interface ExchangeLimits {
  /** Time for the whole of it, connecting included, in milliseconds. */
  timeoutMs: number;
  /** Longest reply that is read, in bytes. */
  maximumBytes: number;
  signal?: AbortSignal | undefined;
}

/** A reply that was read to its end. */
export interface Reply {
  status: number;
  header(name: string): string | undefined;
  text: string;
}

function unreachable(url: string, failure: TransportFailure): SkahaError {
  const { reason } = failure;
  if (reason === 'CERTIFICATE_REFUSED') {
    return new SkahaError(
      'authentication.credential_invalid',
      `${new URL(url).host} refused the client certificate.`,
      { cause: failure, hint: 'Log in again to get a new one.' },
    );
  }
  return failureError(failure, url);
}

async function readBody(
  body: AsyncIterable<Uint8Array>,
  maximumBytes: number,
  host: string,
): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > maximumBytes) {
      throw new SkahaError(
        'response.invalid',
        `${host} sent more than ${Math.ceil(maximumBytes / 1024)} KiB, which is too much for this reply.`,
      );
    }
    chunks.push(chunk);
  }
  return new TextDecoder().decode(concatenate(chunks, length));
}

/**
 * Sends one request and reads its reply, both within bounds of time and size. For the protocols
 * of logging in and of discovery; redirects are reported, never followed.
 *
 * @param transport - what sends it
 * @param request - what to send; nothing of it is in any error but the host
 * @param limits - time, size and signal
 * @throws {SkahaError} `transport.failure`, `transport.timeout`, `response.invalid` for a reply
 * that is too large, `authentication.credential_invalid` for a client certificate that was refused
 */
export async function exchange(
  transport: Transport,
  request: Omit<TransportRequest, 'signal'>,
  limits: ExchangeLimits,
): Promise<Reply> {
  const { host } = new URL(request.url);
  const headers = {
    'user-agent': `skaha/${version}`,
    ...request.headers,
  };
  const run = async (signal: AbortSignal): Promise<Reply> => {
    const { status, header, body } = await transport.send({ ...request, headers, signal });
    return { status, header, text: await readBody(body, limits.maximumBytes, host) };
  };
  try {
    return await withDeadline(systemClock, limits.timeoutMs, limits.signal, run);
  } catch (error) {
    if (error instanceof DeadlineReached) {
      throw new SkahaError(
        'transport.timeout',
        `${host} did not answer within ${limits.timeoutMs / 1000} seconds${throughProxy(transport.proxyOf?.(request.url))}.`,
        { hint: 'Try again, or allow more time with --timeout.', retryable: true },
      );
    }
    throw error instanceof TransportFailure ? unreachable(request.url, error) : error;
  }
}

/**
 * Logs what a transport sends and gets: method, address without its query, status and
 * time. Headers and bodies, which hold passwords and tokens while logging in, are never logged.
 *
 * @param inner - what sends
 * @param logger - written to at level `debug`
 * @param clock - measures the time
 * @param tag - begins the ids of the requests
 */
export function tracedTransport(
  inner: Transport,
  logger: Logger,
  clock: Pick<Clock, 'now'>,
  tag: string,
): Transport {
  let count = 0;
  return {
    send: async (request) => {
      count += 1;
      const { method } = request;
      const facts = { request_id: `${tag}-${count}`, method, url: safeUrl(request.url) };
      logger.debug('request', facts);
      const started = clock.now();
      const reply = await inner.send(request);
      const milliseconds = clock.now() - started;
      logger.debug('reply', { ...facts, status: reply.status, milliseconds });
      return reply;
    },
    close: () => inner.close(),
    proxyOf: (url) => inner.proxyOf?.(url),
  };
}
