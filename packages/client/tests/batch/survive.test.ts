import fc from 'fast-check';
import { expect, test } from 'vitest';
import { batchState, memoryJournal, resumeBatch, runBatch } from '../../src/batch/index.js';
import type { BatchJournal } from '../../src/batch/journal.js';
import type { JournalRecord } from '../../src/batch/records.js';
import { type Fate, image, replicaIds, standIn } from './stand-in.js';

class Crash extends Error {}

/** Keeps what was written before a crash; the record of the crash itself may or may not be in it. */
function crashing(records: JournalRecord[], after: number, isWritten: boolean): BatchJournal {
  let left = after;
  return {
    read: async () => [...records],
    append: async (record) => {
      left -= 1;
      if (left > 0 || (left === 0 && isWritten)) records.push(record);
      if (left <= 0) throw new Crash('killed');
    },
  };
}

async function drain(outcomes: AsyncGenerator<unknown, unknown>): Promise<boolean> {
  try {
    while ((await outcomes.next()).done !== true);
    return true;
  } catch (error) {
    if (error instanceof Crash) return false;
    throw error;
  }
}

const fate: fc.Arbitrary<Fate> = fc.constantFrom('ok', 'ok', 'lost', 'drop', 'unavailable', 'late');

test('whenever it is killed, a resumed batch launches each replica exactly once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 12 }),
      fc.array(fate, { maxLength: 40 }),
      fc.array(fc.tuple(fc.integer({ min: 1, max: 20 }), fc.boolean()), { maxLength: 4 }),
      fc.boolean(),
      async (replicas, fates, crashes, hasNamesakes) => {
        await using world = await standIn();
        world.fates = [...fates];
        if (hasNamesakes) for (const index of [1, 2, 5]) world.add(`job-${index}`);
        const old = world.sessions.length;
        const spec = { name: 'job', image, cmd: 'true', replicas };
        const records: JournalRecord[] = [];
        for (const [after, isWritten] of [...crashes, [Number.POSITIVE_INFINITY, true] as const]) {
          const journal = crashing(records, after, isWritten);
          // Each run is another program: it remembers nothing but the journal.
          const client = world.connect();
          const hasBegun = records.length > 0;
          await drain(
            hasBegun ? resumeBatch(client, { journal }) : runBatch(client, spec, { journal }),
          );
        }
        const fresh = world.sessions.slice(old);
        expect(replicaIds(fresh)).toEqual(Array.from({ length: replicas }, (_, at) => at + 1));
        const state = batchState(records);
        expect(state?.items.map(({ phase }) => phase)).toEqual(Array(replicas).fill('launched'));
        const ids = new Map(fresh.map(({ name, id }) => [name, id]));
        for (const { name, id } of state?.items ?? []) expect(id).toBe(ids.get(name));
      },
    ),
    { numRuns: 60 },
  );
}, 120_000);

test('any beginning of a journal is a state: what was acknowledged stays, nothing is made up', async () => {
  await using world = await standIn();
  world.fates = ['ok', 'lost', 'unavailable', 'drop', 'ok', 'late'];
  const spec = { name: 'job', image, cmd: 'true', replicas: 5 };
  const whole = memoryJournal();
  await drain(runBatch(world.connect(), spec, { journal: whole }));
  const records = await whole.read();
  expect(records.length).toBeGreaterThan(12);
  for (let length = 1; length <= records.length; length += 1) {
    const state = batchState(records.slice(0, length));
    expect(state?.items.length).toBe(5);
    // What was acknowledged is never forgotten: sessions only ever join.
    const launched = state?.items.filter(({ phase }) => phase === 'launched') ?? [];
    for (const { id } of launched) expect(world.sessions.map((one) => one.id)).toContain(id);
  }
});
