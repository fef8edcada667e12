/// <reference lib="esnext.disposable" preserve="true" />
import type { BatchState } from './batch/state.js';
import type { BatchOptions, BatchOutcome, BatchSpec } from './batch/types.js';
import { ClientCore } from './client/core.js';
import type { CallOptions, SkahaClientOptions } from './client/options.js';
import type { ClientRequest, ClientResponse } from './client/request.js';
import { type ClientHolder, coreOf, holdCore } from './client/source.js';
import { Context } from './context.js';
import { Images } from './images.js';
import { Overview } from './overview.js';
import { fetchRegistryHosts } from './repository.js';
import type { StorageAddress } from './runtime/types.js';
import { Session } from './session/session.js';

/** Which server a client uses, and which kind of credential. */
export interface ConnectionSummary {
  /** The application root without version, for example `https://ws-uv.canfar.net/skaha`. */
  root: string;
  /** The API version, for example `v1`. */
  version: string;
  /** Name of the context; undefined if options or variables gave the server. */
  context: string | undefined;
  /** Storage services of the server by name, as far as they are saved. */
  storage: Readonly<Record<string, StorageAddress>>;
  /** The kind of credential. */
  mode: 'anonymous' | 'cookie' | 'token' | 'x509';
}

/**
 * A connection to one Science Platform as one user.
 *
 * Without options it uses the active context of the configuration. Nothing is read or sent before
 * the first call.
 *
 * @example
 * ```ts
 * import { SkahaClient } from 'skaha';
 *
 * await using skaha = new SkahaClient();
 * const { ids } = await skaha.sessions.create({ name: 'hello', image: 'skaha/terminal:1.1.2', cmd: 'date' });
 * await skaha.sessions.wait(ids, { until: 'finished' });
 * for (const { text } of await skaha.sessions.logs(ids)) console.log(text);
 * ```
 */
export class SkahaClient implements ClientHolder {
  readonly sessions: Session;
  readonly images: Images;
  /** The resources that sessions may request on this platform. */
  readonly context: Context;
  readonly overview: Overview;

  /**
   * @param options - where to connect and as whom; defaults come from the configuration
   * @throws {ValidationError} `request.invalid` for unknown options and values out of bounds
   */
  constructor(options: SkahaClientOptions = {}) {
    holdCore(this, new ClientCore(options));
    this.sessions = new Session(this);
    this.images = new Images(this);
    this.context = new Context(this);
    this.overview = new Overview(this);
  }

  /**
   * Lists the image registries that the platform accepts.
   *
   * @param options - signal and timeout
   * @returns host names, the platform's own registry first
   * @throws {SkahaError} the codes of every call
   */
  async repository(options: CallOptions = {}): Promise<string[]> {
    return fetchRegistryHosts(coreOf(this), options);
  }

  /**
   * Reports which server and kind of credential this client uses, without sending anything.
   *
   * @returns address, version, context and kind of credential; never the credential
   * @throws {SkahaError} `server.required`, `authentication.required`, `config.invalid` and the
   *   other codes of a connection that cannot be made
   */
  async connection(): Promise<ConnectionSummary> {
    const { root, version, context, credential, storage = {} } = await coreOf(this).connection();
    return { root, version, context, storage, mode: credential.mode };
  }

  /**
   * Sends any request that the library has no call for. Like every call, it has a credential, a
   * time limit, retries, and errors with codes.
   *
   * @param request - method, path below the API version, and parameters
   * @returns the successful reply
   * @throws {SkahaError} the codes of every call
   * @example
   * ```ts
   * import { SkahaClient } from 'skaha';
   *
   * await using skaha = new SkahaClient();
   * const reply = await skaha.request({ method: 'GET', path: ['session'] });
   * console.log(reply.json());
   * ```
   */
  async request(request: ClientRequest): Promise<ClientResponse> {
    return coreOf(this).request(request);
  }

  /**
   * Launches a batch: one session for each replica, array value or row, with retries, a bound on
   * how many are active, and a journal from which it can be resumed. See `skaha/batch`.
   *
   * @param spec - what to launch
   * @param options - journal, bounds, retries, signal
   * @returns what happens to the items, as it happens; leave the loop to stop launching
   * @throws {SkahaError} those of `runBatch` of `skaha/batch`
   * @example
   * ```ts
   * import { SkahaClient } from 'skaha';
   *
   * await using skaha = new SkahaClient();
   * const spec = { name: 'fit', image: 'skaha/astroml:latest', cmd: './fit.sh', array: '0-99' };
   * for await (const { name, result } of skaha.batch(spec, { maxActive: 20 }))
   *   console.log(name, result);
   * ```
   */
  async *batch(
    spec: BatchSpec,
    options: BatchOptions = {},
  ): AsyncGenerator<BatchOutcome, BatchState> {
    const { runBatch } = await import('./batch/run.js');
    return yield* runBatch(this, spec, options);
  }

  /**
   * Cancels calls in progress and closes the connections. Later calls fail with `client.closed`.
   */
  async close(): Promise<void> {
    await coreOf(this).close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
