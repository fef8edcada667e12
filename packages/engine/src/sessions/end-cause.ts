/** What can end a session besides its own command, in the words of Kubernetes. */
export type EndReason =
  /** One of its processes was killed because the session had used up its memory. */
  | 'OOMKilled'
  /** Its lifetime was over. */
  | 'DeadlineExceeded'
  /** It was evicted because its machine ran short of a resource. */
  | 'Evicted'
  /** It was preempted by a session with a higher priority. */
  | 'Preempted'
  /** Its machine no longer exists. */
  | 'NodeLost'
  /** It was removed, but not by this platform. */
  | 'Deleted'
  /** Something else; the message says what. */
  | 'Error';

/** What ended a session besides its own command. */
export interface EndCause {
  readonly reason: EndReason;
  /** A message for its owner; by default that of the platform. */
  readonly message?: string | undefined;
}

const words: Readonly<Record<EndReason, string>> = {
  OOMKilled:
    'The session used up its memory, and the system ended one of its processes: ask for more memory',
  DeadlineExceeded: 'The session reached the end of its lifetime',
  Evicted: 'The machine of the session ran short of resources, and the session was evicted',
  Preempted: 'The session was preempted by one with a higher priority',
  NodeLost: 'The machine of the session was lost, and the session with it',
  Deleted: 'The session was removed from outside the platform',
  Error: 'The session could not continue',
};

/** What ended a session, in words for its owner. */
export const causeWords = ({ reason, message }: EndCause): string => message ?? words[reason];
