import { describe, expect, test } from 'vitest';
import {
  type BatchOptions,
  type BatchOutcome,
  type BatchSpec,
  batchState,
  memoryJournal,
  runBatch,
} from '../../src/batch/index.js';
import { rejection } from '../fixtures.js';
import { image, type StandIn, standIn } from './stand-in.js';

async function launch(world: StandIn, spec: Partial<BatchSpec>, options: BatchOptions) {
  const all: BatchOutcome[] = [];
  const outcomes = runBatch(world.connect(), { name: 'job', image, cmd: 'true', ...spec }, options);
  for await (const outcome of outcomes) all.push(outcome);
  return all;
}

describe('parameters', () => {
  test('are with each outcome and each item, also after the journal was written', async () => {
    await using world = await standIn();
    const journal = memoryJournal();
    const rows = [
      { BAND: 'r', SEED: 1, Z: 0.1 },
      { BAND: 'g', SEED: 12345678901234567890n, Z: 1e-7 },
      { BAND: 'i', SEED: '1.10', Z: -0 },
    ];
    const texts = [
      { BAND: 'r', SEED: '1', Z: '0.1' },
      { BAND: 'g', SEED: '12345678901234567890', Z: '1e-7' },
      { BAND: 'i', SEED: '1.10', Z: '-0' },
    ];
    const told = await launch(world, { rows }, { journal });
    expect([...told].sort((a, b) => a.index - b.index).map(({ row }) => row)).toEqual(texts);
    const state = batchState(JSON.parse(JSON.stringify(await journal.read())));
    expect(state?.items.map(({ row }) => row)).toEqual(texts);
    expect(world.sessions.map(({ env }) => env.slice(0, 3)).sort()).toEqual(
      texts.map((row) => Object.entries(row).map(([name, value]) => `${name}=${value}`)).sort(),
    );
  });

  test('of an array are its values', async () => {
    await using world = await standIn();
    const told = await launch(world, { array: '7,9' }, { concurrency: 1 });
    expect(told.map(({ row }) => row)).toEqual([{ ARRAY_INDEX: '7' }, { ARRAY_INDEX: '9' }]);
  });

  test.each([
    [2 ** 53, /Row 1: the value of A has more digits/],
    [Number.NaN, /which is not a number/],
    [Number.POSITIVE_INFINITY, /which is not a number/],
    [null, /must be text, a number/],
  ])('that would lose something are refused: %s', async (value, message) => {
    await using world = await standIn();
    const refused = await rejection(launch(world, { rows: [{ A: value as number }] }, {}));
    expect(refused).toMatchObject({ code: 'request.invalid' });
    expect((refused as Error).message).toMatch(message);
    expect(world.server.received).toEqual([]);
  });
});
