import { gatherBatch, memoryJournal, recordEnds } from 'skaha/batch';
import { expect, test } from 'vitest';
import { rejection, testPlatform } from '../fixtures.js';
import { image } from './stand-in.js';

test('logs, ends and reasons of a whole batch come in one call', async () => {
  await using world = await testPlatform();
  const journal = memoryJournal();
  const spec = {
    ...{ name: 'many', image, cmd: 'sh', args: ['-c', 'run'] },
    rows: [{ CODE: 0 }, { CODE: 3 }, { CODE: 0 }],
  };
  const { scriptCommand } = await import('skaha');
  const command = scriptCommand('echo code is "$CODE"; exit "$CODE"');
  for await (const _ of world.client.batch({ ...spec, ...command }, { journal }));
  const all = await gatherBatch(world.client, { journal, wait: true, intervalMs: 20 });
  expect(all).toMatchObject([
    { index: 1, name: 'many-1', row: { CODE: '0' }, outcome: 'completed', log: 'code is 0\n' },
    { index: 2, row: { CODE: '3' }, outcome: 'failed', status: 'Failed', log: 'code is 3\n' },
    { index: 3, outcome: 'completed', log: 'code is 0\n' },
  ]);
  expect(all[1]?.reason).toMatchObject({ reason: 'Failed', exitStatus: 3 });
  expect(all[0]?.reason).toBeUndefined();

  // What was learned stays known when the platform has forgotten the sessions.
  await recordEnds(journal, await world.client.sessions.fetch(), 1);
  await world.client.sessions.destroy(all.flatMap(({ id }) => id ?? []));
  const later = await gatherBatch(world.client, { journal });
  expect(later.map(({ outcome }) => outcome)).toEqual(['completed', 'failed', 'completed']);
  expect(later.map(({ log, status }) => [log, status])).toEqual(
    Array.from({ length: 3 }, () => [undefined, undefined]),
  );
});

test('without logs none is read, and an empty journal holds nothing to gather', async () => {
  await using world = await testPlatform();
  const journal = memoryJournal();
  const empty = await rejection(gatherBatch(world.client, { journal }));
  expect(empty).toMatchObject({ code: 'batch.not_found' });
  for await (const _ of world.client.batch({ name: 'one', image, cmd: 'date' }, { journal }));
  const [only] = await gatherBatch(world.client, { journal, logs: false, wait: true });
  expect(only).toMatchObject({ name: 'one', row: {}, outcome: 'completed' });
  expect(only?.log).toBeUndefined();
});
