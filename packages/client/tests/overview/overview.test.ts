import { Overview, SkahaClient } from 'skaha';
import { describe, expect, test } from 'vitest';
import { testPlatform } from '../fixtures.js';

describe('what a platform says about itself', () => {
  test('anybody may ask, and no credential is sent', async () => {
    await using world = await testPlatform();
    const { overview } = world.client;
    expect(await overview.availability()).toMatchObject({
      available: true,
      note: expect.any(String),
    });
    const [newest] = await overview.capabilities();
    expect(newest).toMatchObject({ baseUrl: world.platform.url, version: 'v1' });
    expect(newest?.modes).toEqual(['x509', 'oidc']);
    expect(world.platform.requests.map(({ path }) => path)).toEqual([
      '/skaha/availability',
      '/skaha/capabilities',
    ]);
    for (const { headers } of world.platform.requests)
      expect(headers).not.toContain('authorization');
  });

  test('it can be asked by itself', async () => {
    await using world = await testPlatform();
    const { url, ca } = world.platform;
    await using overview = new Overview({ url: `${url}/v1`, ca, anonymous: true });
    expect((await overview.availability()).available).toBe(true);
    expect(new SkahaClient()).toHaveProperty('overview');
  });
});
