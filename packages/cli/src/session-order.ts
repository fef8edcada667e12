import type { SessionInfo } from 'skaha';

const startOf = (session: SessionInfo): number =>
  session.startTime?.getTime() ?? Number.POSITIVE_INFINITY;

/** Oldest first; what has not started yet comes last. Of one second, in the order of their names. */
export function byStart(left: SessionInfo, right: SessionInfo): number {
  const [first, second] = [startOf(left), startOf(right)];
  if (first !== second) return first - second;
  return left.name.localeCompare(right.name, 'en', { numeric: true });
}
