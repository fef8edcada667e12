import { expect, test } from 'vitest';
import {
  type BatchOptions,
  type BatchOutcome,
  type BatchSpec,
  batchState,
  memoryJournal,
  runBatch,
} from '../../src/batch/index.js';
import { image, replicaIds, type StandIn, standIn } from './stand-in.js';

const job: BatchSpec = { name: 'job', image, cmd: 'true' };

async function launch(
  world: StandIn,
  spec: Partial<BatchSpec>,
  options: BatchOptions = {},
): Promise<BatchOutcome[]> {
  const all: BatchOutcome[] = [];
  for await (const one of runBatch(world.connect(), { ...job, ...spec }, options)) all.push(one);
  return all;
}

/** A server that takes three launches in one request. */
async function threeAtOnce(): Promise<StandIn> {
  const world = await standIn();
  world.together = 3;
  return world;
}

const posted = ({ server }: StandIn): string[] =>
  server.received.flatMap(({ method, path }) =>
    method === 'POST' ? [path.slice(path.lastIndexOf('/'))] : [],
  );

const results = (outcomes: readonly BatchOutcome[]) =>
  outcomes.map(({ index, result }) => `${index} ${result}`).sort();

test('launches go together where the platform takes them so, each once and with its own outcome', async () => {
  await using world = await threeAtOnce();
  const journal = memoryJournal();
  const outcomes = await launch(world, { array: '5-11' }, { journal });
  expect(posted(world).sort()).toEqual(['/launches', '/launches', '/session']);
  expect(replicaIds(world.sessions)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(outcomes.map(({ index, id }) => [index, id]).sort()).toEqual(
    world.sessions.map(({ id, name }) => [Number(name.slice('job-'.length)), id]).sort(),
  );
  const state = batchState(await journal.read());
  expect(state?.items.map(({ phase, attempts }) => [phase, attempts])).toEqual(
    Array.from({ length: 7 }, () => ['launched', 1]),
  );
});

test('what one request would be too large for goes in several', async () => {
  await using world = await threeAtOnce();
  const rows = ['a', 'b', 'c'].map((letter) => ({ TEXT: letter.repeat(100_000) }));
  await launch(world, { rows });
  expect(posted(world).sort()).toEqual(['/launches', '/session']);
  expect(replicaIds(world.sessions)).toEqual([1, 2, 3]);
});

test('one that is refused among others is refused in the words of the platform', async () => {
  await using world = await threeAtOnce();
  // Once among the others, and once by itself.
  world.fates = ['ok', 'reject', 'ok', 'reject'];
  const outcomes = await launch(world, { replicas: 3 });
  expect(results(outcomes)).toEqual(['1 launched', '2 rejected', '3 launched']);
  expect(outcomes.find(({ index }) => index === 2)?.error).toMatchObject({
    code: 'request.rejected',
    serverMessage: 'no luck',
  });
  expect(replicaIds(world.sessions)).toEqual([1, 3]);
});

test('a reply that is lost is asked for again by the same names: nothing is launched twice', async () => {
  await using world = await threeAtOnce();
  world.manyFates = ['lost'];
  const outcomes = await launch(world, { replicas: 3 });
  expect(posted(world)).toEqual(['/launches', '/launches']);
  expect(outcomes.map(({ result, found }) => [result, found])).toEqual(
    Array.from({ length: 3 }, () => ['launched', false]),
  );
  expect(replicaIds(world.sessions)).toEqual([1, 2, 3]);
});

test('one that stays lost is looked for by name', async () => {
  for (const fate of ['lost', 'broken'] as const) {
    await using world = await threeAtOnce();
    world.manyFates = [fate, fate];
    const outcomes = await launch(world, { replicas: 3 });
    expect(outcomes.map(({ result, found }) => [result, found])).toEqual(
      Array.from({ length: 3 }, () => ['launched', true]),
    );
    expect(replicaIds(world.sessions)).toEqual([1, 2, 3]);
  }
});

test('no more are launched than may exist unfinished at the same time', async () => {
  await using world = await threeAtOnce();
  let most = 0;
  world.statusOf = ({ status }) => {
    const running = world.sessions.filter((one) => one.status === 'Running').length;
    most = Math.max(most, running);
    return status === 'Running' && running > 0 ? 'Completed' : status;
  };
  const outcomes = await launch(world, { replicas: 6 }, { maxActive: 2, intervalMs: 10 });
  expect(outcomes.filter(({ result }) => result === 'launched')).toHaveLength(6);
  expect(most).toBe(2);
});
