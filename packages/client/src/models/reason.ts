import type { SessionEvent } from './events.js';

/** Why a session has its status, according to its events. */
export interface SessionReason {
  /** `Warning`, or another type where nothing was warned of. */
  type: string;
  /** One word, for example `ErrImagePull`. */
  reason: string;
  message: string;
  /** What the command ended with, where an event names it. */
  exitStatus?: number | undefined;
}

const timeOf = ({ firstTime, lastTime }: SessionEvent): number | undefined =>
  (lastTime ?? firstTime)?.getTime();

/**
 * The newest of some events. Events without a time may be of any moment: they count only where
 * none has one. `Error: ErrImagePull` stands next to the sentence that says which image: of one
 * moment the longer message counts.
 */
function newest(events: readonly SessionEvent[]): SessionEvent | undefined {
  let found: SessionEvent | undefined;
  for (const event of events) {
    const [time, before] = [timeOf(event), found && timeOf(found)];
    if (found === undefined || before === undefined) {
      if (time !== undefined || before === undefined) found = event;
      continue;
    }
    if (time === undefined || time < before) continue;
    if (time > before || event.message.length >= found.message.length) found = event;
  }
  return found;
}

const exitDigits = (message: string | undefined): string | undefined =>
  /\bexit(?:ed with)? (?:status|code) (\d{1,5})\b/i.exec(message ?? '')?.[1];

const namesExit = ({ message }: SessionEvent): boolean => exitDigits(message) !== undefined;

/** A scheduler notes it as nothing unusual, the node's own part of the cluster as a warning. */
const isPreemption = ({ reason, message }: SessionEvent): boolean =>
  /^(?:Preempted|EvictedDueToPreemption)$/.test(reason) ||
  /^Preempted (?:by|in order)\b/.test(message);

/** That a session was ended for the sake of another, unless it has started again since. */
function preemption(events: readonly SessionEvent[]): SessionEvent | undefined {
  const found = newest(events.filter(isPreemption));
  const start = newest(events.filter(({ reason }) => reason === 'Started'));
  const [time, started] = [found && timeOf(found), start && timeOf(start)];
  return time !== undefined && started !== undefined && started > time ? undefined : found;
}

/**
 * Finds the event that explains why a session is waiting or has failed: preemption by another
 * session, otherwise the newest warning, otherwise the newest event. An earlier lack of resources
 * is not a reason for a session that has started since.
 *
 * @param events - of one session, in any order; rows may repeat and lack times
 * @returns undefined if there are no events
 * @example
 * ```ts
 * import { reasonOf, SkahaClient } from 'skaha';
 *
 * await using skaha = new SkahaClient();
 * for (const { id, events } of await skaha.sessions.events(['ab12cd34']))
 *   console.log(id, reasonOf(events)?.message);
 * ```
 */
export function reasonOf(events: readonly SessionEvent[]): SessionReason | undefined {
  const preempted = preemption(events);
  if (preempted !== undefined) {
    const { reason, message } = preempted;
    const words = message === '' ? '' : ` (${message})`;
    return { type: 'Warning', reason, message: `It had to make room for another session${words}` };
  }
  const isPlaced = events.some(({ reason }) => reason === 'Scheduled');
  const current = events.filter(({ reason }) => !(isPlaced && reason === 'FailedScheduling'));
  const found = newest(current.filter(({ type }) => type === 'Warning')) ?? newest(current);
  if (found === undefined) return undefined;
  const { type, reason, message } = found;
  // Several things may be noted in the moment of the end; any of them may name it.
  const digits = exitDigits(message) ?? exitDigits(newest(events.filter(namesExit))?.message);
  const exitStatus = digits === undefined ? {} : { exitStatus: Number(digits) };
  return { type, reason, message, ...exitStatus };
}

/** How a session ended, according to its events; what they do not say is left out. */
export interface SessionEnd {
  /** When it ended. */
  at?: Date | undefined;
  /** What its command ended with. */
  exitStatus?: number | undefined;
  /** What went wrong, as a sentence. */
  reason?: string | undefined;
}

const endReasons = new Set([
  'Completed',
  'DeadlineExceeded',
  'Evicted',
  'Failed',
  'Killing',
  'OOMKilled',
  'Preempted',
]);

/** A cluster says `Failed` of a pull as well, which is tried again. */
const marksEnd = ({ reason, message }: SessionEvent): boolean =>
  endReasons.has(reason) && !/\bpull|^Error: /i.test(message);

/**
 * Finds out how a session ended. Platforms keep events for about an hour, and no other record of
 * it.
 *
 * @param events - of one session that has ended, in any order
 * @example
 * ```ts
 * import { endOf, SkahaClient } from 'skaha';
 *
 * await using skaha = new SkahaClient();
 * for (const { id, events } of await skaha.sessions.events(['ab12cd34']))
 *   console.log(id, endOf(events).at, endOf(events).exitStatus);
 * ```
 */
export function endOf(events: readonly SessionEvent[]): SessionEnd {
  const times = events.filter(marksEnd).flatMap((event) => timeOf(event) ?? []);
  const why = reasonOf(events);
  return {
    at: times.length === 0 ? undefined : new Date(Math.max(...times)),
    exitStatus: why?.exitStatus,
    reason: why?.type === 'Warning' ? why.message : undefined,
  };
}
