import type { ErrorCode } from './codes.js';

/** The details of an error, in addition to its code and message. */
export interface SkahaErrorOptions {
  /** What to do next, in one sentence. */
  hint?: string | undefined;
  /** The error underneath. */
  cause?: unknown;
  /** HTTP status of the reply, when there was one. */
  status?: number | undefined;
  /** First line of the server's message, without control characters. */
  serverMessage?: string | undefined;
  /** The session, image or context the error is about. */
  id?: string | undefined;
  /** Whether the same call may succeed later without any change. */
  retryable?: boolean | undefined;
  /** Further facts for programs, by the name they get in the printed document; never a secret. */
  details?: Readonly<Record<string, unknown>> | undefined;
  /** How long the server asks you to wait before you try again, in milliseconds. */
  retryAfterMs?: number | undefined;
}

/** The part of an error that is safe to print, log or send, as returned by `toJSON`. */
export interface ErrorDocument {
  code: ErrorCode;
  message: string;
  hint: string | null;
  status?: number;
  server_message?: string;
  id?: string;
  retryable?: boolean;
}

/**
 * The base class of all errors that this library throws.
 *
 * @example
 * ```ts
 * import { isSkahaError, SkahaClient } from 'skaha';
 *
 * const skaha = new SkahaClient();
 * try {
 *   await skaha.sessions.info(['ab12cd34']);
 * } catch (error) {
 *   if (isSkahaError(error, 'authentication.expired')) console.error(error.hint);
 *   else throw error;
 * }
 * ```
 */
export class SkahaError extends Error {
  override readonly name: string = 'SkahaError';
  readonly code: ErrorCode;
  /** What to do next, in one sentence. The message makes sense without it. */
  readonly hint: string | undefined;
  readonly status: number | undefined;
  readonly serverMessage: string | undefined;
  readonly id: string | undefined;
  readonly retryable: boolean;
  /** How long the server asks you to wait before you try again, in milliseconds (RFC 9110). */
  readonly retryAfterMs: number | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  /**
   * @param code - one of {@link errorCodes}
   * @param message - what failed, on what, for a scientist to read
   * @param options - hint, cause and what the server said
   */
  constructor(code: ErrorCode, message: string, options: SkahaErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.status = options.status;
    this.serverMessage = options.serverMessage;
    this.id = options.id;
    this.retryable = options.retryable ?? false;
    this.retryAfterMs = options.retryAfterMs;
    this.details = options.details;
  }

  /** The printable part: code, message and hint, never the cause. */
  toJSON(): ErrorDocument {
    return {
      code: this.code,
      message: this.message,
      hint: this.hint ?? null,
      ...(this.status === undefined ? {} : { status: this.status }),
      ...(this.serverMessage === undefined ? {} : { server_message: this.serverMessage }),
      ...(this.id === undefined ? {} : { id: this.id }),
      ...(this.retryable ? { retryable: true } : {}),
      ...this.details,
    };
  }
}

/** One problem with the input. */
export interface ValidationIssue {
  /** Dotted path of the option, for example `env.BAND`. */
  path: string;
  message: string;
}

/** Thrown for bad input, before any request is sent. Its code is `request.invalid`. */
export class ValidationError extends SkahaError {
  override readonly name = 'ValidationError';
  /** All problems, in the order of the options. */
  readonly issues: readonly ValidationIssue[];

  /**
   * @param issues - at least one
   * @param hint - what to do next
   */
  constructor(issues: readonly [ValidationIssue, ...ValidationIssue[]], hint?: string) {
    super('request.invalid', issues.map((issue) => issue.message).join(' '), { hint });
    this.issues = issues;
  }
}

/** One item that could not be done. */
export interface FailedItem {
  /** Position in the input, from 0. */
  index: number;
  /** The session id, or the name of the replica that was to be created. */
  item: string;
  error: SkahaError;
}

/**
 * Thrown by calls on several items if some were done and some were not. `done` and `failed`
 * together account for every item.
 */
export class PartialError<Done> extends SkahaError {
  override readonly name = 'PartialError';
  readonly done: readonly Done[];
  readonly failed: readonly FailedItem[];

  /**
   * @param message - what was attempted, with counts
   * @param done - results of the items that succeeded
   * @param failed - the items that did not, each with its error
   * @param options - hint and cause
   */
  constructor(
    message: string,
    done: readonly Done[],
    failed: readonly FailedItem[],
    options: SkahaErrorOptions = {},
  ) {
    super('partial.failure', message, options);
    this.done = done;
    this.failed = failed;
  }
}

const families = new Set<string>(['SkahaError', 'PartialError', 'ValidationError']);

/**
 * Tests whether a value is an error of this library and, optionally, whether it has a given code.
 * Unlike `instanceof`, it works across duplicate installations and realms.
 *
 * @param error - anything that was caught
 * @param code - the code to look for; any code if omitted
 * @returns true for an error of the SkahaError family
 * @example
 * ```ts
 * import { isSkahaError } from 'skaha';
 *
 * const expired = (error: unknown) => isSkahaError(error, 'authentication.expired');
 * ```
 */
export function isSkahaError(error: unknown, code?: ErrorCode): error is SkahaError {
  return (
    error instanceof Error &&
    families.has(error.name) &&
    'code' in error &&
    (code === undefined || error.code === code)
  );
}
