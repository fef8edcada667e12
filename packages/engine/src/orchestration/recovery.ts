import type { Recovered, RunEnd } from '../ports/runner.js';
import type { LifeEvent } from '../sessions/lifecycle.js';

/** When a run ended: a file's time comes from the machine's clock, which may be ahead of ours. */
export const endTime = ({ at }: RunEnd, now: number): number =>
  Math.min(at ?? Number.POSITIVE_INFINITY, now);

/**
 * What it means for a session how its run was found.
 *
 * @param isUnwanted - whether the session is to end anyway
 * @returns undefined when nothing follows from it: the run has yet to be launched, or nobody knows
 */
export function eventOf(found: Recovered, isUnwanted: boolean, now: number): LifeEvent | undefined {
  switch (found.state) {
    case 'running':
      return { type: 'started', at: Math.min(found.at ?? now, now) };
    case 'pending':
      return { type: 'pending', at: found.since ?? now, queued: found.queued };
    case 'ended':
      return { type: 'exited', ...found.end, at: endTime(found.end, now) };
    case 'unclaimed':
      return isUnwanted ? { type: 'exited', at: now, status: undefined } : undefined;
    case 'unknown':
      return undefined;
  }
}
