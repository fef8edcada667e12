import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lineLogger } from '@skaha/service/logger.js';
import { expect, test } from 'vitest';
import { create, events, get, list, send, testPlatform, until, untilStatus } from '../fixtures.js';

const gate = 'while [ ! -e go ]; do sleep 0.02; done';

test('users have their turns in a queue, and stats tell what is taken', async () => {
  const begun: string[] = [];
  const logger = lineLogger((line) => {
    const id = /\((\w+)…\) admitted/.exec(line)?.[1];
    if (id !== undefined) begun.push(id);
  });
  const platform = await testPlatform({
    logger,
    config: {
      capacity: { cores: 1, memoryGiB: 8 },
      users: [{ name: 'guest' }],
      lifetimes: { stopGraceMs: 100 },
    },
  });
  const guest = { token: platform.users[1]?.token ?? '' };
  writeFileSync(join(platform.home, 'gate.sh'), gate);
  const first = await create(platform, { cmd: 'sh', args: 'gate.sh' });
  await untilStatus(platform, first, 'Running');
  const own = [];
  for (let index = 0; index < 3; index += 1) own.push(await create(platform, { cmd: 'true' }));
  const late = await create(platform, { cmd: 'true' }, guest);
  expect(await events(platform, own[0] ?? '')).toContain('1 of 1 cores');
  const stats = JSON.parse((await send(platform, 'GET', '/skaha/v1/session?view=stats')).body);
  expect(stats.cores).toMatchObject({ requestedCPUCores: 1, cpuCoresAvailable: 1 });
  writeFileSync(join(platform.home, 'go'), '');
  for (const id of own) await untilStatus(platform, id, 'Completed');
  expect(begun.map((key) => key.slice(0, 4))).toEqual(
    [first, late, ...own].map((id) => id.slice(0, 4)),
  );
});

test('a user whose share is taken waits and is told so, others do not', async () => {
  const platform = await testPlatform({
    config: {
      capacity: { cores: 4, memoryGiB: 8, perUser: { cores: 1 } },
      users: [{ name: 'guest' }],
      lifetimes: { stopGraceMs: 100 },
    },
  });
  const guest = { token: platform.users[1]?.token ?? '' };
  const first = await create(platform, { cmd: 'sleep', args: '600' });
  await untilStatus(platform, first, 'Running');
  const second = await create(platform, { cmd: 'true' });
  const theirs = await create(platform, { cmd: 'sleep', args: '600' }, guest);
  const tooLarge = await create(platform, { cmd: 'true', cores: '2', ram: '1' });
  expect(await events(platform, second)).toContain('your running sessions have 1 cores');
  expect((await get(platform, second))?.status).toBe('Pending');
  await untilStatus(platform, tooLarge, 'Failed');
  expect(await events(platform, tooLarge)).toContain('a user of this platform may have 1 cores');
  const listed = async () =>
    (await list(platform, '', guest)).map(({ id, status }) => `${id} ${status}`);
  await until(async () => (await listed()).join() === `${theirs} Running`);
  await send(platform, 'DELETE', `/skaha/v1/session/${first}`);
  await untilStatus(platform, second, 'Completed');
});
