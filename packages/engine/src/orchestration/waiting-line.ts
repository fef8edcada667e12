import type { Admission } from '../ports/admission.js';
import type { SchedulingRules } from '../sessions/capacity.js';
import type { EventRow } from '../sessions/event-table.js';
import type { Ledger } from '../sessions/ledger.js';
import type { SessionRecord } from '../sessions/record.js';
import { chooseFrom, neverFits, whyWaiting } from '../sessions/scheduling.js';
import type { Decision } from './life-changes.js';
import { waitingNote } from './notes.js';
import type { SessionRepository } from './session-repository.js';

/** What a waiting line needs. */
export interface WaitingLineOptions {
  readonly stored: Pick<SessionRepository, 'hasNote' | 'noteOnce'>;
  /** The waiting sessions, by key. */
  readonly queued: ReadonlyMap<string, SessionRecord>;
  readonly admission: Admission;
  /** Why this machine cannot run a session; undefined if it can. */
  obstacle(record: SessionRecord): string | undefined;
}

/** A reason to hold sessions back although there is room; undefined if there is none. */
export type HoldBack = () =>
  | { notes(record: SessionRecord, at: number): readonly EventRow[] }
  | undefined;

/**
 * The admission of a platform on one machine: the sessions that fit, in the order of turns between
 * users.
 *
 * @param ledger - what is in use and which sessions wait, kept up to date by others
 */
export const ownAdmission = (ledger: Ledger, rules: SchedulingRules): Admission => ({
  capacity: rules.capacity,
  never: (session) => neverFits(session, rules),
  admit: () => chooseFrom(ledger, rules).map(({ session, turn }) => ({ key: session.key, turn })),
  waitsFor: (session) =>
    whyWaiting(session, { own: ledger.usedBy(session.owner), all: ledger.used }, rules),
});

/** The waiting sessions: which may start, which never can, and why the others wait. */
export class WaitingLine {
  readonly #options: WaitingLineOptions;
  /** Sessions that have not been examined yet. */
  readonly #unexamined: Set<string>;
  readonly #unexplained: Set<string>;
  /** What held all sessions back when the reason was last recorded. */
  #heldBy: ReturnType<HoldBack>;
  #hold: HoldBack = () => undefined;

  constructor(options: WaitingLineOptions) {
    this.#options = options;
    this.#unexamined = new Set(options.queued.keys());
    this.#unexplained = new Set(options.queued.keys());
  }

  /** Sets a function that decides whether sessions are held back. */
  holdWhile(back: HoldBack): void {
    this.#hold = back;
  }

  /** Adds a session that waits from now on. */
  joined(key: string): void {
    this.#unexamined.add(key);
    this.#unexplained.add(key);
  }

  /** Sessions that this machine can never run; they fail at once. */
  impossible(now: number): Decision[] {
    if (this.#hold() !== undefined) return [];
    const unexamined = [...this.#unexamined];
    this.#unexamined.clear();
    return this.#waiting(unexamined).flatMap((record): Decision[] => {
      const reason = this.#options.admission.never(record) ?? this.#options.obstacle(record);
      if (reason === undefined) return [];
      return [{ key: record.key, event: { type: 'refused', at: now, reason } }];
    });
  }

  /** Sessions that may start now. */
  admitted(now: number): Decision[] {
    if (this.#hold() !== undefined) return [];
    const { admission, queued } = this.#options;
    return admission.admit(queued.values()).map(({ key, turn }) => ({
      key,
      event: { type: 'admitted', at: now, turn },
    }));
  }

  /** Records once for each of the others why it waits. */
  explain(now: number): void {
    const { stored, admission, queued } = this.#options;
    const held = this.#hold();
    // It is recorded again for all of them only when the reason to hold sessions back changes.
    const listeners = held === this.#heldBy ? this.#unexplained : queued.keys();
    const waiting = this.#waiting([...listeners]);
    this.#unexplained.clear();
    this.#heldBy = held;
    for (const record of waiting) {
      if (held !== undefined) {
        for (const note of held.notes(record, now)) stored.noteOnce(record.key, note);
      } else if (!stored.hasNote(record.key, waitingReason)) {
        const reason = admission.waitsFor(record);
        if (reason !== undefined) stored.noteOnce(record.key, waitingNote(reason, now));
      }
    }
  }

  #waiting(keys: readonly string[]): SessionRecord[] {
    const { queued } = this.#options;
    return keys.map((key) => queued.get(key)).filter((record) => record !== undefined);
  }
}

const waitingReason = 'FailedScheduling';
