import { expect, test } from 'vitest';
import { platformResources } from '../../src/context.js';
import { registryHosts } from '../../src/repository.js';
import { coreFor, JumpingClock, rejection, testPlatform, testServer } from '../fixtures.js';

test('a platform says what may be requested', async () => {
  await using world = await testPlatform();
  const resources = await world.client.context.resources();
  expect(resources.cores.options).toContain(1);
  expect(resources.memoryGiB.options).toContain(1);
  expect(resources.maxInteractiveSessions).toBeTypeOf('number');
});

test('for checks it is asked once in five minutes', async () => {
  const quantity = { default: 1, defaultRequest: 1, defaultLimit: 1, options: [1] };
  const body = JSON.stringify({ cores: quantity, memoryGB: quantity, gpus: { options: [] } });
  await using server = await testServer(() => ({ body }));
  const clock = new JumpingClock();
  const core = coreFor(server.url, { clock });
  const first = await platformResources(core, {});
  expect(await platformResources(core, {})).toBe(first);
  expect(server.received.length).toBe(1);
  clock.advance(300_001);
  await platformResources(core, {});
  expect(server.received.length).toBe(2);
  await core.close();
});

test('a list of registries that is none is refused', async () => {
  await using server = await testServer(() => ({ body: '[1]' }));
  const core = coreFor(server.url);
  expect(await rejection(registryHosts(core, {}))).toMatchObject({ code: 'response.invalid' });
  await core.close();
});
