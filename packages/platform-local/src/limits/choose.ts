import { cgroupV1 } from './cgroup-v1.js';
import { cgroupV2 } from './cgroup-v2.js';
import type { Limiter } from './limiter.js';
import { noLimits, rlimits } from './limiter.js';
import { readCgroupTexts } from './mounts.js';

/**
 * Finds out, by trying, what can enforce limits on this machine.
 *
 * @param instance - distinguishes the groups of this platform from those of others
 */
export function chooseLimiter(instance: string): Limiter {
  // Elsewhere a limit on the data segment has no effect, or another one.
  if (process.platform !== 'linux') return noLimits;
  const texts = readCgroupTexts();
  return cgroupV2(texts, instance) ?? cgroupV1(texts, instance) ?? rlimits;
}
