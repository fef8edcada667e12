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
  /** Its place in the order of turns between users, where there is such an order. */
  readonly turn?: number | undefined;
}

/**
 * Decides when a session that was accepted is given to the runner. On one machine the platform does
 * it by itself; a runner with a queue of its own brings its own, and is given every session at once.
 */
export interface Admission {
  /** What there is to give in all, as far as that is known now. */
  readonly capacity: Capacity;
  /** What one session may ask for; what there is in all, where it is left out. */
  readonly bounds?: SessionBounds | undefined;
  /** Why a session can never start, in words for its owner; undefined when it can. */
  never(session: Candidate): string | undefined;
  /**
   * The sessions that may be given to the runner now, in this order.
   *
   * @param waiting - all that wait, the first that came first
   */
  admit(waiting: Iterable<Candidate>): readonly Admitted[];
  /** Why a session waits, in words for its owner; undefined when somebody else tells. */
  waitsFor(session: Candidate): string | undefined;
}

/** What a runner with a queue of its own knows of what there is. */
export type Offer = Pick<Admission, 'capacity' | 'bounds'> & Partial<Pick<Admission, 'never'>>;

/**
 * The admission of a runner that has a queue of its own: it is given every session at once, and tells
 * by `RunnerListener.pending` why one of them waits.
 *
 * @param offer - asked each time somebody wants to know what there is
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
