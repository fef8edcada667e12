import type { Isolation } from '@skaha/engine/ports/runner.js';
import { processesWord } from './rlimits.js';
import type { Limiter } from './types.js';

/**
 * Adds to what keeps sessions apart what keeps them within their limits.
 *
 * @param counts - whether processes are counted in the enclosure by themselves
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
