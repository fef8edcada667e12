import type { SessionUsage } from '@skaha/engine/orchestration/usage-meter.js';
import type { Capacity } from '@skaha/engine/sessions/capacity.js';
import { holdsResources, type Phase, type SessionRecord } from '@skaha/engine/sessions/record.js';
import { inUse } from '@skaha/engine/sessions/scheduling.js';
import { statusOf } from '@skaha/engine/sessions/session-wire.js';
import type { PhaseCount } from '@skaha/engine/store/ended-sessions.js';

/** The number of sessions of a kind with a status. */
export interface KindCount {
  readonly kind: string;
  readonly status: string;
  readonly count: number;
}

/** Running and waiting sessions of a platform, and their resources. */
export interface Census {
  readonly kinds: readonly KindCount[];
  /** Number of queued sessions. */
  readonly queued: number;
  /** Since when the oldest of them waits, in milliseconds since the epoch. */
  readonly queuedSince: number | undefined;
  readonly capacity: Capacity;
  /** What running sessions requested. */
  readonly requested: Capacity;
  /** What they actually use, as far as known. */
  readonly used: Capacity;
}

/**
 * Counts the sessions of a platform. Users are not distinguished.
 *
 * @param sessions - those that have not ended
 * @param ended - how many ended sessions there are of each kind
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
