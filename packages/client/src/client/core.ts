import { logTag } from '@skaha/base/log-tag.js';
import type { LogFields } from '@skaha/base/logger.js';
import { Semaphore } from '@skaha/base/semaphore.js';
import { DeadlineReached, linkSignals, type SilenceWatch } from '@skaha/base/signals.js';
import { acceptLaunchKeyHeader } from '@skaha/wire/launch-keys.js';
import { acceptLaunchesHeader } from '@skaha/wire/many-launches.js';
import { acceptWaitHeader } from '@skaha/wire/waiting.js';
import { runtime } from '#runtime';
import { SkahaError } from '../errors/index.js';
import { authHook, expiryHook, rejectedToken } from '../hooks/auth.js';
import { debugHook } from '../hooks/debug.js';
import { errorHook, notThePlatforms, serviceError } from '../hooks/errors.js';
import type { Hook, IncomingReply, OutgoingRequest } from '../hooks/types.js';
import type { Connection, Hasher, Runtime } from '../runtime/types.js';
import { type Transport, TransportFailure } from '../transport/types.js';
import { version } from '../version.js';
import { furthestAttempt, isJson, respond, Unfinished } from './body.js';
import { abortError, brokenError, closedError, connectionError, timeoutError } from './failures.js';
import {
  isOpened,
  isStream,
  type OpenedReply,
  openReply,
  type Reading,
  readReply,
  sent,
  translated,
  transportFailure,
  type Work,
} from './flow.js';
import {
  type ClientSettings,
  integerIssue,
  type RetryNotice,
  resolveSettings,
  type SkahaClientOptions,
  throwIssues,
  timeoutBounds,
} from './options.js';
import type { ClientRequest, ClientResponse } from './request.js';
import { type FailedAttempt, mayRetry, retryPause } from './retry.js';
import {
  type AnyRequest,
  isAnonymous,
  isAnswer,
  isEndless,
  isService,
  requestBody,
  urlOf,
} from './service-request.js';

const defaultMaximumBytes = 32 * 2 ** 20;

/**
 * What every part of the library shares: the connection, the transport and the one request
 * function that all calls go through. Internal; use `SkahaClient`.
 */
export class ClientCore {
  readonly settings: ClientSettings;
  /** Ids this client knows as its own, so that parallel calls never adopt each other's. */
  readonly claimed = new Set<string>();
  #takesLaunchKeys = false;
  #offersWait: number | undefined;
  #launchesAtOnce = 1;
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
  #opening: Promise<Transport> | undefined;
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

  /** Whether the platform has said that it remembers what a caller calls a launch. */
  get takesLaunchKeys(): boolean {
    return this.#takesLaunchKeys;
  }

  /** For how many seconds the platform offers to wait for the end of a session; undefined for not. */
  get offersWait(): number | undefined {
    return this.#offersWait;
  }

  /** How many launches the platform takes in one request, as it last said. */
  get launchesAtOnce(): number {
    return this.#launchesAtOnce;
  }

  /** A digest of MD5. */
  createMd5(): Hasher {
    return this.#runtime.createMd5();
  }

  /** Sends one request, again if need be, and resolves to its successful reply. */
  async request(request: AnyRequest): Promise<ClientResponse> {
    const { reply, release } = await this.#call(request, readReply);
    release();
    return respond(reply);
  }

  /**
   * Sends a request that the platform answers with JSON of a certain shape; any other reply comes
   * from something in front of it.
   */
  async requestJson<Value>(
    request: ClientRequest,
    isExpected: (value: unknown) => value is Value,
  ): Promise<Value> {
    const reply = await this.request({ ...request, isExpected: isJson(isExpected) });
    // The reply was accepted because it is one.
    return reply.json() as Value;
  }

