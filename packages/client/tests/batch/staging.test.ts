import { expect, test } from 'vitest';
import {
  type BatchOptions,
  type BatchOutcome,
  type BatchSpec,
  type BatchStaging,
  memoryJournal,
  resumeBatch,
  runBatch,
  type StagedMove,
} from '../../src/batch/index.js';
import { PartialError, SkahaError } from '../../src/errors/index.js';
import { rejection } from '../fixtures.js';
import { image, standIn } from './stand-in.js';

const job: BatchSpec = { name: 'fit', image, cmd: 'true' };

const rows = [{ BAND: 'g' }, { BAND: 'r' }];

/** Notes what is moved, and how many sessions there were then. */
function mover(
  sessions: readonly unknown[] = [],
  fails: (move: StagedMove) => boolean = () => false,
) {
  const moved: string[] = [];
  const move = async (one: StagedMove) => {
    if (fails(one)) throw new SkahaError('storage.not_found', `There is no ${one.from}.`);
    moved.push(`${one.direction} ${one.from} ${one.to} with ${sessions.length}`);
  };
  return { moved, move };
}

async function all(outcomes: AsyncGenerator<BatchOutcome, unknown>): Promise<string[]> {
  const told: string[] = [];
  for await (const { index, result } of outcomes) told.push(`${index} ${result}`);
  return told;
}

const pairs: Pick<BatchStaging, 'downloads' | 'uploads'> = {
  uploads: [
    { from: '/here/common', to: 'arc:/in/common' },
    { from: '/here/{BAND}.fits', to: 'arc:/in/{BAND}.fits' },
  ],
  downloads: [{ from: 'arc:/out/{name}', to: '/here/{BAND}-{REPLICA_ID}' }],
};

test('inputs are moved once each before anything is launched, outputs when sessions completed', async () => {
  await using world = await standIn();
  world.statusOf = ({ id }) => (id.endsWith('2') ? 'Failed' : 'Completed');
  const { moved, move } = mover(world.sessions);
  const events: string[] = [];
  const staging: BatchStaging = {
    ...{ ...pairs, move },
    onStaged: ({ direction, result, items }) => events.push(`${direction} ${result} ${items}`),
  };
  await all(runBatch(world.connect(), { ...job, rows }, { staging, concurrency: 1 }));
  expect(moved).toEqual([
    'upload /here/common arc:/in/common with 0',
    'upload /here/g.fits arc:/in/g.fits with 0',
    'upload /here/r.fits arc:/in/r.fits with 0',
    expect.stringContaining('download arc:/out/fit-1 /here/g-1'),
  ]);
  expect(events.slice(0, 2)).toEqual(['upload begun fit-1,fit-2', 'upload done fit-1,fit-2']);
  expect(events.at(-1)).toBe('download done fit-1');
});

test('what several items name is fetched once, when all of them have ended', async () => {
  await using world = await standIn();
  let looks = 0;
  world.statusOf = ({ id, status }) => {
    looks += 1;
    return looks > 12 || id.endsWith('1') ? 'Completed' : status;
  };
  const ended: string[] = [];
  const { moved, move } = mover();
  const staging: BatchStaging = {
    downloads: [{ from: 'arc:/out', to: '/here/out' }],
    move: async (one) => {
      ended.push(...world.sessions.map(({ status }) => status));
      await move(one);
    },
  };
  await all(runBatch(world.connect(), { ...job, replicas: 3 }, { staging }));
  expect(moved).toHaveLength(1);
  expect(ended).toEqual(['Completed', 'Completed', 'Completed']);
});

test('a batch goes on with what was not moved, and moves nothing twice', async () => {
  await using world = await standIn();
  const journal = memoryJournal();
  const first = mover([], ({ from }) => from.endsWith('r.fits'));
  const staging = { ...pairs, move: first.move };
  const failure = await rejection(
    all(runBatch(world.connect(), { ...job, rows }, { journal, staging })),
  );
  expect(failure).toMatchObject({ code: 'storage.not_found' });
  expect(world.sessions).toEqual([]);

  // The second time the program stays only until all are launched.
  const second = mover();
  const launching: BatchOptions = { until: 'launched', staging: { move: second.move } };
  await all(resumeBatch(world.connect(), { ...launching, journal }));
  expect(second.moved).toEqual(['upload /here/r.fits arc:/in/r.fits with 0']);
  expect(world.sessions).toHaveLength(2);

  world.statusOf = () => 'Completed';
  const third = mover([], ({ from }) => from.endsWith('fit-1'));
  const partial = await rejection(
    all(resumeBatch(world.connect(), { journal, staging: { move: third.move } })),
  );
  expect(partial).toBeInstanceOf(PartialError);
  expect(partial).toMatchObject({ failed: [{ item: 'arc:/out/fit-1', index: 0 }] });
  expect(third.moved).toEqual(['download arc:/out/fit-2 /here/r-2 with 0']);

  const fourth = mover();
  await all(resumeBatch(world.connect(), { journal, staging: { move: fourth.move } }));
  expect(fourth.moved).toEqual(['download arc:/out/fit-1 /here/g-1 with 0']);
  expect(world.sessions).toHaveLength(2);
});

test('what is no longer listed may have written its outputs', async () => {
  await using world = await standIn();
  const journal = memoryJournal();
  const none = mover();
  const staging = { downloads: pairs.downloads, move: none.move };
  const launching: BatchOptions = { until: 'launched', staging, journal };
  await all(runBatch(world.connect(), { ...job, rows }, launching));
  expect(none.moved).toEqual([]);
  world.sessions.splice(0);
  const later = mover();
  await all(resumeBatch(world.connect(), { journal, staging: { move: later.move } }));
  expect(later.moved).toHaveLength(2);
});

test('placeholders without a value, and places that two would share, are refused first', async () => {
  await using world = await standIn();
  const { move } = mover();
  const run = (downloads: NonNullable<BatchStaging['downloads']>) =>
    rejection(all(runBatch(world.connect(), { ...job, rows }, { staging: { downloads, move } })));
  expect(await run([{ from: 'arc:/{BANDS}', to: 'x' }])).toMatchObject({
    code: 'request.invalid',
    message: expect.stringContaining('{BANDS}'),
    hint: expect.stringContaining('{BAND}'),
  });
  expect(await run([{ from: 'arc:/{name}', to: 'out' }])).toMatchObject({
    message: expect.stringContaining('would both become out'),
  });
  expect(world.sessions).toEqual([]);
  world.statusOf = () => 'Completed';
  const braces = mover();
  const downloads = [{ from: 'arc:/{{{name}}}', to: 'o/{name}{{}}' }];
  await all(runBatch(world.connect(), { ...job, rows }, { staging: { downloads, ...braces } }));
  expect(braces.moved).toContain('download arc:/{fit-1} o/fit-1{} with 0');
});

test('a signal ends what is under way, and the batch can be gone on with', async () => {
  await using world = await standIn();
  const journal = memoryJournal();
  const stop = new AbortController();
  const staging: BatchStaging = {
    uploads: pairs.uploads,
    move: ({ signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
        stop.abort();
      }),
  };
  const options: BatchOptions = { journal, staging, signal: stop.signal };
  const failure = await rejection(all(runBatch(world.connect(), { ...job, rows }, options)));
  expect(failure).toMatchObject({ code: 'request.aborted' });
  const again = mover();
  await all(resumeBatch(world.connect(), { journal, staging: { move: again.move } }));
  expect(again.moved).toHaveLength(3);
  expect(world.sessions).toHaveLength(2);
});
