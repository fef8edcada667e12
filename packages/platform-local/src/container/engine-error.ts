import { systemCode } from '@skaha/service/errors.js';

/** Thrown when a container engine refuses a request, or does not answer. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  /** HTTP status of its answer; undefined when it gave none. */
  readonly status: number | undefined;

  /**
   * @param message - the engine's own words, or why there are none
   * @param options - the status of its answer, and the error underneath
   */
  constructor(message: string, options: { status?: number | undefined; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = options.status;
  }
}

/** True when the engine could not be asked at all: the same request may do well later. */
export const isUnreachable = (error: unknown): boolean =>
  error instanceof EngineError && error.status === undefined;

/** True when what was asked for is not there. */
export const isMissing = (error: unknown): boolean =>
  error instanceof EngineError && error.status === 404;

const silences: Readonly<Record<string, string>> = {
  EACCES: 'this user may not use its socket',
  ECONNREFUSED: 'nothing listens at its socket',
  ENOENT: 'its socket does not exist',
};

/** What went wrong with a request to an engine, in one family. */
export function engineError(error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const status = statusOf(error);
  const message = error instanceof Error ? error.message : String(error);
  if (status !== undefined) {
    const [words] = message.replace(/^\(HTTP code \d+\) [^-]* - /, '').split('\n');
    return new EngineError((words ?? '').trim(), { status, cause: error });
  }
  const code = systemCode(error) ?? '';
  return new EngineError(silences[code] ?? (code === '' ? message : code), { cause: error });
}

function statusOf(error: unknown): number | undefined {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : undefined;
}
