import { holdsResources, type SessionRecord } from './record.js';

/** What this platform has to give. */
export interface Capacity {
  readonly cores: number;
  /** Bytes. */
  readonly memory: number;
}

/** What is taken now. */
export function inUse(sessions: Iterable<SessionRecord>): Capacity {
  let cores = 0;
  let memory = 0;
  for (const { life, resources } of sessions) {
    if (!holdsResources(life)) continue;
    cores += resources.cores;
    memory += resources.memory;
  }
  return { cores, memory };
}

// Cores are decimals: 0.1 + 0.2 must fit into 0.3.
const tolerance = 1e-9;

/**
 * Chooses the sessions that may start now: strictly in order of creation, so that a large session
 * is never starved by small ones behind it.
 *
 * @param sessions - all sessions
 * @param capacity - what there is to give
 */
export function admissible(sessions: Iterable<SessionRecord>, capacity: Capacity): SessionRecord[] {
  const all = [...sessions];
  const taken = inUse(all);
  let { cores, memory } = taken;
  const chosen: SessionRecord[] = [];
  const queue = all
    .filter(({ life }) => life.phase === 'queued')
    .sort((one, other) => one.sequence - other.sequence);
  for (const session of queue) {
    cores += session.resources.cores;
    memory += session.resources.memory;
    if (cores > capacity.cores + tolerance || memory > capacity.memory) break;
    chosen.push(session);
  }
  return chosen;
}

/** Why a session waits, in words for its owner. */
export function waitingFor(session: SessionRecord, used: Capacity, capacity: Capacity): string {
  const gib = (bytes: number) => `${+(bytes / 2 ** 30).toFixed(2)} GiB`;
  const { cores, memory } = session.resources;
  return (
    `waiting for ${+cores.toFixed(3)} cores and ${gib(memory)} of memory: ` +
    `${+used.cores.toFixed(3)} of ${capacity.cores} cores and ` +
    `${gib(used.memory)} of ${gib(capacity.memory)} are taken`
  );
}
