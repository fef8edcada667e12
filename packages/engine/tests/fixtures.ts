import type { SchedulingRules, UserShare } from '../src/sessions/capacity.js';
import { Ledger } from '../src/sessions/ledger.js';
import type { SessionRecord, SessionResources } from '../src/sessions/record.js';
import { chooseFrom, inUse, whyWaiting } from '../src/sessions/scheduling.js';
import type { Turn } from '../src/sessions/turns.js';

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

/** What a session is promised, and may not exceed. */
export const resources = (cores: number, memoryGiB = 1): SessionResources => ({
  cores,
  coresLimit: cores,
  memory: memoryGiB * gib,
  memoryLimit: memoryGiB * gib,
  fixed: true,
});

/** A headless session in the queue that asks for a core and 1 GiB; `more` is what differs. */
export function sessionRecord(sequence: number, more: Partial<SessionRecord> = {}): SessionRecord {
  const key = more.key ?? `s${sequence}`;
  return {
    key,
    id: key,
    owner: 'adastra',
    name: 'x',
    kind: 'headless',
    image: 'i',
    sequence,
    createdAt: 5,
    resources: resources(1),
    workload: { env: [] },
    keepSeconds: 1,
    life: { phase: 'queued', deadlineSeconds: 1 },
    ...more,
  };
}

/** The sessions that may start now, of all sessions in any order. */
export function admissible(sessions: Iterable<SessionRecord>, by: SchedulingRules): Turn[] {
  const ledger = new Ledger(by.capacity);
  const inOrder = [...sessions].sort((one, other) => one.sequence - other.sequence);
  for (const session of inOrder) ledger.change(undefined, session);
  return chooseFrom(ledger, by);
}

/** Why one of all sessions waits. */
export function waitingFor(
  session: SessionRecord,
  sessions: readonly SessionRecord[],
  by: SchedulingRules,
): string {
  const own = inUse(sessions.filter(({ owner }) => owner === session.owner));
  return whyWaiting(session, { own, all: inUse(sessions) }, by);
}
