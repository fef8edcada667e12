import type { RunLimits } from '@skaha/engine/ports/runner.js';

/** What enforces limits here. */
export type LimiterName = 'cgroup v2' | 'cgroup v1' | 'rlimits' | 'none';

/** What must happen around a command so that its limits hold. */
export interface LimitPlan {
  /** The `cgroup.procs` files that the run writes itself into. */
  readonly join: readonly string[];
  /** Options of the shell's `ulimit`, with their values. */
  readonly ulimits: readonly (readonly [string, number])[];
  /**
   * The most processes, for an enclosure in which nothing but the run is counted; the kernel counts
   * all processes of a user together otherwise.
   */
  readonly processes?: number | undefined;
}

/** Keeps runs within their limits. */
export interface Limiter {
  readonly name: LimiterName;
  /** What holds, for people; what does not hold is in `lacks`. */
  readonly holds: readonly string[];
  readonly lacks: readonly string[];
  /**
   * Prepares the limits of a run that is about to start.
   *
   * @throws when they cannot be set: the run must not start then
   */
  prepare(key: string, limits: RunLimits): LimitPlan;
  /** Removes what is left of runs that nobody knows. */
  tidy(isKnown: (key: string) => boolean): Promise<void>;
  /** Removes what it made for itself, when no run uses it any more. */
  close(): void;
}
