import {
  type ClientRequest,
  type IncomingMessage,
  Agent as PlainAgent,
  request as plain,
} from 'node:http';
import { Agent, type RequestOptions, request as secure } from 'node:https';
import { readBounded } from '@skaha/base/body.js';
import { onAbort } from '@skaha/base/on-abort.js';
import { whyUnreachable } from '@skaha/service/unreachable.js';
import { failureFrom, KubernetesError } from './failure.js';
import type { Access } from './kubeconfig.js';

/** One request to an API server. */
export interface Ask {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** From the root of the API server; begins with a slash. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly signal?: AbortSignal | undefined;
  /** The longest time to the answer's headers, and between two pieces of it. */
  readonly silenceMs?: number;
}

/** How long an API server may be silent. */
const usualSilenceMs = 30_000;

/** No list of objects is longer: ten thousand pods are a tenth of it. */
const mostBytes = 1024 ** 3;

/** As many requests as client-go would let wait in one of the server's queues. */
const atOnce = 48;

/** The one way to an API server. */
export class Transport {
  readonly access: Access;
  readonly #agent: Agent | PlainAgent;
  readonly #base: URL;

  constructor(access: Access) {
    this.access = access;
    this.#base = new URL(access.server);
    const options = {
      keepAlive: true,
      maxSockets: Number.POSITIVE_INFINITY,
      maxFreeSockets: atOnce,
    };
    this.#agent = this.#base.protocol === 'http:' ? new PlainAgent(options) : new Agent(options);
  }

  /** What a TLS connection to the server needs, and the headers that say who asks. */
  async identity(): Promise<{ tls: RequestOptions; headers: Record<string, string> }> {
    const { ca, insecure, serverName, credentials } = this.access;
    const { token, certificate } = await credentials.proof();
    return {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      tls: {
        ...(ca === undefined ? {} : { ca }),
        ...(certificate ?? {}),
        ...(serverName === undefined ? {} : { servername: serverName }),
        rejectUnauthorized: !insecure,
      },
    };
  }

  /** The address of a path, with its query. */
  url(path: string, query: Ask['query'] = {}): URL {
    const url = new URL(`${this.#base.pathname.replace(/\/$/, '')}${path}`, this.#base);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.append(name, String(value));
    }
    return url;
  }

  /**
   * Sends a request, and resolves to the answer once its headers are here.
   *
   * @throws {KubernetesError} when no answer comes, or one that is no success
   */
  async open(ask: Ask): Promise<IncomingMessage> {
    const { tls, headers } = await this.identity();
    const body = ask.body === undefined ? undefined : JSON.stringify(ask.body);
    const options: RequestOptions = {
      ...tls,
      agent: this.#agent,
      method: ask.method ?? 'GET',
      headers: {
        ...headers,
        accept: 'application/json, */*;q=0.1',
        'user-agent': 'skaha-platform',
        ...(body === undefined
          ? {}
          : {
              'content-type': ask.contentType ?? 'application/json',
              'content-length': Buffer.byteLength(body),
            }),
      },
    };
    const url = this.url(ask.path, ask.query);
    const answer = await this.#send(url, options, body, ask);
    const { statusCode = 0 } = answer;
    if (statusCode >= 200 && statusCode < 300) return answer;
    const said = await readAll(answer).catch(() => '');
    if (statusCode === 401) this.access.credentials.refused();
    throw failureFrom(statusCode, said, answer.headers['retry-after']);
  }

  #send(
    url: URL,
    options: RequestOptions,
    body: string | undefined,
    { silenceMs = usualSilenceMs, signal }: Ask,
  ): Promise<IncomingMessage> {
    const send: (url: URL, options: RequestOptions) => ClientRequest =
      url.protocol === 'http:' ? plain : secure;
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const outgoing = send(url, options);
      // Very many may ask under one signal.
      const forget =
        signal === undefined
          ? () => undefined
          : onAbort(signal, () => outgoing.destroy(abortReason(signal)));
      outgoing.once('close', forget);
      outgoing.setTimeout(silenceMs, () => {
        outgoing.destroy(new KubernetesError(`the cluster was silent for ${silenceMs / 1000} s`));
      });
      outgoing.on('response', resolve);
      outgoing.on('error', (error) =>
        reject(signal?.aborted === true ? error : this.broken(error)),
      );
      outgoing.end(body);
    });
  }

  /** Reads an answer as JSON. */
  async json<T>(ask: Ask): Promise<T> {
    const answer = await this.open(ask);
    let text: string;
    try {
      text = await readAll(answer);
    } catch (error) {
      throw this.broken(error);
    }
    return JSON.parse(text) as T;
  }

  /** What went wrong with a connection, in words. */
  broken(error: unknown): KubernetesError {
    if (error instanceof KubernetesError) return error;
    const why = whyUnreachable(
      error,
      'its certificate was not issued by the authority in the kubeconfig',
    );
    return new KubernetesError(`${this.#base.origin} does not answer: ${why}`, { cause: error });
  }

  close(): void {
    this.#agent.destroy();
  }
}

const abortReason = ({ reason }: AbortSignal): Error =>
  reason instanceof Error ? reason : new Error('given up');

const readAll = async (answer: IncomingMessage): Promise<string> => {
  const tooLong = () => new KubernetesError(`the cluster sent more than ${mostBytes} bytes`);
  return (await readBounded(answer, mostBytes, tooLong)).toString('utf8');
};
