import type { CallOptions } from './options.js';

/** One request to the server. */
export interface ClientRequest extends CallOptions {
  method: 'DELETE' | 'GET' | 'HEAD' | 'POST' | 'PUT';
  /** Segments below the API version, for example `['session', 'ab12cd34']`; each is encoded. */
  path: readonly string[];
  /** Appended to the address; undefined values are left out. Never put secrets here. */
  query?: Readonly<Record<string, string | undefined>> | undefined;
  /** Sent as an urlencoded body, in this order. */
  form?: readonly (readonly [name: string, value: string])[] | undefined;
  /** Sent unchanged as the body, instead of a form. */
  body?: string | undefined;
  /** Names in lower case. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** @defaultValue `application/json` */
  accept?: string | undefined;
  /** `root` leaves out the API version. @defaultValue `version` */
  base?: 'root' | 'version' | undefined;
  /** Send no credential. @defaultValue false */
  anonymous?: boolean | undefined;
  /** Longest reply to accept, in bytes. @defaultValue 32 MiB */
  maximumBytes?: number | undefined;
  /** The hint of the error if the reply is longer than that. */
  tooLongHint?: string | undefined;
  /**
   * When to retry it: after any temporary failure, only if no byte of it can have reached the
   * server, or never. @defaultValue `always`, for POST `unsent`
   */
  retry?: 'always' | 'never' | 'unsent' | undefined;
  /** Whether 503 counts as a temporary failure. @defaultValue true */
  retryUnavailable?: boolean | undefined;
  /**
   * Whether a successful reply comes from the platform. Any other reply comes from something in
   * front of it, counts as a temporary failure, and is retried according to `retry`.
   * @defaultValue anything but a page for a browser
   */
  isExpected?: ((reply: ClientResponse) => boolean) | undefined;
  /** Whether the reply continues for as long as something runs. */
  isEndless?: boolean | undefined;
  /** The session or app the call is about, for error messages. */
  id?: string | undefined;
}

/** A reply with a status from 200 to 299. */
export interface ClientResponse {
  status: number;
  /** Returns the value of a header; the case of its name does not matter. */
  header(name: string): string | undefined;
  /** Returns all headers, with names in lower case. */
  headers(): Readonly<Record<string, string>>;
  bytes: Uint8Array;
  /** Returns the body as UTF-8 text. */
  text(): string;
  /** @throws {SkahaError} `response.invalid` if the body is no JSON */
  json(): unknown;
}
