import fc from 'fast-check';
import { chunk, chunkAsync, stripe, stripeAsync } from 'skaha/distributed';
import { afterEach, describe, expect, test, vi } from 'vitest';

afterEach(() => vi.unstubAllEnvs());

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
const replicas = (total: number) => numbers(total).map((index) => index + 1);
async function* arriving<T>(items: Iterable<T>) {
  yield* items;
}
async function gather<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const sizes = { items: fc.integer({ min: 0, max: 300 }), total: fc.integer({ min: 1, max: 40 }) };

describe('all parts together are the items', () => {
  test.each(['even', 'legacy'] as const)('chunks, split %s, in order', (split) => {
    fc.assert(
      fc.property(sizes.items, sizes.total, (count, total) => {
        const parts = replicas(total).map((replica) => [
          ...chunk(numbers(count), { replica, total, split }),
        ]);
        expect(parts.flat()).toEqual(numbers(count));
        if (split === 'legacy') return;
        const lengths = parts.map(({ length }) => length);
        expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('stripes, each at its distance', () => {
    fc.assert(
      fc.property(sizes.items, sizes.total, (count, total) => {
        const parts = replicas(total).map((replica) => [
          ...stripe(numbers(count), { replica, total }),
        ]);
        parts.forEach((part, position) => {
          expect(part).toEqual(part.map((_, index) => position + index * total));
        });
        expect(parts.flat().sort((a, b) => a - b)).toEqual(numbers(count));
      }),
    );
  });
});

describe('known splits', () => {
  test.each([
    [10, 3, 'legacy', [3, 3, 4]],
    [11, 4, 'legacy', [2, 2, 2, 5]],
    [100, 7, 'legacy', [14, 14, 14, 14, 14, 14, 16]],
    [3, 5, 'legacy', [1, 1, 1, 0, 0]],
    [10, 3, 'even', [4, 3, 3]],
    [11, 4, 'even', [3, 3, 3, 2]],
    [3, 5, 'even', [1, 1, 1, 0, 0]],
    [0, 3, 'even', [0, 0, 0]],
  ] as const)('%i items over %i, %s', (count, total, split, lengths) => {
    expect(
      replicas(total).map(
        (replica) => [...chunk(numbers(count), { replica, total, split })].length,
      ),
    ).toEqual(lengths);
  });
});

describe('any source will do', () => {
  test('iterables that can be read once, and asynchronous ones', async () => {
    const part = { replica: 2, total: 3 };
    expect([...chunk(new Set(numbers(9)), part)]).toEqual([3, 4, 5]);
    expect([...chunk(numbers(9).values(), part)]).toEqual([3, 4, 5]);
    expect([...stripe(numbers(9).values(), part)]).toEqual([1, 4, 7]);
    expect(await gather(chunkAsync(arriving(numbers(9)), part))).toEqual([3, 4, 5]);
    expect(await gather(stripeAsync(arriving(numbers(9)), part))).toEqual([1, 4, 7]);
    expect(await gather(stripeAsync(numbers(9), part))).toEqual([1, 4, 7]);
  });

  test('a stripe reads no further than it is asked to', () => {
    const read: number[] = [];
    function* endless() {
      for (let index = 0; ; index += 1) {
        read.push(index);
        yield index;
      }
    }
    for (const item of stripe(endless(), { replica: 2, total: 3 })) {
      if (item > 3) break;
    }
    expect(read).toEqual([0, 1, 2, 3, 4]);
  });
});

describe('which part', () => {
  test('is told by the session, at the time of the call', () => {
    expect([...chunk(numbers(3))]).toEqual([0, 1, 2]);
    vi.stubEnv('REPLICA_ID', ' 2 ');
    vi.stubEnv('REPLICA_COUNT', '3');
    expect([...chunk(numbers(9))]).toEqual([3, 4, 5]);
    expect([...stripe(numbers(9))]).toEqual([1, 4, 7]);
    expect([...stripe(numbers(9), { replica: 1 })]).toEqual([0, 3, 6]);
  });

  test('what is given makes bad variables harmless', () => {
    vi.stubEnv('REPLICA_ID', 'x');
    vi.stubEnv('REPLICA_COUNT', '');
    expect([...stripe(numbers(4), { replica: 1, total: 2 })]).toEqual([0, 2]);
  });

  test.each([
    { replica: 0, total: 3 },
    { replica: 4, total: 3 },
    { replica: 1, total: 0 },
    { replica: 1.5, total: 3 },
    { replica: Number.NaN, total: 3 },
    { replica: -1, total: -1 },
  ])('%j is refused at once, by all alike', (part) => {
    const refused = expect.objectContaining({ code: 'request.invalid' });
    for (const call of [chunk, stripe, chunkAsync, stripeAsync]) {
      expect(() => call(numbers(6), part)).toThrow(refused);
    }
  });

  test.each(['2.0', 'x', '0', '-1'])('the variable %j is refused', (text) => {
    vi.stubEnv('REPLICA_ID', text);
    expect(() => chunk([])).toThrow('REPLICA_ID');
  });

  test('empty variables are as good as none; one of them alone is refused', () => {
    vi.stubEnv('REPLICA_ID', '');
    expect([...chunk(numbers(2))]).toEqual([0, 1]);
    vi.stubEnv('REPLICA_COUNT', ' ');
    expect([...chunk(numbers(2))]).toEqual([0, 1]);
    vi.stubEnv('REPLICA_COUNT', '3');
    expect(() => chunk([])).toThrow('REPLICA_ID');
    vi.stubEnv('REPLICA_ID', '2');
    vi.stubEnv('REPLICA_COUNT', '');
    expect(() => chunk([])).toThrow('REPLICA_COUNT');
  });

  test('an unknown split is refused', () => {
    expect(() => chunk([], { split: 'odd' as 'even' })).toThrow('split');
  });
});
