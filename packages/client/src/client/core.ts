import { Semaphore } from '@skaha/base/semaphore.js';
import { DeadlineReached, linkSignals } from '@skaha/base/signals.js';
import { runtime } from '#runtime';
import { SkahaError } from '../errors/index.js';
import { authHook } from '../hooks/auth.js';
import { debugHook } from '../hooks/debug.js';
<<<<<<< HEAD
import { errorHook, notThePlatforms } from '../hooks/errors.js';
=======
import { replyError } from '../hooks/errors.js';
>>>>>>> 0e6d675702f1a830339a41df4820d7308bdef1f7
import { expiryHook } from '../hooks/expiry.js';
import type { Hook, IncomingReply, OutgoingRequest } from '../hooks/types.js';
import type { Connection, Hasher, Runtime } from '../runtime/types.js';
import { createFetchTransport } from '../transport/fetch.js';
import { type Transport, TransportFailure } from '../transport/types.js';
import { logTag } from '../utils/log-tag.js';
import { version } from '../version.js';
import { longer, requestBody, respond, Unfinished } from './body.js';
import { abortError, brokenError, closedError, connectionError, timeoutError } from './failures.js';
import {
  isOpened,
  type OpenedReply,
  openReply,
  type Reading,
  readReply,
  translated,
  transportFailure,
  type Work,
} from './flow.js';
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
<<<<<<< HEAD
import { type FailedAttempt, mayRetry, type RetryNotice, retryPause } from './retry.js';
import { requestUrl } from './url.js';
=======
import { type FailedAttempt, mayRetry, retryPause } from './retry.js';
import {
  type AnyRequest,
  isAnonymous,
  isAnswer,
  requestBody,
  type ServiceRequest,
  type StreamedResponse,
  urlOf,
} from './service-request.js';
import { exchangeStreamed, passingOn } from './streamed.js';
>>>>>>> 0e6d675702f1a830339a41df4820d7308bdef1f7

const defaultMaximumBytes = 32 * 2 ** 20;

/** What bounds a call. */
interface Limits {
  timeoutMs: number;
  signal: AbortSignal;
  /** The caller reads the reply. */
  streams: boolean;
}

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

  /** A digest of MD5. */
  createMd5(): Hasher {
    return this.#runtime.createMd5();
  }

  /** Sends one request, again if need be, and resolves to its successful reply. */
