import type { SessionStatus } from './kinds.js';

/** What servers before 1.0 call `Completed`. */
const formerCompleted = 'succeeded';

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
