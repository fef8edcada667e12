import type { Admission } from '../ports/admission.js';
import type { SchedulingRules } from '../sessions/capacity.js';
import type { Ledger } from '../sessions/ledger.js';
import { chooseFrom, neverFits, waitingWords } from '../sessions/scheduling.js';

/**
 * The admission of a platform on one machine: who has room, in the order of turns between users.
 *
 * @param ledger - what is taken and who waits, kept up to date by others
 */
export const ownAdmission = (ledger: Ledger, rules: SchedulingRules): Admission => ({
  capacity: rules.capacity,
  never: (session) => neverFits(session, rules),
  admit: () => chooseFrom(ledger, rules).map(({ session, turn }) => ({ key: session.key, turn })),
  waitsFor: (session) =>
    waitingWords(session, { own: ledger.usedBy(session.owner), all: ledger.used }, rules),
});
