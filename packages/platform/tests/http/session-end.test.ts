import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { create, send, testPlatform, untilStatus } from '../fixtures.js';

test('who asks to wait is told of the end when there is one', async () => {
  const platform = await testPlatform();
  const script = 'while [ ! -e "$1.go" ]; do sleep 0.02; done\n';
  writeFileSync(join(platform.home, 'job.sh'), script);
  const [first = '', second = ''] = [
    await create(platform, { cmd: 'sh', args: 'job.sh first' }),
    await create(platform, { cmd: 'sh', args: 'job.sh second' }),
  ];
  await untilStatus(platform, first, 'Running');
  const path = (id: string) => `/skaha/v1/session/${id}`;
  const hastily = await send(platform, 'GET', path(first));
  expect(hastily.headers).toMatchObject({ 'accept-wait': expect.stringMatching(/^\d+$/) });
  expect(hastily.headers).not.toHaveProperty('preference-applied');
  // Whoever has seen a list need not look at one session to know.
  const list = await send(platform, 'GET', '/skaha/v1/session');
  expect(list.headers['accept-wait']).toBe(hastily.headers['accept-wait']);

  const headers = { prefer: 'respond-async, wait=5' };
  const patient = send(platform, 'GET', path(first), { headers });
  const deleted = send(platform, 'GET', path(second), { headers });
  writeFileSync(join(platform.home, 'first.go'), '');
  const told = await patient;
  expect(JSON.parse(told.body)).toMatchObject({ id: first, status: 'Completed' });
  expect(told.headers['preference-applied']).toBe('wait=5');
  await send(platform, 'DELETE', path(second));
  expect((await deleted).status).toBe(404);

  const over = await send(platform, 'GET', path(first), { headers });
  expect(JSON.parse(over.body)).toMatchObject({ status: 'Completed' });
});
