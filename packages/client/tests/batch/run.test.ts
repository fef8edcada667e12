import { describe, expect, test } from 'vitest';
import {
  type BatchOptions,
  type BatchOutcome,
  type BatchPlan,
  type BatchSpec,
  batchState,
  cancelBatch,
  checkBatch,
  memoryJournal,
  missingItems,
  resumeBatch,
  runBatch,
} from '../../src/batch/index.js';
import { rejection, testPlatform } from '../fixtures.js';
import { image, replicaIds, type StandIn, standIn } from './stand-in.js';

const job: BatchSpec = { name: 'job', image, cmd: 'true' };

async function collect(outcomes: AsyncGenerator<BatchOutcome, unknown>): Promise<BatchOutcome[]> {
  const all: BatchOutcome[] = [];
  for await (const outcome of outcomes) all.push(outcome);
  return all;
}

const launch = (world: StandIn, spec: Partial<BatchSpec>, options: BatchOptions = {}) =>
  collect(runBatch(world.connect(), { ...job, ...spec }, options));

const results = (outcomes: readonly BatchOutcome[]) =>
  outcomes.map(({ index, result }) => `${index} ${result}`).sort();

const envOf = (world: StandIn) => world.sessions.map(({ env }) => env);

describe('what a batch launches', () => {
  test('one session for each value of an array, with its place and its value', async () => {
    await using world = await standIn();
    const outcomes = await launch(
      world,
      { array: '10-12', env: { BAND: 'r' } },
      { concurrency: 1 },
    );
    expect(results(outcomes)).toEqual(['1 launched', '2 launched', '3 launched']);
    expect(outcomes.map(({ name }) => name)).toEqual(['job-1', 'job-2', 'job-3']);
    expect(envOf(world)[1]).toEqual([
      'BAND=r',
      'ARRAY_INDEX=11',
      'REPLICA_ID=2',
      'REPLICA_COUNT=3',
    ]);
  });

  test('one session for each row, with its columns', async () => {
    await using world = await standIn();
    await launch(world, { rows: [{ BAND: 'g' }, { BAND: 'r', SEED: '4' }] }, { concurrency: 1 });
    expect(envOf(world)[1]).toEqual(['BAND=r', 'SEED=4', 'REPLICA_ID=2', 'REPLICA_COUNT=2']);
  });

  test('more than the 512 replicas of one create', async () => {
    await using world = await standIn();
    const outcomes = await launch(world, { array: '0-599' });
    expect(outcomes.length).toBe(600);
    expect(replicaIds(world.sessions)).toEqual(Array.from({ length: 600 }, (_, at) => at + 1));
  });

  test('nothing when anything is wrong; the row is named', async () => {
    await using world = await standIn();
    const rows = [{ BAND: 'g' }, { BAND: 'a=b' }, { BAND: '$x' }];
    const error = await rejection(launch(world, { rows }));
    expect(error).toMatchObject({ code: 'request.invalid' });
    expect((error as Error).message).toMatch(/^Row 2: .*"=".* Row 3: .*dollar/);
    expect(world.server.received).toEqual([]);
  });
});

describe('the plan of a batch', () => {
  test('is told once, before anything is sent, and is what is sent', async () => {
    await using world = await standIn();
    const plans: BatchPlan[] = [];
    const onPlanned = (plan: BatchPlan) => {
      expect(world.sessions).toEqual([]);
      plans.push(plan);
    };
    await launch(world, { array: '10-12' }, { concurrency: 1, onPlanned });
    expect(plans.length).toBe(1);
    const planned = plans[0]?.requests.map(({ form }) =>
      form.flatMap(([field, value]) => (field === 'env' ? [value] : [])),
    );
    expect(planned).toEqual(envOf(world));
  });

  test('can be refused: then nothing is sent, and nothing is in the journal', async () => {
    await using world = await standIn();
    const journal = memoryJournal();
    const refusal = new Error('not these');
    const onPlanned = () => {
      throw refusal;
    };
    expect(await rejection(launch(world, { replicas: 2 }, { journal, onPlanned }))).toBe(refusal);
    expect(world.sessions).toEqual([]);
    expect(await journal.read()).toEqual([]);
  });

  test('is checked without asking: the same is wrong as when it is launched', async () => {
    await using world = await standIn();
    const wrong: BatchSpec = { ...job, rows: [{ BAND: 'g' }, { BAND: 'a=b' }] };
    const error = await rejection(launch(world, wrong));
    expect(() => checkBatch(wrong)).toThrow((error as Error).message);
    expect(() => checkBatch({ ...job, rows: [{ BAND: 'g' }] })).not.toThrow();
  });
});

