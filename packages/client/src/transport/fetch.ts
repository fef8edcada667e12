import {
  type Transport,
  TransportFailure,
  type TransportRequest,
  type TransportResponse,
} from './types.js';

/** What the fetch transport needs to know. */
export interface FetchTransportOptions {
  /** Any implementation of the Fetch standard. */
  fetch: typeof fetch;
  /** Whether the browser's cookies go along. */
  credentials: 'include' | 'omit' | 'same-origin';
}

/** Node's own fetch keeps the system's code in the cause; browsers say nothing. */
const unsentCodes = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/**
 * Sends requests with a `fetch` function. Redirects are reported, never followed.
 *
 * @param options - the function, and whether cookies go along
 */
export function createFetchTransport(options: FetchTransportOptions): Transport {
  let closed = false;
  return {
    async send(request) {
      if (closed) throw new TransportFailure('CLOSED', false);
      request.signal.throwIfAborted();
      try {
        return reply(await options.fetch(request.url, requestInit(request, options)), request);
      } catch (cause) {
        throw failure(cause, request.signal);
      }
    },
    close: () => {
      closed = true;
      return Promise.resolve();
    },
  };
}

function requestInit(request: TransportRequest, options: FetchTransportOptions): RequestInit {
  return {
    method: request.method,
    headers: request.headers,
    signal: request.signal,
    redirect: 'manual',
    credentials: request.anonymous ? 'omit' : options.credentials,
    ...(request.body === undefined ? {} : { body: request.body }),
  };
}

function reply(response: Response, request: TransportRequest): TransportResponse {
  return {
    status: response.status,
    header: (name) => response.headers.get(name) ?? undefined,
    headers: () => Object.fromEntries(response.headers),
    body: chunks(response, request.signal),
  };
}

// Written with a reader because not every browser's streams can be iterated.
async function* chunks(response: Response, signal: AbortSignal): AsyncGenerator<Uint8Array, void> {
  if (response.body === null) return;
  const reader = response.body.getReader();
  let ended = false;
  try {
    for (;;) {
      const part = await reader.read();
      if (part.done) {
        ended = true;
        return;
      }
      yield part.value;
    }
  } catch (cause) {
    ended = true;
    throw failure(cause, signal);
  } finally {
    if (!ended) await reader.cancel().catch(() => {});
  }
}

function failure(cause: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (cause instanceof TransportFailure) return cause;
  const code = systemCode(cause);
  return new TransportFailure(code ?? 'FETCH_FAILED', !unsentCodes.has(code ?? ''), cause);
}

function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  return systemCode(error.cause);
}
