/** A body that is produced while it is sent; without a `content-length` header its length is open. */
export type StreamedBody = AsyncIterable<Uint8Array>;

/** One HTTP exchange, as the transports see it. */
export interface TransportRequest {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  url: string;
  headers: Readonly<Record<string, string>>;
  /** What a streamed body throws while it is read rejects the request as it is. */
  body?: string | Uint8Array | StreamedBody | undefined;
  /** Present no client certificate, even where the connection has one. */
  anonymous?: boolean | undefined;
  /** Ends the exchange, the reading of the body included. */
  signal: AbortSignal;
}

/** The reply; its body must be read to the end or cancelled by leaving the iteration. */
export interface TransportResponse {
  status: number;
  /** Value of a header, by its name in any case; several of one name are joined by `, `. */
  header(name: string): string | undefined;
  /** All headers, names in lower case. */
  headers(): Readonly<Record<string, string>>;
  body: AsyncIterable<Uint8Array>;
}

/** The seam between the one request function and the network. */
export interface Transport {
  /** @throws {TransportFailure} when no reply came; an abort rejects with the signal's reason. */
  send(request: TransportRequest): Promise<TransportResponse>;
  /** Ends idle connections and refuses further requests. */
  close(): Promise<void>;
  /** The proxy through which an address was last asked; absent where there can be none. */
  proxyOf?(url: string): UsedProxy | undefined;
}

/** A proxy through which a request went. */
export interface UsedProxy {
  /** Scheme, host and port; never its user name and password. */
  address: string;
  /** The variable or option that named it. */
  source: string;
  /** Whether the proxy, and not the server behind it, was in the way. */
  failed: boolean;
  /** What the proxy answered, when it gave an answer. */
  status?: number | undefined;
}

/** Why no reply came. Internal: the request function turns it into a SkahaError. */
export class TransportFailure extends Error {
  override readonly name = 'TransportFailure';
  /** What the platform underneath calls it, for example `ECONNREFUSED`. */
  readonly reason: string;
  /** False only when no byte of the request can have reached the server. */
  readonly mayHaveReached: boolean;
  /** Undefined when none was used. */
  readonly proxy: UsedProxy | undefined;

  constructor(reason: string, mayHaveReached: boolean, cause?: unknown, proxy?: UsedProxy) {
    super(reason, { cause });
    this.reason = reason;
    this.mayHaveReached = mayHaveReached;
    this.proxy = proxy;
  }
}

/** Thrown where a proxy, and not the server behind it, is in the way. */
export class ProxyFailure extends Error {
  override readonly name = 'ProxyFailure';
  /** What the proxy answered; undefined when it gave no answer. */
  readonly status: number | undefined;

  constructor(status: number | undefined, cause?: unknown) {
    super('the proxy is in the way', { cause });
    this.status = status;
  }
}