test('the client offers it, on a real platform', async () => {
  await using world = await testPlatform();
  const outcomes = await collect(
    world.client.batch({ ...job, array: '1-3' }, { until: 'finished' }),
  );
  expect(results(outcomes)).toEqual(
    [1, 2, 3].flatMap((index) => [`${index} completed`, `${index} launched`]),
  );
});

describe('an answer that is lost', () => {
  test('its session is found by name, and a namesake of old is not taken for it', async () => {
    await using world = await standIn();
    const old = world.add('job-2');
    world.fates = ['lost', 'lost'];
    const outcomes = await launch(world, { replicas: 2 });
    expect(outcomes.map(({ found }) => found)).toEqual([true, true]);
    expect(outcomes.map(({ id }) => id)).not.toContain(old.id);
    expect(world.sessions.length).toBe(3);
  });

  test('two new namesakes cannot be told apart: unknown, and not launched again', async () => {
    await using world = await standIn();
    world.fates = ['lost'];
    const journal = memoryJournal();
    const append = journal.append;
    // Somebody else launches a session of that name at the same moment.
    journal.append = async (record) => {
      await append(record);
      if (record.type === 'intent') world.add('job');
    };
    const [outcome] = await launch(world, {}, { journal });
    expect(outcome).toMatchObject({
      result: 'unknown',
      error: { code: 'session.outcome_unknown' },
    });
    expect(world.sessions.length).toBe(2);
  });

  test('after a long outage its session may have come and gone: unknown, unless told otherwise', async () => {
    await using world = await standIn();
    const journal = memoryJournal();
    await launch(world, { replicas: 2 }, { journal });
    const records = await journal.read();
    const torn = records.filter((record) => record.type !== 'outcome' || record.item !== 2);
    world.sessions.length = 0;
    world.clock.advance(2 * 3_600_000);
    const again = memoryJournal(torn);
    const outcomes = await collect(resumeBatch(world.connect(), { journal: again }));
    expect(results(outcomes)).toEqual(['2 unknown']);
    expect(world.sessions).toEqual([]);
    expect(missingItems(batchState(await again.read()) ?? { items: [] })).toHaveLength(1);

    const options = { journal: again, resubmitUnknown: true };
    const told = await collect(resumeBatch(world.connect(), options));
    expect(told.map(({ result }) => result)).toEqual(['launched']);
    expect(world.sessions.length).toBe(1);
  });
});

describe('retries', () => {
  test('a rejected launch is tried again after a pause that doubles, so often and no more', async () => {
    await using world = await standIn();
    world.fates = ['reject', 'reject', 'reject', 'reject'];
    const options: BatchOptions = { retries: 2, backoffMs: 1_000, retryOn: ['rejected'] };
    const outcomes = await launch(world, {}, options);
    expect(outcomes.map(({ result }) => result)).toEqual(['retrying', 'retrying', 'rejected']);
    expect(outcomes[2]?.error).toMatchObject({
      code: 'request.rejected',
      serverMessage: 'no luck',
    });
    expect(world.clock.pauses).toEqual([1_000, 2_000]);
    expect(world.fates).toEqual(['reject']);
  });

  test('a failed session is replaced, and the batch waits for its end', async () => {
    await using world = await standIn();
    const journal = memoryJournal();
    world.statusOf = ({ id }) => (id.endsWith('1') ? 'Failed' : 'Completed');
    const outcomes = await launch(world, {}, { retries: 1, backoffMs: 10, journal });
    expect(outcomes.map(({ result }) => result)).toEqual([
      'launched',
      'retrying',
      'launched',
      'completed',
    ]);
    const [item] = batchState(await journal.read())?.items ?? [];
    expect(item).toMatchObject({ attempts: 2, failures: 1, phase: 'completed' });
    expect(item?.earlierIds).toEqual(['s0000001']);
  });

  test('one that fails every time ends as failed', async () => {
    await using world = await standIn();
    world.statusOf = () => 'Failed';
    const outcomes = await launch(world, {}, { retries: 1, backoffMs: 10 });
    expect(outcomes.at(-1)).toMatchObject({ result: 'failed', attempt: 2 });
    expect(world.sessions.length).toBe(2);
  });

  test('what was rejected is launched when the batch is resumed', async () => {
    await using world = await standIn();
    const journal = memoryJournal();
    world.fates = ['reject'];
    await launch(world, { replicas: 3 }, { journal });
    const outcomes = await collect(resumeBatch(world.connect(), { journal }));
    expect(outcomes.map(({ result }) => result)).toEqual(['launched']);
    expect(replicaIds(world.sessions)).toEqual([1, 2, 3]);
    expect(await collect(resumeBatch(world.connect(), { journal }))).toEqual([]);
  });
});

