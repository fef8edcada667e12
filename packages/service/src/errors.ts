import { systemCode } from '@skaha/base/system-code.js';
/** All codes of errors of the local platform; the `skaha` library has the same codes. */
export type PlatformErrorCode =
  | 'config.invalid'
  | 'platform.already_running'
  | 'platform.not_running'
  | 'platform.port_in_use'
  | 'platform.start_failed'
  | 'platform.storage'
  | 'platform.store_unavailable';

/**
 * Thrown if the local platform cannot do what was requested. It has the shape of the library's
 * `SkahaError`, so that one check recognises both.
 */
export class PlatformError extends Error {
  override readonly name = 'SkahaError';
  readonly code: PlatformErrorCode;

  /** Checked by its shape, because a runner in another package has its own copy of this class. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && value.name === 'SkahaError' && 'toJSON' in value;
  }

  /** What to do next, in one sentence. */
  readonly hint: string | undefined;

  /**
   * @param code - stable, for programs
   * @param message - what failed
   * @param options - the next step, and the cause
   */
  constructor(
    code: PlatformErrorCode,
    message: string,
    options: { hint?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }

  /** The printable part: code, message and hint, without the cause. */
  toJSON(): { code: PlatformErrorCode; message: string; hint: string | null } {
    return { code: this.code, message: this.message, hint: this.hint ?? null };
  }
}

export { systemCode };

const storageReasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EDQUOT: 'the disk quota is used up',
  EEXIST: 'a file is where a directory should be',
  EISDIR: 'a directory is where a file should be',
  EIO: 'the disk reported an error',
  EMFILE: 'too many open files',
  ENOENT: 'a directory is missing',
  ENOSPC: 'no space left on the disk',
  ENOTDIR: 'a file is where a directory should be',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  SQLITE_CORRUPT: 'the database file is damaged',
  SQLITE_FULL: 'no space left on the disk',
  SQLITE_IOERR: 'the disk reported an error',
  SQLITE_NOTADB: 'the database file is damaged',
  SQLITE_READONLY: 'the database is read-only',
};

/** Why storage failed, in words; undefined if the error is not about storage. */
export function storageReason(error: unknown): string | undefined {
  const code = systemCode(error) ?? '';
  return storageReasons[code] ?? (code.startsWith('SQLITE_') ? code : undefined);
}

/** Why something failed, in few words without secrets. */
export function reasonOf(error: unknown): string {
  const known = storageReason(error) ?? systemCode(error);
  return known ?? (error instanceof Error ? error.message : String(error));
}
