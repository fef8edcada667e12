import type { SchedulingRules, UserShare } from '../../src/sessions/capacity.js';

export const gib = 2 ** 30;

const unbounded: UserShare = {
  cores: Number.POSITIVE_INFINITY,
  memory: Number.POSITIVE_INFINITY,
  sessions: Number.POSITIVE_INFINITY,
};

/** A machine of this size, whose users may have all of it unless something is said. */
export const rules = (
  cores: number,
  memoryGiB = 1000,
  perUser: Partial<UserShare> = {},
): SchedulingRules => ({
  capacity: { cores, memory: memoryGiB * gib },
  perUser: { ...unbounded, ...perUser },
});
