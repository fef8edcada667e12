import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Ledger } from '../../src/sessions/ledger.js';
import type { Phase, SessionRecord } from '../../src/sessions/record.js';
import { chooseFrom, inUse } from '../../src/sessions/scheduling.js';
import { admissible, resources, rules, sessionRecord } from '../fixtures.js';

const phases: readonly Phase[] = ['queued', 'starting', 'running', 'stopping', 'completed'];

const change = fc.record({
  index: fc.nat({ max: 19 }),
  phase: fc.constantFrom<Phase | undefined>(...phases, undefined),
});
const asked = fc.record({
  owner: fc.constantFrom('ada', 'bea', 'cleo'),
  cores: fc.constantFrom(0.5, 1, 2, 3),
});

function session(sequence: number, phase: Phase, owner: string, cores: number): SessionRecord {
  const turn = phase === 'queued' ? {} : { turn: sequence / 4 };
  return sessionRecord(sequence, {
    owner,
    resources: resources(cores),
    life: { phase, deadlineSeconds: 1, ...turn },
  });
}

test('change by change it comes to the same choice as a look at all sessions', () => {
  const by = rules(4, 1000, { sessions: 3 });
  const input = [fc.array(asked, { minLength: 1, maxLength: 20 }), fc.array(change)] as const;
  fc.assert(
    fc.property(...input, (all, changes) => {
      const ledger = new Ledger(by.capacity);
      const known = new Map<number, SessionRecord>();
      for (const [index, { owner, cores }] of all.entries()) {
        const record = session(index, 'queued', owner, cores);
        ledger.change(undefined, record);
        known.set(index, record);
      }
      for (const { index, phase } of changes) {
        const before = known.get(index);
        // A session waits only once, at its beginning.
        if (before === undefined || phase === 'queued') continue;
        const { owner } = before;
        const after =
          phase === undefined ? undefined : session(index, phase, owner, before.resources.cores);
        ledger.change(before, after);
        // One that is gone had its turn all the same.
        if (after === undefined)
          known.set(index, { ...before, life: { ...before.life, phase: 'gone' } });
        else known.set(index, after);
      }
      const everything = [...known.values()];
      expect(ledger.used).toEqual(inUse(everything));
      for (const owner of ['ada', 'bea', 'cleo']) {
        expect(ledger.usedBy(owner)).toEqual(
          inUse(everything.filter((one) => one.owner === owner)),
        );
      }
      const keys = (turns: ReturnType<typeof admissible>) =>
        turns.map((one) => [one.session.key, one.turn]);
      expect(keys(chooseFrom(ledger, by))).toEqual(keys(admissible(everything, by)));
    }),
  );
});

test('a long line stays in order when most of it leaves', () => {
  const by = rules(1);
  const ledger = new Ledger(by.capacity);
  const line = Array.from({ length: 1_000 }, (_, index) => session(index, 'queued', 'ada', 1));
  for (const one of line) ledger.change(undefined, one);
  for (const one of line) if (one.sequence % 100 !== 7) ledger.change(one, undefined);
  const order: number[] = [];
  for (let next = chooseFrom(ledger, by)[0]; next !== undefined; next = chooseFrom(ledger, by)[0]) {
    order.push(next.session.sequence);
    ledger.change(next.session, undefined);
  }
  expect(order).toEqual([7, 107, 207, 307, 407, 507, 607, 707, 807, 907]);
});
