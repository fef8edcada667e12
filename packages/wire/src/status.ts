import type { SessionStatus } from './kinds.js';

/** What servers before 1.0 call `Completed`. */
const formerCompleted = 'succeeded';

/** For how long a list of sessions may lack one that was just launched, in milliseconds. */
export const listLagMs = 60_000;

/**
 * The status as today's servers call it; an unknown one passes unchanged.
 *
 * @param status - as sent
 */
export function canonicalStatus(status: string): SessionStatus {
  const isFormer =
    status.length === formerCompleted.length && status.toLowerCase() === formerCompleted;
  return isFormer ? 'Completed' : status;
}

/**
 * Whether two statuses mean the same, whatever their case and the server's age.
 *
 * @param status - as sent by a server
 * @param wanted - what to compare with
 */
export function sameStatus(status: string, wanted: string): boolean {
  return canonicalStatus(status).toLowerCase() === canonicalStatus(wanted).toLowerCase();
}
/**
 * Whether a session has ended and will not change any more. Servers 1.0.0 to 1.0.2 append a
 * reason, as in `Failed (DeadlineExceeded)`.
 *
 * @param status - a session's status
 * @example
 * ```ts
 * import { isFinished, SkahaClient } from 'skaha';
 *
 * await using skaha = new SkahaClient();
 * const over = (await skaha.sessions.fetch()).filter((session) => isFinished(session.status));
 * console.log(over.length);
 * ```
 */
export function isFinished(status: string): boolean {
  return /^(?:completed?|succeeded|failed|error)\b/i.test(status);
}

/**
 * Whether a session ended badly.
 *
 * @param status - a session's status
 */
export function isFailed(status: string): boolean {
  return isFinished(status) && !/^(?:completed?|succeeded)\b/i.test(status);
}
