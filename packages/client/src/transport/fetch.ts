import { onAbort } from '@skaha/base/on-abort.js';
import {
  type StreamedBody,
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
      let thrown: { error: unknown } | undefined;
      const fail = (error: unknown) => {
        thrown = { error };
      };
      try {
        const init = await requestInit(request, options, fail);
        return reply(await options.fetch(request.url, init), request);
      } catch (cause) {
        throw thrown === undefined ? failure(cause, request.signal) : thrown.error;
      }
    },
    close: () => {
      closed = true;
      return Promise.resolve();
    },
  };
}

/**
 * Whether a request's body may be a stream. Browsers take one over HTTP/2 only, if at all, and do not
 * say so before the request has failed.
 */
const canStream = (): boolean => {
  const isWorker = 'WorkerGlobalScope' in globalThis && !('Deno' in globalThis);
  if ('document' in globalThis || isWorker) return false;
  let asked = false;
  try {
    const { headers } = new Request('https://example.org', {
      method: 'POST',
      body: new ReadableStream(),
      get duplex() {
        asked = true;
        return 'half';
      },
    } as RequestInit);
    // What cannot takes the stream for text.
    return asked && !headers.has('content-type');
  } catch {
    return false;
  }
};

/** A body as a stream; what the source throws is remembered, as fetch has words of its own for it. */
function streamOf(
  body: StreamedBody,
  signal: AbortSignal,
  fail: (error: unknown) => void,
): ReadableStream<Uint8Array> {
  const iterator = body[Symbol.asyncIterator]();
  const leave = async () => {
    forget();
    await iterator.return?.();
  };
  // Not every implementation lets go of the body of a request that is aborted.
  const forget = onAbort(signal, () => {
    leave().catch(() => undefined);
  });
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        try {
          const part = await iterator.next();
          if (part.done !== true) {
            controller.enqueue(part.value);
            return;
          }
          forget();
          controller.close();
        } catch (error) {
          forget();
          if (!signal.aborted) fail(error);
          controller.error(error);
        }
      },
      cancel: leave,
    },
    { highWaterMark: 0 },
  );
}

/** Where requests cannot be streamed the browser keeps the whole, on disk when it is large. */
async function gathered(body: StreamedBody): Promise<Blob> {
  const parts: Blob[] = [];
  for await (const chunk of body) parts.push(new Blob([chunk.slice()]));
  return new Blob(parts);
}

async function bodyInit(
  { body, signal }: TransportRequest,
  fail: (error: unknown) => void,
): Promise<RequestInit> {
  if (body === undefined) return {};
  if (typeof body === 'string') return { body };
  if (body instanceof Uint8Array) return { body: new Blob([body.slice()]) };
  if (!canStream()) return { body: await gathered(body) };
  return { body: streamOf(body, signal, fail), duplex: 'half' } as RequestInit;
}

async function requestInit(
  request: TransportRequest,
  options: FetchTransportOptions,
  fail: (error: unknown) => void,
): Promise<RequestInit> {
  return {
    method: request.method,
    headers: request.headers,
    signal: request.signal,
    redirect: 'manual',
    credentials: request.anonymous ? 'omit' : options.credentials,
    ...(await bodyInit(request, fail)),
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
