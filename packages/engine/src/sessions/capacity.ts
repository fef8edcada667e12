/** What this platform has to give. */
export interface Capacity {
  readonly cores: number;
  /** Bytes. */
  readonly memory: number;
}

/** What one session can have, where a runner knows bounds of its own. */
export interface SessionBounds {
  /** What it must be promised at least. */
  readonly least: Capacity;
  /** Infinity where that is not known. */
  readonly most: Capacity;
  /** How many times what it is promised its limits may be. */
  readonly ratio: Capacity;
  /** Graphics processors at most; undefined where that is not known. */
  readonly gpus: number | undefined;
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
