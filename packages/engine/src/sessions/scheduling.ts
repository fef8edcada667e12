import type { Capacity, SchedulingRules, UserShare } from './capacity.js';
import { delays } from './delay.js';
import { type Ledger, plus } from './ledger.js';
import { holdsResources, type SessionRecord } from './record.js';
import type { Turn } from './turns.js';

/** Something that needs resources. */
interface Sized {
  readonly resources: Capacity;
}

/** Resources in use. */
export function inUse(sessions: Iterable<SessionRecord>): UserShare {
  let cores = 0;
  let memory = 0;
  let count = 0;
  for (const { life, resources } of sessions) {
    if (!holdsResources(life)) continue;
    cores += resources.cores;
    memory += resources.memory;
    count += 1;
  }
  return { cores, memory, sessions: count };
}

// Cores are decimals: 0.1 + 0.2 must fit into 0.3.
const tolerance = 1e-9;

/** Whether it fits into the capacity besides what is in use. */
const fits = (taken: Capacity, session: Capacity, most: Capacity): boolean =>
  taken.cores + session.cores <= most.cores + tolerance &&
  taken.memory + session.memory <= most.memory;

const fitsShare = (taken: UserShare, session: Capacity, most: UserShare): boolean =>
  taken.sessions < most.sessions && fits(taken, session, most);

/** How many sessions that do not fit may be overtaken. */
const mostBlocked = 16;

/**
 * Chooses the sessions that may start now: in the order of turns, and past one that does not fit
 * only those that delay nothing before them. So a large session is never starved by small ones.
 * Users who have used up their share are skipped; they wait only for themselves.
 *
 * @param ledger - of all sessions
 */
export function chooseFrom(ledger: Ledger, { capacity, perUser }: SchedulingRules): Turn[] {
  let taken = ledger.used;
  if (ledger.queued.size === 0 || isUsedUp(taken, capacity)) return [];
  const holding = new Map<string, UserShare>();
  const heldBy = (owner: string) => holding.get(owner) ?? ledger.usedBy(owner);
  const given: Capacity[] = Array.from(ledger.held.values(), ({ resources }) => resources);
  const blocked: Turn[] = [];
  const chosen: Turn[] = [];
  const turns = ledger.turns();
  while (blocked.length < mostBlocked && !isUsedUp(taken, capacity)) {
    const one = turns.next();
    if (one === undefined) break;
    const { owner, resources } = one.session;
    if (!fitsShare(heldBy(owner), resources, perUser)) {
      // Later sessions of the same user must not overtake it.
      turns.leave(owner);
      continue;
    }
    const ahead = blocked.map(({ session }) => session.resources);
    if (!fits(taken, resources, capacity) || delays(resources, ahead, given, capacity)) {
      blocked.push(one);
      continue;
    }
    taken = plus(taken, resources);
    holding.set(owner, plus(heldBy(owner), resources));
    given.push(resources);
    // The turns have only advanced to the first session that waits.
    chosen.push({ ...one, turn: Math.min(one.turn, blocked[0]?.turn ?? one.turn) });
  }
  return chosen;
}

const isUsedUp = (taken: Capacity, capacity: Capacity): boolean =>
  taken.cores >= capacity.cores - tolerance || taken.memory >= capacity.memory;

const gib = (bytes: number) => `${+(bytes / 2 ** 30).toFixed(2)} GiB`;
const coresOf = (cores: number) => String(+cores.toFixed(3));
const asked = ({ cores, memory }: Capacity) =>
  `${coresOf(cores)} cores and ${gib(memory)} of memory`;

/** Why a session can never start on this platform; undefined if it can. */
export function neverFits(
  { resources }: Sized,
  { capacity, perUser }: SchedulingRules,
): string | undefined {
  const nothing = { cores: 0, memory: 0 };
  if (!fits(nothing, resources, capacity)) {
    return `It asks for ${asked(resources)}: this platform has ${asked(capacity)}`;
  }
  if (fits(nothing, resources, perUser)) return undefined;
  const most = [
    perUser.cores < Number.POSITIVE_INFINITY ? `${coresOf(perUser.cores)} cores` : undefined,
    perUser.memory < Number.POSITIVE_INFINITY ? gib(perUser.memory) : undefined,
  ].filter((word) => word !== undefined);
  return `It asks for ${asked(resources)}: a user of this platform may have ${most.join(' and ')}`;
}

/**
 * Why a session waits, in words for its owner.
 *
 * @param used - what is in use by its owner, and by everybody
 */
export function whyWaiting(
  { resources }: Sized,
  used: { readonly own: UserShare; readonly all: UserShare },
  { capacity, perUser }: SchedulingRules,
): string {
  const { own, all } = used;
  if (!fitsShare(own, resources, perUser)) {
    const words = own.sessions >= perUser.sessions ? `${own.sessions} sessions` : asked(own);
    return `waiting for ${asked(resources)}: your running sessions have ${words}, which is your share`;
  }
  if (fits(all, resources, capacity)) {
    return `waiting for its turn: it would take room that earlier sessions are waiting for`;
  }
  return (
    `waiting for ${asked(resources)}: ` +
    `${coresOf(all.cores)} of ${capacity.cores} cores and ` +
    `${gib(all.memory)} of ${gib(capacity.memory)} are taken`
  );
}