  /**
   * Like `request`, but resolves to a reply whose body is still to come. Reading it rejects with an
   * error of this library when it breaks off; it is not sent again then.
   */
  async open(request: AnyRequest): Promise<OpenedReply> {
    const { reply, signal, release } = await this.#call(request, openReply);
    const url = urlOf(await this.connection(), request);
    const inWords = (error: unknown) =>
      signal.aborted ? abortError(signal.reason) : this.#broken(error, request, url);
    return { ...reply, body: await translated(reply.body, inWords, release) };
  }

  /** Calls a function of the caller's; if it throws, that is logged and changes nothing. */
  callBack(name: string, call: () => void, fields: LogFields = {}): void {
    try {
      call();
    } catch (error) {
      this.settings.logger.error(`${name} failed.`, { ...fields, error });
    }
  }

  /** Says that something is asked again, after a pause. */
  announce(notice: RetryNotice): void {
    this.callBack('onRetry', () => this.settings.onRetry?.(notice));
  }

  async #call<Read extends IncomingReply>(request: AnyRequest, read: Reading<Read>) {
    const timeoutMs = this.#timeout(request);
    throwIssues([integerIssue('timeoutMs', timeoutMs, timeoutBounds)]);
    const { signal, release } = linkSignals(
      request.signal,
      this.settings.signal,
      this.#closing.signal,
    );
    try {
      signal.throwIfAborted();
      const connection = await this.connection();
      const reply = await this.#attempts({ request, connection, timeoutMs, signal, read });
      return { reply, signal, release };
    } catch (error) {
      release();
      throw signal.aborted && !(error instanceof SkahaError) ? abortError(signal.reason) : error;
    }
  }

  #timeout({ timeoutMs }: AnyRequest): number {
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
    this.learn(key, milliseconds, value);
    return value;
  }

  /** Remembers what was fetched on purpose, so that it is not fetched again at once. */
  learn(key: string, milliseconds: number, value: unknown): void {
    this.#memory.set(key, { until: this.settings.clock.now() + milliseconds, value });
  }

  /** Ends what is under way and refuses what comes. */
  async close(): Promise<void> {
    if (!this.#closing.signal.aborted) this.#closing.abort(closedError());
    await (await this.#opening?.catch(() => undefined))?.close();
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

  async #attempts<Read extends IncomingReply>(work: Work<Read>): Promise<Read> {
    const { request, connection, signal } = work;
    const { clock, logger, random, retries } = this.settings;
    const { credential } = connection;
    const url = urlOf(connection, request);
    this.#calls += 1;
    const call = `${this.#tag}-${this.#calls}`;
    let isRenewed = false;
    let longest: SkahaError | undefined;
    for (let attempt = 1; ; attempt += 1) {
      const outgoing = this.#outgoing(request, connection, { url, attempt, call });
      const outcome = await this.#attempt(work, outgoing);
      if ('status' in outcome) return outcome;
      const { error, rejected } = outcome;
      if (rejected !== undefined && credential.mode === 'token' && !isRenewed) {
        isRenewed = true;
        await credential.renew?.(rejected);
        signal.throwIfAborted();
        continue;
      }
      longest = furthestAttempt(longest, error);
      if (attempt > retries || !mayRetry(request, outcome)) throw longest ?? error;
      const pauseMs = Math.round(retryPause(attempt, error.retryAfterMs, random()));
      logger.info('retry', { request_id: call, attempt, code: error.code, milliseconds: pauseMs });
      this.announce({ error, pauseMs, attempt });
      await clock.sleep(pauseMs, signal);
    }
  }

  async #attempt<Read extends IncomingReply>(
    work: Work<Read>,
    outgoing: OutgoingRequest,
  ): Promise<FailedAttempt | Read> {
    const { request, signal } = work;
    let rejected: string | undefined;
    let reply: Read | undefined;
    try {
      reply = await this.#slots.run(signal, async () => {
        for (const hook of this.#hooks) await hook.request?.(outgoing);
        this.#warn(outgoing.connection);
        return this.#exchange(work, outgoing);
      });
      rejected = rejectedToken(outgoing, reply);
      if (!isService(request)) this.#hear(reply);
      for (const hook of this.#hooks) await hook.reply?.(outgoing, reply);
      await this.#judge(request, outgoing, reply);
      return reply;
    } catch (error) {
      if (reply !== undefined && isOpened(reply)) await reply.body.return();
      if (signal.aborted) throw error;
      const { credential } = outgoing.connection;
      const hasCertificate = credential.mode === 'x509' && !outgoing.anonymous;
      const known = this.#broken(error, request, outgoing.url, hasCertificate);
      const isAnswer = error instanceof SkahaError && error.status !== undefined;
      if (!(known instanceof SkahaError) || (known === error && !isAnswer)) throw error;
      return { error: known, failure: transportFailure(error), rejected };
    }
  }

  /** Takes note of what the platform offers beyond the API. */
  #hear({ header }: IncomingReply): void {
    if (header(acceptLaunchKeyHeader) === '1') this.#takesLaunchKeys = true;
    const seconds = header(acceptWaitHeader);
    if (/^[1-9]\d?$/.test(seconds ?? '')) this.#offersWait = Number(seconds);
    const launches = /^[1-9]\d{0,2}$/.exec(header(acceptLaunchesHeader) ?? '')?.[0];
    this.#launchesAtOnce = Number(launches ?? 1);
  }

  /** Throws what a reply that is no answer means: each service has refusals of its own. */
  async #judge(request: AnyRequest, outgoing: OutgoingRequest, reply: IncomingReply) {
    const now = () => this.settings.clock.now();
    const { id } = request;
    if (isService(request)) {
      if (isAnswer(request, reply.status)) return;
      throw request.refusal?.(outgoing, reply) ?? serviceError(outgoing, reply, id, now());
    }
    await errorHook(id, now).reply?.(outgoing, reply);
    if (request.isExpected?.(respond(reply)) === false)
      throw notThePlatforms(outgoing, reply, id, now());
  }

  /** What broke an exchange off, as an error of this library; anything else as it is. */
  #broken(error: unknown, request: AnyRequest, url: string, hasCertificate = false): unknown {
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

  async #exchange<Read extends IncomingReply>(
    { request, timeoutMs, signal, read }: Work<Read>,
    outgoing: OutgoingRequest,
  ): Promise<Read> {
    const { clock } = this.settings;
    const { url, headers, anonymous } = outgoing;
    const transport = this.#transport ?? (await this.#open(outgoing.connection));
    const maximumBytes = request.maximumBytes ?? defaultMaximumBytes;
    const { method, tooLongHint } = request;
    const body = requestBody(request);
    const send = (watch: SilenceWatch) =>
      transport.send({
        method,
        url,
        headers,
        anonymous,
        signal: watch.signal,
        body: isStream(body) ? sent(body, watch) : body,
      });
    return read(send, {
      clock,
      timeoutMs,
      signal,
      maximumBytes,
      tooLongHint,
      isAnswer: (status) => isAnswer(request, status),
      // Files may take days.
      longestMs:
        isEndless(request) || (isService(request) && (isStream(body) || read !== readReply))
          ? Infinity
          : undefined,
    });
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

  /** What carries requests is loaded with the first of them. */
  async #open(connection: Connection): Promise<Transport> {
    this.#opening ??= this.#createTransport(connection).catch((error) => {
      this.#opening = undefined;
      throw error;
    });
    this.#transport = await this.#opening;
    return this.#transport;
  }

  async #createTransport(connection: Connection): Promise<Transport> {
    const { concurrency, fetch } = this.settings;
    if (fetch === undefined)
      return await this.#runtime.createTransport(connection, { concurrency });
    const { mode } = connection.credential;
    if (mode === 'x509') {
      throw new SkahaError(
        'authentication.credential_invalid',
        'A client certificate cannot be used together with your own fetch function.',
        { hint: 'Leave out `fetch`, or use a token.' },
      );
    }
    const { createFetchTransport } = await import('../transport/fetch.js');
    return createFetchTransport({ fetch, credentials: mode === 'cookie' ? 'include' : 'omit' });
  }
}
