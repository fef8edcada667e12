/** The total resources of a platform. */
export interface Capacity {
  readonly cores: number;
  /** Bytes. */
  readonly memory: number;
}

/** What a single session can have, if the runner has bounds of its own. */
export interface SessionBounds {
  /** The least that it must be guaranteed. */
  readonly least: Capacity;
  /** Infinity if unknown. */
  readonly most: Capacity;
  /** How many times larger its limits may be than what it is guaranteed. */
  readonly ratio: Capacity;
  /** The most graphics processors; undefined if unknown. */
  readonly gpus: number | undefined;
}

/** The most that the running sessions of a user may use together. */
export interface UserShare extends Capacity {
  /** Number of sessions. */
  readonly sessions: number;
}

/** The rules by which sessions are admitted. */
export interface SchedulingRules {
  readonly capacity: Capacity;
  readonly perUser: UserShare;
}
