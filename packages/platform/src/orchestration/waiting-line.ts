import type { LifeEvent } from '../sessions/lifecycle.js';
import type { SessionRecord } from '../sessions/record.js';
import { admissible, neverFits, type SchedulingRules, waitingFor } from '../sessions/scheduling.js';
import { waitingNote } from './notes.js';
import type { HoldBack } from './options.js';
import type { SessionShelf } from './session-shelf.js';

/** What a waiting line works with. */
export interface WaitingLineParts {
  readonly shelf: SessionShelf;
  readonly rules: SchedulingRules;
  /** Why this machine cannot run a session; undefined when it can. */
  obstacle(record: SessionRecord): string | undefined;
}

/** Something that is to happen to a session. */
export interface Decision {
  readonly key: string;
  readonly event: LifeEvent;
}

const isQueued = ({ life }: SessionRecord): boolean => life.phase === 'queued';

/** The sessions that wait: who may go, who need not wait, and what the others are told. */
export class WaitingLine {
  readonly #parts: WaitingLineParts;
  /** Those that this machine can run, as far as was seen when they came. */
  readonly #possible = new Set<string>();
  #hold: HoldBack = () => undefined;

  constructor(parts: WaitingLineParts) {
    this.#parts = parts;
  }

  /** Lets a function decide whether sessions are held back. */
  holdWhile(back: HoldBack): void {
    this.#hold = back;
  }

  /** A session this machine can never run fails at once: waiting would not help it. */
  impossible(now: number): Decision[] {
    if (this.#hold() !== undefined) return [];
    const queue = this.#parts.shelf.all().filter(isQueued);
    const unseen = queue.filter(({ key }) => !this.#possible.has(key));
    const refused = unseen.flatMap((record): Decision[] => {
      const reason = neverFits(record, this.#parts.rules) ?? this.#parts.obstacle(record);
      if (reason !== undefined) {
        return [{ key: record.key, event: { type: 'refused', at: now, reason } }];
      }
      this.#possible.add(record.key);
      return [];
    });
    if (this.#possible.size > 2 * queue.length + 100) this.#possible.clear();
    return refused;
  }

  /** Who may start now. */
  admitted(now: number): Decision[] {
    if (this.#hold() !== undefined) return [];
    return admissible(this.#parts.shelf.all(), this.#parts.rules).map(({ session, turn }) => ({
      key: session.key,
      event: { type: 'admitted', at: now, turn },
    }));
  }

  /** Tells each of the others, once, why it waits. */
  explain(now: number): void {
    const { shelf, rules } = this.#parts;
    const held = this.#hold();
    const all = shelf.all();
    for (const record of all) {
      if (!isQueued(record)) continue;
      if (held !== undefined) {
        for (const note of held.notes(record, now)) shelf.noteOnce(record.key, note);
      } else if (!shelf.hasNote(record.key, waitingReason)) {
        shelf.noteOnce(record.key, waitingNote(waitingFor(record, all, rules), now));
      }
    }
  }
}

const waitingReason = 'FailedScheduling';
