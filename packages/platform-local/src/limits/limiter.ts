import type { Isolation, RunLimits } from '@skaha/engine/ports/runner.js';

/** What enforces limits here. */
export type LimiterName = 'cgroup v2' | 'cgroup v1' | 'rlimits' | 'none';

/** What must happen around a command so that its limits hold. */
export interface LimitPlan {
  /** The `cgroup.procs` files that the run writes itself into. */
  readonly join: readonly string[];
  /** Options of the shell's `ulimit`, with their values. */
  readonly ulimits: readonly (readonly [string, number])[];
  /**
   * The most processes, for a confinement in which nothing but the run is counted; the kernel counts
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

/** How a limit on processes is called. */
const processesWord = 'number of processes';

/**
 * Limits that the kernel keeps for each process separately, for machines whose control groups cannot
 * be used. Address space is not limited: many programs, Node among them, reserve far more of it
 * than they use.
 */
export const rlimits: Limiter = {
  name: 'rlimits',
  holds: ['memory of each single process'],
  lacks: ['memory of a session as a whole', 'cores', processesWord],
  prepare: (_key: string, limits: RunLimits): LimitPlan => ({
    join: [],
    ulimits: [['d', Math.max(1, Math.floor(limits.memory / 1024))]],
    processes: limits.processes,
  }),
  tidy: async () => undefined,
  close: () => undefined,
};

/** Where limits are only booked. */
export const noLimits: Limiter = {
  name: 'none',
  holds: [],
  lacks: ['memory', 'cores', processesWord],
  prepare: () => ({ join: [], ulimits: [] }),
  tidy: async () => undefined,
  close: () => undefined,
};

/**
 * Adds to what keeps sessions apart what keeps them within their limits.
 *
 * @param counts - whether processes are counted in the confinement by themselves
 */
export function withLimits(
  { isolates, lacks }: Isolation,
  limiter: Limiter,
  counts: boolean,
): Isolation {
  const more = counts && limiter.name === 'rlimits' ? [processesWord] : [];
  const holds = [...limiter.holds, ...more];
  const misses = limiter.lacks.filter((word) => !more.includes(word));
  const held = holds.length === 0 ? [] : [`${holds.join(', ')} (${limiter.name})`];
  const free = misses.length === 0 ? [] : [`${misses.join(', ')} (only booked)`];
  return { isolates: [...isolates, ...held], lacks: [...lacks, ...free] };
}

/** What a supervisor must do for the limits to hold: a group to enter, or a limit, in each line. */
export const supervisorLines = ({ join, ulimits }: LimitPlan): string =>
  [...join, ...ulimits.map((pair) => pair.join(' '))].join('\n');
