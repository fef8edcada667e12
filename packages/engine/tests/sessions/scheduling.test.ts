import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SchedulingRules } from '../../src/sessions/capacity.js';
import { holdsResources, type Phase, type SessionRecord } from '../../src/sessions/record.js';
import { inUse, neverFits } from '../../src/sessions/scheduling.js';
import { admissible, gib, resources, rules, sessionRecord, waitingFor } from '../fixtures.js';

function session(
  sequence: number,
  phase: Phase,
  cores: number,
  { memoryGiB = 1, owner = 'adastra' } = {},
): SessionRecord {
  return sessionRecord(sequence, {
    owner,
    resources: resources(cores, memoryGiB),
    life: { phase, deadlineSeconds: 1 },
  });
}

const chosen = (all: readonly SessionRecord[], by: SchedulingRules) =>
  admissible(all, by).map(({ session: { key } }) => key);

/** A machine on which sessions start as they are chosen and end as a test says. */
class Machine {
  readonly #rules: SchedulingRules;
  #all: SessionRecord[] = [];
  #sequence = 0;
  readonly started: SessionRecord[] = [];

  constructor(by: SchedulingRules) {
    this.#rules = by;
  }

  get running(): SessionRecord[] {
    return this.#all.filter(({ life }) => holdsResources(life));
  }

  get waiting(): SessionRecord[] {
    return this.#all.filter(({ life }) => life.phase === 'queued');
  }

  submit(owner: string, cores: number): string {
    this.#sequence += 1;
    this.#all.push(session(this.#sequence, 'queued', cores, { owner }));
    return `s${this.#sequence}`;
  }

