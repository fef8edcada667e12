import type { SessionUsage } from '@skaha/engine/orchestration/usage-meter.js';
import type { Capacity } from '@skaha/engine/sessions/capacity.js';
import { holdsResources, type Phase, type SessionRecord } from '@skaha/engine/sessions/record.js';
import { inUse } from '@skaha/engine/sessions/scheduling.js';
import { statusOf } from '@skaha/engine/sessions/session-wire.js';
import type { PhaseCount } from '@skaha/engine/store/ended-sessions.js';

/** Sessions of one kind with one status. */
export interface KindCount {
  readonly kind: string;
  readonly status: string;
  readonly count: number;
}

/** What runs on a platform, what waits, and what all of it takes. */
export interface Census {
  readonly kinds: readonly KindCount[];
  /** Number of sessions that wait for room. */
  readonly queued: number;
  /** Since when the first of them waits, in milliseconds since the epoch. */
  readonly queuedSince: number | undefined;
  readonly capacity: Capacity;
  /** What running sessions asked for. */
  readonly requested: Capacity;
  /** What they really use, as far as that is known. */
  readonly used: Capacity;
}

/**
 * Counts the sessions of a platform. Users are not distinguished.
 *
 * @param sessions - those that are not over
 * @param ended - how many of those that are over there are of each kind
 */
export function takeCensus(
  sessions: readonly SessionRecord[],
  ended: readonly PhaseCount[],
  capacity: Capacity,
  usageOf: (key: string) => SessionUsage | undefined,
): Census {
  const kinds = new Map<string, KindCount>();
  const count = (kind: string, phase: Phase, more: number) => {
    const status = statusOf({ phase, deadlineSeconds: 0 });
    const key = `${kind} ${status}`;
    kinds.set(key, { kind, status, count: (kinds.get(key)?.count ?? 0) + more });
  };
  for (const { kind, phase, count: more } of ended) count(kind, phase, more);
  for (const { kind, life } of sessions) count(kind, life.phase, 1);
  const queue = sessions.filter(({ life }) => life.phase === 'queued');
  const used = { cores: 0, memory: 0 };
  for (const { key, life } of sessions) {
    const usage = holdsResources(life) ? usageOf(key) : undefined;
    used.cores += usage?.cores ?? 0;
    used.memory += usage?.memory ?? 0;
  }
  const { cores, memory } = inUse(sessions);
  return {
    kinds: [...kinds.values()],
    queued: queue.length,
    queuedSince:
      queue.length === 0
        ? undefined
        : queue.reduce((first, { createdAt }) => Math.min(first, createdAt), Number.MAX_VALUE),
    capacity: { cores: capacity.cores, memory: capacity.memory },
    requested: { cores, memory },
    used,
  };
}
