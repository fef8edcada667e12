import type { UnlistedKind } from 'skaha';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Images } from '../../src/images.js';
import {
  clientOver,
  coreFor,
  rejection,
  type TestPlatform,
  testPlatform,
  testServer,
} from '../fixtures.js';

let world: TestPlatform;
beforeAll(async () => {
  world = await testPlatform();
});
afterAll(() => world[Symbol.asyncDispose]());

test('images are listed, with their details', async () => {
  const details = await world.client.images.details();
  expect(await world.client.images.fetch()).toEqual(details.map(({ id }) => id));
  expect(details).toContainEqual(
    expect.objectContaining({
      id: 'images.canfar.net/skaha/terminal:1.1.2',
      registry: 'images.canfar.net',
      project: 'skaha',
      name: 'terminal',
      tag: '1.1.2',
      types: expect.arrayContaining(['headless']),
      digest: expect.stringMatching(/^sha256:/),
    }),
  );
});

test('a kind narrows the list; an unknown one is refused', async () => {
  const notebooks = await world.client.images.details({ kind: 'notebook' });
  expect(notebooks.length).toBeGreaterThan(0);
  for (const { types } of notebooks) expect(types).toContain('notebook');
  expect(
    await rejection(world.client.images.fetch({ kind: 'quantum' as UnlistedKind })),
  ).toMatchObject({
    code: 'request.rejected',
    message: expect.stringContaining('quantum'),
  });
});

test('something that is no list is refused', async () => {
  await using server = await testServer(() => ({ body: '{}' }));
  const images = new Images(clientOver(coreFor(server.url)));
  expect(await rejection(images.fetch())).toMatchObject({ code: 'response.invalid' });
});
