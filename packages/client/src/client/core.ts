import { Semaphore } from '@skaha/base/semaphore.js';
import { DeadlineReached, linkSignals, withDeadline } from '@skaha/base/signals.js';
import { runtime } from '#runtime';
import { SkahaError } from '../errors/index.js';
import { authHook } from '../hooks/auth.js';
import { debugHook } from '../hooks/debug.js';
import { errorHook } from '../hooks/errors.js';
import { expiryHook } from '../hooks/expiry.js';
import type { Hook, IncomingReply, OutgoingRequest } from '../hooks/types.js';
import type { Connection, Runtime } from '../runtime/types.js';
import { createFetchTransport } from '../transport/fetch.js';
import { type Transport, TransportFailure } from '../transport/types.js';
import { logTag } from '../utils/log-tag.js';
import { version } from '../version.js';
import { pour, readBytes, respond } from './body.js';
import { abortError, closedError, connectionError, timeoutError } from './failures.js';
import {
  type ClientSettings,
  integerIssue,
  resolveSettings,
  type SkahaClientOptions,
  throwIssues,
  timeoutBounds,
} from './options.js';
import { rejectedToken } from './renewal.js';
import type { ClientRequest, ClientResponse } from './request.js';
import { type FailedAttempt, mayRetry, retryPause } from './retry.js';
import { requestUrl } from './url.js';

const defaultMaximumBytes = 32 * 2 ** 20;

/**
 * What every part of the library shares: the connection, the transport and the one request
 * function that all calls go through. Internal; use `SkahaClient`.
 */
export class ClientCore {
  readonly settings: ClientSettings;
  /** Ids this client knows as its own, so that parallel calls never adopt each other's. */
  readonly claimed = new Set<string>();
  readonly #runtime: Runtime;
  readonly #slots: Semaphore;
  readonly #hooks: readonly Hook[];
  readonly #closing = new AbortController();
  /** How many of the connection's warnings were passed on. */
  #warned = 0;
  readonly #memory = new Map<string, { until: number; value: unknown }>();
  /** Begins the ids of this client's calls in the log. */
  readonly #tag: string;
  #calls = 0;
  #connected: Promise<Connection> | undefined;
  #transport: Transport | undefined;

  constructor(options: SkahaClientOptions = {}, host: Runtime = runtime) {
    this.settings = resolveSettings(options, host.variable);
    this.#runtime = host;
    this.#slots = new Semaphore(this.settings.concurrency);
    const { clock, logger, random } = this.settings;
    this.#tag = logTag(random);
    this.#hooks = [expiryHook(clock), authHook, debugHook(logger)];
  }

