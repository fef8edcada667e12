/** What can end a session besides its own command: one word, as Kubernetes writes it. */
export type EndReason =
  /** A process of it was ended because the session had used up its memory. */
  | 'OOMKilled'
  /** Its lifetime was over. */
  | 'DeadlineExceeded'
  /** The machine it ran on was short of something, and the session had to go. */
  | 'Evicted'
  /** It made room for a session that goes first. */
  | 'Preempted'
  /** The machine it ran on is gone. */
  | 'NodeLost'
  /** Somebody removed it, but not this platform. */
  | 'Deleted'
  /** Something else, which the message tells. */
  | 'Error';

/** What ended a session besides its own command. */
export interface EndCause {
  readonly reason: EndReason;
  /** In words for its owner; those of the platform by default. */
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
