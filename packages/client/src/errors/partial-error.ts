import { SkahaError, type SkahaErrorOptions } from './skaha-error.js';

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
