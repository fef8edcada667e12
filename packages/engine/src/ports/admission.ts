import type { Capacity, SessionBounds } from '../sessions/capacity.js';

export type { Capacity, SessionBounds };

/** A waiting session, as admission sees it. */
export interface Candidate {
  readonly key: string;
  readonly owner: string;
  readonly resources: Capacity & { readonly gpus?: number | undefined };
}

/** A session that may be given to the runner. */
export interface Admitted {
  readonly key: string;
  /** Its position in the order of turns between users, if there is such an order. */
  readonly turn?: number | undefined;
}

/**
 * Decides when an accepted session is given to the runner. On one machine the platform decides
 * itself; a runner with a queue of its own provides an admission that gives it every session at
 * once.
 */
export interface Admission {
  /** The total capacity, as far as it is known now. */
  readonly capacity: Capacity;
  /** What one session may request; the total capacity by default. */
  readonly bounds?: SessionBounds | undefined;
  /** Why a session can never start, in words for its owner; undefined if it can. */
  never(session: Candidate): string | undefined;
  /**
   * The sessions that may be given to the runner now, in this order.
   *
   * @param waiting - all waiting sessions, the oldest first
   */
  admit(waiting: Iterable<Candidate>): readonly Admitted[];
  /** Why a session waits, in words for its owner; undefined if the runner reports it. */
  waitsFor(session: Candidate): string | undefined;
}

/** The capacity that a runner with a queue of its own knows. */
export type Offer = Pick<Admission, 'capacity' | 'bounds'> & Partial<Pick<Admission, 'never'>>;

/**
 * The admission of a runner with a queue of its own: it is given every session at once, and reports
 * through `RunnerListener.pending` why one waits.
 *
 * @param offer - called whenever the capacity is needed
 */
export const admitAll = (offer: () => Offer): Admission => ({
  get capacity() {
    return offer().capacity;
  },
  get bounds() {
    return offer().bounds;
  },
  never: (session) => offer().never?.(session),
  admit: (waiting) => Array.from(waiting, ({ key }) => ({ key })),
  waitsFor: () => undefined,
});