<<<<<<< HEAD
  async request(request: ClientRequest): Promise<ClientResponse> {
    const { reply, release } = await this.#call(request, readReply);
    release();
    return respond(reply);
  }

  /**
   * The same, but resolves to a reply whose body is still to come. Reading it rejects with an error
   * of this library when it breaks off; it is not sent again then.
   */
  async open(request: ClientRequest): Promise<OpenedReply> {
    const { reply, release } = await this.#call(request, openReply);
    const url = requestUrl(await this.connection(), request);
    const body = translated(reply.body, (error) => this.#broken(error, request, url), release);
    return { ...reply, body };
  }

  /** Tells of a pause before something is asked again; a fault in what is told is logged. */
  announce(notice: RetryNotice): void {
    try {
      this.settings.onRetry?.(notice);
    } catch (error) {
      this.settings.logger.error('onRetry failed.', { error });
    }
  }

  async #call<Read extends IncomingReply>(request: ClientRequest, read: Reading<Read>) {
    const timeoutMs = this.#timeout(request);
    const issue = integerIssue('timeoutMs', timeoutMs, timeoutBounds);
    throwIssues(issue === undefined ? [] : [issue]);
    const { signal, release } = linkSignals(
      request.signal,
      this.settings.signal,
      this.#closing.signal,
    );
    try {
      signal.throwIfAborted();
      const connection = await this.connection();
      const reply = await this.#attempts({ request, connection, timeoutMs, signal, read });
      return { reply, release };
    } catch (error) {
      release();
      throw signal.aborted && !(error instanceof SkahaError) ? abortError(signal.reason) : error;
=======
  async request(request: ClientRequest | ServiceRequest): Promise<ClientResponse> {
    return respond(await this.#send(request, false));
  }

  /** The same for a reply that the caller reads piece by piece. */
  async open(request: ServiceRequest): Promise<StreamedResponse> {
    const { status, header, body = nothing() } = await this.#send(request, true);
    return { status, header, body };
  }

  async #send(request: AnyRequest, streams: boolean): Promise<IncomingReply> {
    const timeoutMs = request.timeoutMs ?? this.settings.timeoutMs;
    const issue = integerIssue('timeoutMs', timeoutMs, timeoutBounds);
    throwIssues(issue === undefined ? [] : [issue]);
    const linked = linkSignals(request.signal, this.settings.signal, this.#closing.signal);
    const { signal } = linked;
    const translated = (error: unknown) =>
      signal.aborted && !(error instanceof SkahaError) ? abortError(signal.reason) : error;
    let isHeld = false;
    try {
      signal.throwIfAborted();
      const connection = await this.connection();
      const reply = await this.#attempts(request, connection, { timeoutMs, signal, streams });
      if (reply.body === undefined) return reply;
      isHeld = true;
      const worded = (error: unknown) =>
        translated(
          signal.aborted ? error : this.#failed(error, urlOf(connection, request), timeoutMs),
        );
      return { ...reply, body: passingOn(reply.body, worded, linked.release) };
    } catch (error) {
      throw translated(error);
    } finally {
      if (!isHeld) linked.release();
>>>>>>> 0e6d675702f1a830339a41df4820d7308bdef1f7
    }
  }

  #timeout({ timeoutMs }: ClientRequest): number {
    return timeoutMs ?? this.settings.timeoutMs;
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

  /** What is remembered, however old; undefined when it was never fetched. */
  recall<T>(key: string): T | undefined {
    return this.#memory.get(key)?.value as T | undefined;
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

<<<<<<< HEAD
  async #attempts<Read extends IncomingReply>(work: Work<Read>): Promise<Read> {
    const { request, connection, signal } = work;
=======
  async #attempts(
    request: AnyRequest,
    connection: Connection,
    limits: Limits,
  ): Promise<IncomingReply> {
>>>>>>> 0e6d675702f1a830339a41df4820d7308bdef1f7
    const { clock, logger, random, retries } = this.settings;
    const { credential } = connection;
    const { signal } = limits;
    const url = urlOf(connection, request);
    this.#calls += 1;
    const call = `${this.#tag}-${this.#calls}`;
    let isRenewed = false;
    let longest: SkahaError | undefined;
    for (let attempt = 1; ; attempt += 1) {
<<<<<<< HEAD
      const outgoing = this.#outgoing(request, connection, { url, attempt, call });
      const outcome = await this.#attempt(work, outgoing);
=======
      const outcome = await this.#attempt(
        request,
        this.#outgoing(request, connection, { url, attempt, call }),
        limits,
      );
>>>>>>> 0e6d675702f1a830339a41df4820d7308bdef1f7
      if ('status' in outcome) return outcome;
      const { error, rejected } = outcome;
      if (rejected !== undefined && credential.mode === 'token' && !isRenewed) {
        isRenewed = true;
        await credential.renew?.(rejected);
        signal.throwIfAborted();
        continue;
      }
      longest = longer(longest, error);
      if (attempt > retries || !mayRetry(request, outcome)) throw longest ?? error;
      const pauseMs = Math.round(retryPause(attempt, error.retryAfterMs, random()));
      logger.info('retry', { request_id: call, attempt, code: error.code, milliseconds: pauseMs });
      this.announce({ error, pauseMs, attempt });
      await clock.sleep(pauseMs, signal);
    }
  }

<<<<<<< HEAD
  async #attempt<Read extends IncomingReply>(
    work: Work<Read>,
    outgoing: OutgoingRequest,
  ): Promise<FailedAttempt | Read> {
    const { request, signal } = work;
=======
  async #attempt(
    request: AnyRequest,
    outgoing: OutgoingRequest,
    limits: Limits,
  ): Promise<IncomingReply | FailedAttempt> {
    const { connection, url } = outgoing;
    const { signal, timeoutMs } = limits;
>>>>>>> 0e6d675702f1a830339a41df4820d7308bdef1f7
    const now = () => this.settings.clock.now();
    let rejected: string | undefined;
    let reply: Read | undefined;
    try {
      reply = await this.#slots.run(signal, async () => {
        for (const hook of this.#hooks) await hook.request?.(outgoing);
<<<<<<< HEAD
        this.#warn(outgoing.connection);
        return this.#exchange(work, outgoing);
      });
      rejected = rejectedToken(outgoing, reply);
      for (const hook of [...this.#hooks, errorHook(request.id, now)])
        await hook.reply?.(outgoing, reply);
      if (request.isExpected?.(respond(reply)) === false)
        throw notThePlatforms(outgoing, reply, request.id, now());
      return reply;
=======
        this.#warn(connection);
        return this.#exchange(request, outgoing, limits);
      });
      rejected = rejectedToken(outgoing, reply);
      for (const hook of this.#hooks) await hook.reply?.(outgoing, reply);
      if (isAnswer(request, reply.status)) return reply;
      const refused = 'refusal' in request ? request.refusal?.(outgoing, reply) : undefined;
      throw refused ?? replyError(outgoing, reply, request.id, now());
>>>>>>> 0e6d675702f1a830339a41df4820d7308bdef1f7
    } catch (error) {
      if (reply !== undefined && isOpened(reply)) await reply.body.return();
      if (signal.aborted) throw error;
<<<<<<< HEAD
      const { credential } = outgoing.connection;
      const hasCertificate = credential.mode === 'x509' && !request.anonymous;
      const known = this.#broken(error, request, outgoing.url, hasCertificate);
      const isAnswer = error instanceof SkahaError && error.status !== undefined;
      if (!(known instanceof SkahaError) || (known === error && !isAnswer)) throw error;
      return { error: known, failure: transportFailure(error), rejected };
    }
  }

  /** What broke an exchange off, as an error of this library; anything else as it is. */
  #broken(error: unknown, request: ClientRequest, url: string, hasCertificate = false): unknown {
    const timeoutMs = this.#timeout(request);
    const proxy = this.#transport?.proxyOf?.(url);
    if (error instanceof DeadlineReached) return timeoutError(url, timeoutMs, { proxy });
    if (error instanceof TransportFailure) return connectionError(error, url, hasCertificate);
    if (!(error instanceof Unfinished)) return error;
    const { cause } = error;
    // It came to its end, but not as what it was said to be.
    if (cause instanceof TransportFailure && cause.reason.startsWith('ENCODING_'))
      return connectionError(cause, url, hasCertificate);
    return cause instanceof DeadlineReached
      ? timeoutError(url, timeoutMs, { unfinished: error, proxy })
      : brokenError(url, error);
  }

  #exchange<Read extends IncomingReply>(
    { request, timeoutMs, signal, read }: Work<Read>,
    outgoing: OutgoingRequest,
  ): Promise<Read> {
    const { clock } = this.settings;
    const { url, headers, anonymous } = outgoing;
    const transport = this.#open(outgoing.connection);
    const maximumBytes = request.maximumBytes ?? defaultMaximumBytes;
    const send = (limited: AbortSignal) =>
      transport.send({
        ...{ method: request.method, url, headers, anonymous, signal: limited },
        body: requestBody(request),
      });
    const { tooLongHint } = request;
    return read(send, { clock, timeoutMs, signal, maximumBytes, tooLongHint });
=======
      if (error instanceof DeadlineReached) return { error: timeoutError(url, timeoutMs) };
      if (error instanceof TransportFailure) {
        const hasCertificate = connection.credential.mode === 'x509' && !outgoing.anonymous;
        return { error: connectionError(error, url, hasCertificate), failure: error };
      }
      if (error instanceof SkahaError && error.status !== undefined) {
        return { error, rejected };
      }
      throw error;
    }
  }

  #exchange(
    request: AnyRequest,
    outgoing: OutgoingRequest,
    { timeoutMs, signal, streams }: Limits,
  ): Promise<IncomingReply> {
    const { clock } = this.settings;
    const { maximumBytes = defaultMaximumBytes, method } = request;
    const { url, headers, anonymous } = outgoing;
    const sent = { method, url, headers, anonymous, body: requestBody(request) };
    const transport = this.#open(outgoing.connection);
    if (streams || (typeof sent.body === 'object' && !(sent.body instanceof Uint8Array))) {
      const leaves = (status: number) => streams && isAnswer(request, status);
      const bounds = { clock, timeoutMs, maximumBytes, leaves };
      return exchangeStreamed(transport, { ...sent, signal }, bounds);
    }
    const started = clock.now();
    return withDeadline(clock, timeoutMs, signal, async (limited) => {
      const response = await transport.send({ ...sent, signal: limited });
      const bytes = await readBytes(response.body, maximumBytes);
      const { status } = response;
      const milliseconds = clock.now() - started;
      const { header, headers } = response;
      return { status, header, headers, bytes, milliseconds };
    });
>>>>>>> 0e6d675702f1a830339a41df4820d7308bdef1f7
  }

  /** Puts into words what broke a body that the caller reads. */
  #failed(error: unknown, url: string, timeoutMs: number): unknown {
    if (error instanceof DeadlineReached) return timeoutError(url, timeoutMs);
    return error instanceof TransportFailure ? connectionError(error, url, false) : error;
  }

  #outgoing(
    request: AnyRequest,
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
      anonymous: isAnonymous(request),
      isSecret: 'url' in request && request.isGrant === true,
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
<<<<<<< HEAD
=======

async function* nothing(): AsyncGenerator<Uint8Array, void> {}
>>>>>>> 0e6d675702f1a830339a41df4820d7308bdef1f7