test('never are more active than allowed', async () => {
  await using world = await standIn();
  let most = 0;
  let looks = 0;
  const active = () => world.sessions.filter(({ status }) => status === 'Running').length;
  world.statusOf = ({ id, status }) => {
    most = Math.max(most, active());
    looks += 1;
    return status === 'Running' && (Number(id.slice(1)) + looks) % 3 === 0 ? 'Completed' : status;
  };
  world.fates = ['ok', 'lost', 'ok', 'unavailable', 'drop', 'ok', 'lost'];
  await launch(world, { array: '1-30' }, { maxActive: 4 });
  expect(world.sessions.length).toBe(30);
  expect(most).toBeGreaterThan(2);
  expect(most).toBeLessThanOrEqual(4);
});

test('where the platform tells ends, the next ones are launched without a look being due', async () => {
  await using world = await standIn();
  world.tellsEnds = true;
  // So long a pause does not end by itself.
  await launch(world, { array: '1-6' }, { maxActive: 2, intervalMs: 30_000 });
  expect(world.sessions.map(({ name }) => name)).toEqual(
    [1, 2, 3, 4, 5, 6].map((number) => `job-${number}`),
  );
  const asked = world.server.received.filter(({ headers }) => headers['prefer'] !== undefined);
  expect(asked.length).toBeGreaterThanOrEqual(4);
});

describe('an atomic batch', () => {
  test('is taken back when one launch is rejected, and cannot be resumed', async () => {
    await using world = await standIn();
    world.fates = ['ok', 'lost', 'ok', 'reject'];
    const journal = memoryJournal();
    const outcomes: BatchOutcome[] = [];
    const running = runBatch(world.connect(), { ...job, replicas: 9 }, { journal, atomic: true });
    const error = await rejection(
      (async () => {
        for await (const outcome of running) outcomes.push(outcome);
      })(),
    );
    expect(error).toMatchObject({ code: 'batch.rolled_back', serverMessage: 'no luck' });
    expect(world.sessions).toEqual([]);
    const removed = outcomes.filter(({ result }) => result === 'removed');
    expect(removed.length).toBe(outcomes.filter(({ result }) => result === 'launched').length);
    const again = rejection(collect(resumeBatch(world.connect(), { journal })));
    expect(await again).toMatchObject({ code: 'batch.cancelled' });
  });
});

test('a retried item of an atomic batch leaves none of its failed sessions behind', async () => {
  await using world = await standIn();
  world.statusOf = ({ id }) => (id === 's0000001' ? 'Failed' : 'Running');
  world.fates = ['ok', 'ok', 'reject'];
  const options = { atomic: true, retries: 1, retryOn: ['failed'], backoffMs: 100 } as const;
  const outcomes: BatchOutcome[] = [];
  const error = await rejection(
    (async () => {
      for await (const outcome of runBatch(world.connect(), { ...job, replicas: 2 }, options))
        outcomes.push(outcome);
    })(),
  );
  expect(error).toMatchObject({ code: 'batch.rolled_back' });
  expect(outcomes.filter(({ result }) => result === 'removed').map(({ id }) => id)).toEqual([
    's0000001',
    's0000002',
  ]);
  expect(world.sessions).toEqual([]);
});

test('a platform that says when to come back is not asked earlier', async () => {
  await using world = await standIn();
  world.fates = ['busy', 'busy'];
  const outcomes = await launch(world, { replicas: 1 }, { concurrency: 1 });
  expect(results(outcomes)).toEqual(['1 launched']);
  const long = world.clock.pauses.filter((pause) => pause >= 7000);
  expect(long).toHaveLength(2);
  expect(Math.max(...world.clock.pauses)).toBeLessThan(7_300);
});

describe('ending early', () => {
  test('an abort leaves a journal that can be resumed', async () => {
    await using world = await standIn();
    const abort = new AbortController();
    const reason = new Error('enough');
    const journal = memoryJournal();
    const seen: number[] = [];
    const options = { journal, signal: abort.signal };
    const error = await rejection(
      (async () => {
        for await (const { index } of runBatch(
          world.connect(),
          { ...job, replicas: 20 },
          options,
        )) {
          seen.push(index);
          if (seen.length === 5) abort.abort(reason);
        }
      })(),
    );
    expect(error).toMatchObject({ code: 'request.aborted', cause: reason });
    expect(world.sessions.length).toBeLessThan(20);
    await collect(resumeBatch(world.connect(), { journal }));
    expect(replicaIds(world.sessions)).toEqual(Array.from({ length: 20 }, (_, at) => at + 1));
  });

  test('leaving the loop stops the launching', async () => {
    await using world = await standIn();
    const journal = memoryJournal();
    for await (const outcome of runBatch(world.connect(), { ...job, replicas: 50 }, { journal })) {
      if (outcome.result === 'launched') break;
    }
    const count = world.sessions.length;
    expect(count).toBeLessThan(50);
    expect(batchState(await journal.read())?.items.length).toBe(50);
  });

  test('a credential that is refused ends the batch at once', async () => {
    await using world = await testPlatform();
    const client = world.connect({ token: world.platform.issueToken('ada', -1) });
    const error = await rejection(collect(client.batch({ ...job, replicas: 5 })));
    expect(error).toMatchObject({ code: 'authentication.expired' });
  });

  test('a platform that stays out of reach ends a new batch at once, before its journal', async () => {
    await using world = await standIn();
    const journal = memoryJournal();
    world.failingLists = Number.POSITIVE_INFINITY;
    const error = await rejection(launch(world, { replicas: 2 }, { journal }));
    expect(error).toMatchObject({ code: 'server.unavailable' });
    expect(await journal.read()).toEqual([]);
  });

  test('a platform that refuses in passing for too long ends the batch; it can be resumed', async () => {
    await using world = await standIn();
    const journal = memoryJournal();
    world.fates = Array(200).fill('unavailable');
    const error = await rejection(launch(world, { replicas: 3 }, { journal, patienceMs: 60_000 }));
    expect(error).toMatchObject({ code: 'server.unavailable' });
    world.fates = [];
    await collect(resumeBatch(world.connect(), { journal }));
    expect(replicaIds(world.sessions)).toEqual([1, 2, 3]);
  });
});

