import { SkahaError } from '../errors/index.js';
import { isOutcomeUnknown } from '../session/outcome.js';
import type { TrackedItem } from './state.js';

/**
 * What a failed launch means:
 * `lost`: it may have taken place;
 * `passing`: it did not, and may be sent again;
 * `fatal`: it did not, and no other launch of the batch would;
 * `rejected`: the platform does not want this item.
 */
export type FailureKind = 'fatal' | 'lost' | 'passing' | 'rejected';

const concernsAll = /^(?:authentication|client|config|internal|server|transport)\b/;

/**
 * Decides what a failed launch means.
 *
 * @param error - of the request
 */
export function failureKind(error: SkahaError): FailureKind {
  if (isOutcomeUnknown(error)) return 'lost';
  if (error.retryable) return 'passing';
  // With 500 the platform says that this session could not be made (Skaha API 2.3).
  if (error.code === 'server.error') return 'rejected';
  return concernsAll.test(error.code) || error.code === 'response.redirect' ? 'fatal' : 'rejected';
}

/** Whether some of several launches in one request may have taken place although it failed. */
export const mayHaveLaunched = (error: unknown): error is SkahaError =>
  error instanceof SkahaError && (isOutcomeUnknown(error) || error.code === 'server.error');

/** Nobody can know whether a launch took place. */
export function unknownItem({ name }: TrackedItem, ids: readonly string[]): SkahaError {
  const message =
    ids.length > 0
      ? `The reply to the launch of ${name} was lost, and it may be any of these sessions: ${ids.join(', ')}.`
      : `The reply to the launch of ${name} was lost so long ago that its session may have come and gone.`;
  return new SkahaError('session.outcome_unknown', message, {
    hint: 'Look for its results; then resume the batch and ask for unknown items to be launched again.',
  });
}

/** A session of the batch failed. */
export const failedItem = ({ name, id }: TrackedItem): SkahaError =>
  new SkahaError('session.failed', `The session ${name} (${id}) failed.`, {
    id,
    hint: 'Look at its events and logs.',
  });

/** An atomic batch was taken back. */
export function rolledBack(error: SkahaError, left: number): SkahaError {
  const rest =
    left === 0
      ? 'everything that was launched has been deleted'
      : `${left} of its sessions could not be deleted`;
  return new SkahaError(
    'batch.rolled_back',
    `The batch was rolled back: ${rest}. ${error.message}`,
    {
      cause: error,
      status: error.status,
      serverMessage: error.serverMessage,
      hint: left === 0 ? error.hint : 'Cancel the batch to try the deletion again.',
    },
  );
}
