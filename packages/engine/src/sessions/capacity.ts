/** What this platform has to give. */
export interface Capacity {
  readonly cores: number;
  /** Bytes. */
  readonly memory: number;
}

/** The most that the running sessions of one user may hold together. */
export interface UserShare extends Capacity {
  /** Number of sessions. */
  readonly sessions: number;
}

/** What sessions are admitted by. */
export interface SchedulingRules {
  readonly capacity: Capacity;
  readonly perUser: UserShare;
}