  /** The connection, found on the first call; a failure to find it is not remembered. */
  connection(): Promise<Connection> {
    if (this.#closing.signal.aborted) return Promise.reject(closedError());
    this.#connected ??= this.#connect().catch((error) => {
      this.#connected = undefined;
      throw error;
    });
    return this.#connected;
  }

  /** Sends one request, again if need be, and resolves to its successful reply. */
  async request(request: ClientRequest): Promise<ClientResponse> {
    const timeoutMs = request.timeoutMs ?? this.settings.timeoutMs;
    const issue = integerIssue('timeoutMs', timeoutMs, timeoutBounds);
    throwIssues(issue === undefined ? [] : [issue]);
    const linked = linkSignals(request.signal, this.settings.signal, this.#closing.signal);
    try {
      linked.signal.throwIfAborted();
      const connection = await this.connection();
      return await this.#attempts(request, connection, timeoutMs, linked.signal);
    } catch (error) {
      throw linked.signal.aborted && !(error instanceof SkahaError)
        ? abortError(linked.signal.reason)
        : error;
    } finally {
      linked.release();
    }
  }

  /**
   * Remembers a value for a while.
   *
   * @param key - what it is
   * @param milliseconds - how long it stays good
   * @param load - fetches it
   */
  async remember<T>(key: string, milliseconds: number, load: () => Promise<T>): Promise<T> {
    const { clock } = this.settings;
    const known = this.#memory.get(key);
    if (known !== undefined && known.until > clock.now()) return known.value as T;
    const value = await load();
    this.#memory.set(key, { until: clock.now() + milliseconds, value });
    return value;
  }

  /** Ends what is under way and refuses what comes. */
  async close(): Promise<void> {
    if (!this.#closing.signal.aborted) this.#closing.abort(closedError());
    await this.#transport?.close();
  }

  async #connect(): Promise<Connection> {
    const connection = await this.#runtime.resolveConnection(this.settings.connection);
    this.#warn(connection);
    return connection;
  }

  /** Passes on what the user should hear about; reading a credential may add to it. */
  #warn({ warnings = [] }: Connection): void {
    for (const warning of warnings.slice(this.#warned)) this.settings.logger.warn(warning);
    this.#warned = warnings.length;
  }

  async #attempts(
    request: ClientRequest,
    connection: Connection,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<ClientResponse> {
    const { clock, logger, random, retries } = this.settings;
    const { credential } = connection;
    const url = requestUrl(connection, request);
    this.#calls += 1;
    const call = `${this.#tag}-${this.#calls}`;
    let isRenewed = false;
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await this.#attempt(
        request,
        this.#outgoing(request, connection, { url, attempt, call }),
        timeoutMs,
        signal,
      );
      if ('status' in outcome) return outcome;
      if (outcome.rejected !== undefined && credential.mode === 'token' && !isRenewed) {
        isRenewed = true;
        await credential.renew?.(outcome.rejected);
        signal.throwIfAborted();
        continue;
      }
      if (attempt > retries || !mayRetry(request, outcome)) throw outcome.error;
      const pause = retryPause(attempt, outcome.error.retryAfterMs, random());
      const milliseconds = Math.round(pause);
      const { code } = outcome.error;
      logger.info('retry', { request_id: call, attempt, code, milliseconds });
      await clock.sleep(pause, signal);
    }
  }

  async #attempt(
    request: ClientRequest,
    outgoing: OutgoingRequest,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<ClientResponse | FailedAttempt> {
    const { connection, url } = outgoing;
    const now = () => this.settings.clock.now();
    let rejected: string | undefined;
    try {
      const reply = await this.#slots.run(signal, async () => {
        for (const hook of this.#hooks) await hook.request?.(outgoing);
        this.#warn(connection);
        return this.#exchange(request, outgoing, timeoutMs, signal);
      });
      rejected = rejectedToken(outgoing, reply);
      for (const hook of [...this.#hooks, errorHook(request.id, now)])
        await hook.reply?.(outgoing, reply);
      return respond(reply);
    } catch (error) {
      if (signal.aborted) throw error;
      if (error instanceof DeadlineReached)
        return { error: timeoutError(url, timeoutMs, this.#transport?.proxyOf?.(url)) };
      if (error instanceof TransportFailure) {
        const hasCertificate = connection.credential.mode === 'x509' && !request.anonymous;
        return { error: connectionError(error, url, hasCertificate), failure: error };
      }
      if (error instanceof SkahaError && error.status !== undefined) {
        return { error, rejected };
      }
      throw error;
    }
  }

  #exchange(
    request: ClientRequest,
    outgoing: OutgoingRequest,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<IncomingReply> {
    const { clock } = this.settings;
    const started = clock.now();
    return withDeadline(clock, timeoutMs, signal, async (limited) => {
      const response = await this.#open(outgoing.connection).send({
        method: request.method,
        url: outgoing.url,
        headers: outgoing.headers,
        body: requestBody(request),
        anonymous: outgoing.anonymous,
        signal: limited,
      });
      const { status } = response;
      const bytes =
        request.sink !== undefined && status === 200
          ? await pour(response.body, request.sink)
          : await readBytes(
              response.body,
              request.maximumBytes ?? defaultMaximumBytes,
              request.tooLongHint,
            );
      const milliseconds = clock.now() - started;
      const { header, headers } = response;
      return { status, header, headers, bytes, milliseconds };
    });
  }

  #outgoing(
    request: ClientRequest,
    connection: Connection,
    attempt: Pick<OutgoingRequest, 'attempt' | 'call' | 'url'>,
  ): OutgoingRequest {
    return {
      ...attempt,
      method: request.method,
      form: request.form,
      headers: {
        accept: request.accept ?? 'application/json',
        ...(request.method === 'POST'
          ? { 'content-type': 'application/x-www-form-urlencoded' }
          : {}),
        ...(this.#runtime.name === 'node' ? { 'user-agent': `skaha/${version}` } : {}),
        ...request.headers,
      },
      anonymous: request.anonymous ?? false,
      connection,
    };
  }

  #open(connection: Connection): Transport {
    this.#transport ??= this.#createTransport(connection);
    return this.#transport;
  }

  #createTransport(connection: Connection): Transport {
    const { concurrency, fetch } = this.settings;
    if (fetch === undefined) return this.#runtime.createTransport(connection, { concurrency });
    const { mode } = connection.credential;
    if (mode === 'x509') {
      throw new SkahaError(
        'authentication.credential_invalid',
        'A client certificate cannot be used with a fetch function of your own.',
        { hint: 'Leave out `fetch`, or use a token.' },
      );
    }
    return createFetchTransport({ fetch, credentials: mode === 'cookie' ? 'include' : 'omit' });
  }
}

function requestBody(request: ClientRequest): string | undefined {
  if (request.method !== 'POST') return undefined;
  if (request.body !== undefined) return request.body;
  const form = new URLSearchParams();
  for (const [name, value] of request.form ?? []) form.append(name, value);
  return form.toString();
}
