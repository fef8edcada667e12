import type { CallOptions } from './options.js';

/** What one call asks of the server. */
export interface ClientRequest extends CallOptions {
  method: 'DELETE' | 'GET' | 'HEAD' | 'POST' | 'PUT';
  /** Segments below the API version, for example `['session', 'ab12cd34']`; each is encoded. */
  path: readonly string[];
  /** Appended to the address; undefined values are left out. Never put secrets here. */
  query?: Readonly<Record<string, string | undefined>> | undefined;
  /** Sent as an urlencoded body, in this order. */
  form?: readonly (readonly [name: string, value: string])[] | undefined;
  /** Sent as the body as it stands, in place of a form. */
  body?: string | undefined;
  /** Names in lower case. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** @defaultValue `application/json` */
  accept?: string | undefined;
  /** `root` leaves out the API version. @defaultValue `version` */
  base?: 'root' | 'version' | undefined;
  /** Send no credential. @defaultValue false */
  anonymous?: boolean | undefined;
  /** Longest reply that is read, in bytes. @defaultValue 32 MiB */
  maximumBytes?: number | undefined;
  /** What to do when the reply is longer than that. */
  tooLongHint?: string | undefined;
  /**
   * When to send it again: after any temporary failure, only when no byte of it can have reached
   * the server, or never. @defaultValue `always`, for POST `unsent`
   */
  retry?: 'always' | 'never' | 'unsent' | undefined;
  /** Whether 503 is a temporary failure. @defaultValue true */
  retryUnavailable?: boolean | undefined;
  /**
   * Whether a successful reply is what the platform sends here. What is not comes from something in
   * front of it, counts as a temporary failure and is asked for again as `retry` says.
   * @defaultValue anything but a page for a browser
   */
  isExpected?: ((reply: ClientResponse) => boolean) | undefined;
  /** A reply that goes on for as long as something runs. */
  isEndless?: boolean | undefined;
  /** The session or app the call is about, for error messages. */
  id?: string | undefined;
}

/** A reply with a status from 200 to 299. */
export interface ClientResponse {
  status: number;
  /** Value of a header, by its name in any case. */
  header(name: string): string | undefined;
  /** All headers, names in lower case. */
  headers(): Readonly<Record<string, string>>;
  bytes: Uint8Array;
  /** The body as UTF-8 text. */
  text(): string;
  /** @throws {SkahaError} `response.invalid` if the body is no JSON */
  json(): unknown;
}
