/** What can end a session beside its own command: one word, as Kubernetes writes it. */
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

/** What ended a session beside its own command. */
export interface EndCause {
  readonly reason: EndReason;
  /** In words for its owner; those of the platform by default. */
  readonly message?: string | undefined;
}

const words: Readonly<Record<EndReason, string>> = {
  OOMKilled:
    'The session used up its memory, and the system ended a process of it: ask for more memory',
  DeadlineExceeded: 'The session was active longer than its lifetime allows',
  Evicted: 'The machine of the session was short of resources, and the session had to go',
  Preempted: 'The session made room for one that goes first',
  NodeLost: 'The machine of the session is gone, and the session with it',
  Deleted: 'The session was removed from outside the platform',
  Error: 'The session could not go on',
};

/** What ended a session, in words for its owner. */
export const causeWords = ({ reason, message }: EndCause): string => message ?? words[reason];