  start(): void {
    for (const { session: one, turn } of admissible(this.#all, this.#rules)) {
      this.started.push(one);
      this.#put({ ...one, life: { ...one.life, phase: 'running', turn } });
    }
    expect(inUse(this.#all).cores).toBeLessThanOrEqual(this.#rules.capacity.cores);
  }

  end(index: number): void {
    const ending = this.running[index % Math.max(1, this.running.length)];
    if (ending !== undefined)
      this.#put({ ...ending, life: { ...ending.life, phase: 'completed' } });
  }

  #put(record: SessionRecord): void {
    this.#all = this.#all.map((one) => (one.key === record.key ? record : one));
  }
}

describe('order', () => {
  test('sessions start in order of creation, whatever the order they are listed in', () => {
    const all = [session(3, 'queued', 1), session(1, 'queued', 1), session(2, 'queued', 1)];
    expect(chosen(all, rules(2))).toEqual(['s1', 's2']);
  });

  test('memory counts as cores do', () => {
    const all = [
      session(1, 'running', 1, { memoryGiB: 3 }),
      session(2, 'queued', 1, { memoryGiB: 2 }),
    ];
    expect(chosen(all, rules(8, 4))).toEqual([]);
  });

  test('decimal cores fill a machine exactly', () => {
    const all = [0.1, 0.2, 0.7].map((cores, index) => session(index, 'queued', cores));
    expect(chosen(all, rules(1))).toHaveLength(3);
  });

  test('users take turns, however many sessions one of them has', () => {
    const machine = new Machine(rules(1));
    for (let index = 0; index < 6; index += 1) machine.submit('a', 1);
    for (let index = 0; index < 3; index += 1) machine.submit('b', 1);
    machine.submit('c', 1);
    while (machine.waiting.length > 0) {
      machine.start();
      machine.end(0);
    }
    expect(machine.started.map(({ owner }) => owner).join('')).toBe('abcababaaa');
  });

  test('who asks for more at once has fewer turns', () => {
    const machine = new Machine(rules(4));
    for (let index = 0; index < 4; index += 1) machine.submit('a', 4);
    for (let index = 0; index < 8; index += 1) machine.submit('b', 1);
    while (machine.waiting.length > 0) {
      machine.start();
      while (machine.running.length > 0) machine.end(0);
    }
    expect(machine.started.map(({ owner }) => owner).join('')).toBe('abbbbabbbbaa');
  });

  test('an absence is not saved up', () => {
    const machine = new Machine(rules(1));
    for (let index = 0; index < 20; index += 1) machine.submit('a', 1);
    for (let index = 0; index < 10; index += 1) {
      machine.start();
      machine.end(0);
    }
    for (let index = 0; index < 5; index += 1) machine.submit('b', 1);
    while (machine.waiting.length > 0) {
      machine.start();
      machine.end(0);
    }
    expect(
      machine.started
        .map(({ owner }) => owner)
        .join('')
        .slice(9, 16),
    ).toMatch(/^(ab){3}a|^a(ba){3}/);
  });
});

describe('past one that finds no room', () => {
  test('nothing goes that could delay it', () => {
    const all = [session(1, 'running', 1), session(2, 'queued', 2), session(3, 'queued', 1)];
    expect(chosen(all, rules(2))).toEqual([]);
  });

  test('what leaves it its room however the others end may go', () => {
    const all = [
      session(1, 'running', 6),
      session(2, 'queued', 4),
      session(3, 'queued', 2),
      session(4, 'queued', 2),
    ];
    // When the six cores are free, four and two fit beside each other; another two would, too.
    expect(chosen(all, rules(8))).toEqual(['s3']);
    expect(chosen([...all.slice(1, 3), session(1, 'running', 5)], rules(8))).toEqual(['s3']);
    // Three of the running ones could end first: then one core would be missing.
    const singles = [1, 2, 3, 4, 5, 6].map((sequence) => session(sequence, 'running', 1));
    expect(
      chosen([...singles, session(7, 'queued', 4), session(8, 'queued', 1)], rules(8)),
    ).toEqual([]);
  });

  test('one that could go but must not is itself not delayed by those after it', () => {
    const all = [
      session(1, 'running', 1),
      session(2, 'queued', 2),
      session(3, 'queued', 1, { owner: 'b' }),
      session(4, 'queued', 1, { owner: 'c' }),
    ];
    expect(chosen(all, rules(2))).toEqual([]);
  });
});

describe('shares of users', () => {
  test('a user who holds a full share waits, and nobody waits for that user', () => {
    const all = [
      session(1, 'running', 2),
      session(2, 'queued', 1),
      session(3, 'queued', 4, { owner: 'b' }),
    ];
    expect(chosen(all, rules(8, 64, { cores: 2 }))).toEqual([]);
    const small = [...all.slice(0, 2), session(3, 'queued', 2, { owner: 'b' })];
    expect(chosen(small, rules(8, 64, { cores: 2 }))).toEqual(['s3']);
    expect(chosen(small, rules(8, 64, { sessions: 1 }))).toEqual(['s3']);
    expect(chosen(small, rules(8, 64, { memory: 1 * gib }))).toEqual(['s3']);
  });

  test('what can never fit is told from what waits', () => {
    expect(neverFits(session(1, 'queued', 4), rules(4))).toBeUndefined();
    expect(neverFits(session(1, 'queued', 8), rules(4, 16))).toBe(
      'It asks for 8 cores and 1 GiB of memory: this platform has 4 cores and 16 GiB of memory',
    );
    expect(neverFits(session(1, 'queued', 3), rules(4, 16, { cores: 2, memory: gib }))).toBe(
      'It asks for 3 cores and 1 GiB of memory: a user of this platform may have 2 cores and 1 GiB',
    );
  });

  test('a session that waits is told for what', () => {
    const waiting = session(2, 'queued', 1);
    const all = [session(1, 'running', 2, { memoryGiB: 4 }), waiting];
    expect(waitingFor(waiting, all, rules(2, 8))).toBe(
      'waiting for 1 cores and 1 GiB of memory: 2 of 2 cores and 4 GiB of 8 GiB are taken',
    );
    expect(waitingFor(waiting, all, rules(8, 8, { cores: 2 }))).toBe(
      'waiting for 1 cores and 1 GiB of memory: your running sessions have ' +
        '2 cores and 4 GiB of memory, which is your share',
    );
    expect(waitingFor(waiting, all, rules(8, 8, { sessions: 1 }))).toContain('have 1 sessions');
    expect(waitingFor(waiting, all, rules(8, 8))).toContain('waiting for its turn');
  });
});

const step = fc.oneof(
  fc.record({
    owner: fc.constantFrom('a', 'b', 'c'),
    cores: fc.integer({ min: 1, max: 8 }),
  }),
  fc.record({ end: fc.nat({ max: 20 }) }),
);

describe('properties', () => {
  test('never more is given than there is, something starts when nothing runs, order is kept', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const machine = new Machine(rules(8));
        for (const one of steps) {
          if ('end' in one) machine.end(one.end);
          else machine.submit(one.owner, one.cores);
          machine.start();
          expect(machine.running.length > 0).toBe(
            machine.running.length + machine.waiting.length > 0,
          );
        }
        // Equal sessions of one user never overtake each other.
        for (const owner of ['a', 'b', 'c']) {
          for (let cores = 1; cores <= 8; cores += 1) {
            const same = machine.started.filter(
              (record) => record.owner === owner && record.resources.cores === cores,
            );
            const order = same.map(({ sequence }) => sequence);
            expect(order).toEqual([...order].sort((one, other) => one - other));
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  test('what is let past a session that waits never makes it start later', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 8 }), { maxLength: 8 });
    const ends = fc.array(fc.nat({ max: 20 }), { minLength: 30, maxLength: 30 });
    fc.assert(
      fc.property(
        sizes,
        fc.integer({ min: 1, max: 8 }),
        sizes,
        ends,
        (before, big, small, order) => {
          /** How many of those that ran before have ended when the big one starts. */
          const startOf = (others: readonly number[]): number => {
            const machine = new Machine(rules(8));
            for (const cores of before) machine.submit('a', cores);
            machine.start();
            const first = new Set(machine.running.map(({ key }) => key));
            const wanted = machine.submit('a', big);
            for (const cores of others) machine.submit('a', cores);
            machine.start();
            for (let ended = 0; ; ended += 1) {
              if (machine.started.some(({ key }) => key === wanted)) return ended;
              // Those let past go on for ever.
              const able = machine.running.flatMap(({ key }, index) =>
                first.has(key) || others.length === 0 || Number(key.slice(1)) <= before.length
                  ? [index]
                  : [],
              );
              const next = able[(order[ended] ?? 0) % Math.max(1, able.length)];
              if (next === undefined) return Number.NaN;
              machine.end(next);
              machine.start();
            }
          };
          expect(startOf(small)).toBe(startOf([]));
        },
      ),
      { numRuns: 150 },
    );
  });

  test('a large session starts however many small ones of others come', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 20 }), { minLength: 60, maxLength: 60 }), (ends) => {
        const machine = new Machine(rules(4));
        for (let index = 0; index < 4; index += 1) machine.submit('b', 1);
        machine.start();
        const large = machine.submit('a', 4);
        for (const end of ends) {
          machine.submit('b', 1);
          machine.submit('c', 1);
          machine.end(end);
          machine.start();
        }
        const place = machine.started.findIndex(({ key }) => key === large);
        expect(place).toBeGreaterThan(0);
        expect(place).toBeLessThan(16);
      }),
      { numRuns: 100 },
    );
  });
});
