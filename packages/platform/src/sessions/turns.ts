import type { SessionRecord } from './record.js';
import type { Capacity } from './scheduling.js';

/** A session in the order in which sessions may start. */
export interface Turn {
  readonly session: SessionRecord;
  /** Its place in the order of turns: what its owner has had so far, as shares of the machine. */
  readonly turn: number;
}

/** No session is so small that its owner could have any number of them for one turn. */
const smallestShare = 1e-6;

/** The larger of its shares of all cores and of all memory. */
const shareOf = ({ resources }: SessionRecord, capacity: Capacity): number =>
  Math.max(resources.cores / capacity.cores, resources.memory / capacity.memory, smallestShare);

/**
 * Puts those that wait in order: first come, first served for each user, and users in turns, each
 * as long as the shares of the machine that were given are even. Who comes new, or again after a
 * while, begins where the others are, so that no absence is saved up (start-time fair queueing).
 *
 * A session keeps its turn with it, so the order outlives the platform.
 *
 * @param sessions - all sessions
 * @param capacity - what there is to give
 */
export function* inTurns(
  sessions: readonly SessionRecord[],
  capacity: Capacity,
): Generator<Turn, void> {
  const { now, next } = standing(sessions, capacity);
  const lines = waitingLines(sessions);
  while (lines.size > 0) {
    let best: (Turn & { readonly line: SessionRecord[] }) | undefined;
    for (const [owner, line] of lines) {
      const [session] = line;
      if (session === undefined) continue;
      const turn = Math.max(now, next.get(owner) ?? now);
      if (best === undefined || isBefore({ session, turn }, best)) best = { session, turn, line };
    }
    if (best === undefined) return;
    const { session, turn, line } = best;
    yield { session, turn };
    next.set(session.owner, turn + shareOf(session, capacity));
    line.shift();
    if (line.length === 0) lines.delete(session.owner);
  }
}

const isBefore = (one: Turn, other: Turn): boolean =>
  one.turn === other.turn ? one.session.sequence < other.session.sequence : one.turn < other.turn;

/** Where the turns are now, and where each user goes on. */
function standing(sessions: readonly SessionRecord[], capacity: Capacity) {
  let now = 0;
  const next = new Map<string, number>();
  for (const session of sessions) {
    const { turn } = session.life;
    if (turn === undefined) continue;
    now = Math.max(now, turn);
    const after = turn + shareOf(session, capacity);
    next.set(session.owner, Math.max(after, next.get(session.owner) ?? 0));
  }
  return { now, next };
}

function waitingLines(sessions: readonly SessionRecord[]): Map<string, SessionRecord[]> {
  const lines = new Map<string, SessionRecord[]>();
  const queue = sessions
    .filter(({ life }) => life.phase === 'queued')
    .sort((one, other) => one.sequence - other.sequence);
  for (const session of queue) {
    const line = lines.get(session.owner);
    if (line === undefined) lines.set(session.owner, [session]);
    else line.push(session);
  }
  return lines;
}
