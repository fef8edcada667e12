import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Phase, SessionRecord } from '../../src/sessions/record.js';
import { admissible, inUse, waitingFor } from '../../src/sessions/scheduling.js';

const gib = 2 ** 30;

function session(sequence: number, phase: Phase, cores: number, memoryGiB = 1): SessionRecord {
  const memory = memoryGiB * gib;
  return {
    key: `s${sequence}`,
    id: `s${sequence}`,
    owner: 'adastra',
    name: 'x',
    kind: 'headless',
    image: 'i',
    sequence,
    createdAt: 0,
    resources: { cores, coresLimit: cores, memory, memoryLimit: memory, fixed: true },
    workload: { env: [] },
    keepSeconds: 1,
    life: { phase, deadlineSeconds: 1 },
  };
}

const keys = (sessions: readonly SessionRecord[]) => sessions.map(({ key }) => key);

test('sessions start in order of creation, whatever the order they are listed in', () => {
  const all = [session(3, 'queued', 1), session(1, 'queued', 1), session(2, 'queued', 1)];
  expect(keys(admissible(all, { cores: 2, memory: 8 * gib }))).toEqual(['s1', 's2']);
});

test('a large session is not overtaken by small ones behind it', () => {
  const all = [session(1, 'running', 1), session(2, 'queued', 2), session(3, 'queued', 1)];
  expect(admissible(all, { cores: 2, memory: 8 * gib })).toEqual([]);
});

test('memory counts as cores do', () => {
  const all = [session(1, 'running', 1, 3), session(2, 'queued', 1, 2)];
  expect(admissible(all, { cores: 8, memory: 4 * gib })).toEqual([]);
});

test('decimal cores fill a machine exactly', () => {
  const all = [0.1, 0.2, 0.7].map((cores, index) => session(index, 'queued', cores));
  expect(admissible(all, { cores: 1, memory: 8 * gib })).toHaveLength(3);
});

test('a session that waits is told for what', () => {
  const waiting = session(2, 'queued', 1);
  const used = inUse([session(1, 'running', 2, 4), waiting]);
  expect(waitingFor(waiting, used, { cores: 2, memory: 8 * gib })).toBe(
    'waiting for 1 cores and 1 GiB of memory: 2 of 2 cores and 4 GiB of 8 GiB are taken',
  );
});

test('never more is given than there is, and something starts when nothing runs', () => {
  const phases = fc.constantFrom<Phase>('queued', 'queued', 'completed', 'failed');
  const sizes = fc.record({ phase: phases, cores: fc.integer({ min: 1, max: 8 }) });
  fc.assert(
    fc.property(fc.array(sizes, { maxLength: 20 }), (drawn) => {
      const all = drawn.map(({ phase, cores }, index) => session(index, phase, cores));
      const chosen = admissible(all, { cores: 8, memory: 1000 * gib });
      const total = chosen.reduce((sum, { resources }) => sum + resources.cores, 0);
      expect(total).toBeLessThanOrEqual(8);
      expect(chosen.length > 0).toBe(all.some(({ life }) => life.phase === 'queued'));
    }),
  );
});
