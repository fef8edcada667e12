import type { RunLimits } from '@skaha/engine/ports/runner.js';
import type { Limiter, LimitPlan } from './types.js';

/** How a limit on processes is called. */
export const processesWord = 'number of processes';

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
