import type { Recovered, RunEnd } from '../ports/runner.js';
import type { LifeEvent } from '../sessions/lifecycle.js';

/** When a run ended: a file's time comes from the machine's clock, which may be ahead of ours. */
export const endTime = ({ at }: RunEnd, now: number): number =>
  Math.min(at ?? Number.POSITIVE_INFINITY, now);

/**
 * What it means for a session how its run was found.
 *
 * @param isUnwanted - whether the session is to end anyway
 * @returns undefined for a run that has yet to be launched
 */
export function eventOf(found: Recovered, isUnwanted: boolean, now: number): LifeEvent | undefined {
  if (found.state === 'running') return { type: 'started', at: now };
  if (found.state === 'ended') return { type: 'exited', ...found.end, at: endTime(found.end, now) };
  return isUnwanted ? { type: 'exited', at: now, status: undefined } : undefined;
}