describe('cancelling', () => {
  test('deletes what has not finished, what was never answered included', async () => {
    await using world = await standIn();
    const whole = memoryJournal();
    world.fates = ['ok', 'lost'];
    await launch(world, { replicas: 4 }, { journal: whole, concurrency: 1 });
    const records = await whole.read();
    // As if the command had been killed before it knew what became of the second launch.
    const journal = memoryJournal(
      records.filter((record) => record.type !== 'outcome' || record.item !== 2),
    );
    const bystander = world.add('job-2');
    bystander.name = 'other';
    world.statusOf = ({ id, status }) => (id === 's0000001' ? 'Completed' : status);
    const state = await cancelBatch(world.connect(), { journal });
    expect(world.sessions.map(({ id }) => id)).toEqual(['s0000001', bystander.id]);
    expect(state.items.map(({ phase }) => phase)).toEqual([
      'completed',
      'removed',
      'removed',
      'removed',
    ]);
    const again = await cancelBatch(world.connect(), { journal, finished: true });
    expect(again.cancelled).toBe('asked');
    expect(world.sessions.map(({ id }) => id)).toEqual([bystander.id]);
  });

  test('a batch that is over stays as it is, and what it came to is kept', async () => {
    await using world = await standIn();
    const journal = memoryJournal();
    await launch(world, { replicas: 3 }, { journal });
    world.statusOf = ({ id }) => (id === 's0000002' ? 'Failed' : 'Completed');
    const state = await cancelBatch(world.connect(), { journal });
    expect(state.cancelled).toBeUndefined();
    expect(state.items.map(({ phase }) => phase)).toEqual(['completed', 'failed', 'completed']);
    expect(world.sessions).toHaveLength(3);
    expect(await collect(resumeBatch(world.connect(), { journal }))).toEqual([]);
  });

  test('a batch of which something may still be launched is cancelled, whatever has ended', async () => {
    await using world = await standIn();
    const journal = memoryJournal();
    world.fates = ['ok', 'reject'];
    await launch(world, { replicas: 2 }, { journal, concurrency: 1 });
    world.statusOf = () => 'Completed';
    const state = await cancelBatch(world.connect(), { journal });
    expect(state.cancelled).toBe('asked');
    expect(state.items.map(({ phase }) => phase)).toEqual(['completed', 'rejected']);
  });
});

describe('what a batch refuses', () => {
  test('a journal in use, an empty journal, another server', async () => {
    await using world = await standIn();
    await using other = await standIn();
    const journal = memoryJournal();
    const empty = rejection(collect(resumeBatch(world.connect(), { journal })));
    expect(await empty).toMatchObject({ code: 'batch.not_found' });
    await launch(world, {}, { journal });
    const used = rejection(launch(world, {}, { journal }));
    expect(await used).toMatchObject({ code: 'batch.exists' });
    const elsewhere = rejection(collect(resumeBatch(other.connect(), { journal })));
    expect(await elsewhere).toMatchObject({ code: 'batch.other_server' });
  });

  test.each<[string, BatchOptions]>([
    ['retries', { retries: -1 }],
    ['maxActive', { maxActive: 0 }],
    ['backoffMs', { backoffMs: 0.5 }],
    ['concurrency', { concurrency: 1_000 }],
    ['intervalMs', { intervalMs: 1 }],
  ])('%s out of bounds', async (path, options) => {
    await using world = await standIn();
    const error = await rejection(launch(world, {}, options));
    expect(error).toMatchObject({ code: 'request.invalid', issues: [{ path }] });
  });
});
