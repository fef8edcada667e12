import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sandboxObstacle } from '@skaha/platform-local/sandbox/probe.js';
import { describe, expect, test } from 'vitest';
import { startPlatform } from '../../src/platform.js';
import { create, logs, temporaryDirectory, testPlatform, untilStatus } from '../fixtures.js';

/** A data folder, and folders beside it. */
function folders(): (name: string) => string {
  const root = temporaryDirectory();
  const path = (name: string) => join(root, name);
  for (const name of ['data', 'shared/part', 'other']) mkdirSync(path(name), { recursive: true });
  return path;
}

test('a platform does not start with such a mount, whatever runs its sessions', async () => {
  const path = folders();
  for (const runner of ['process', 'auto', 'container'] as const) {
    for (const key of ['sandbox', 'container'] as const) {
      const mounts = [{ source: path('data'), target: '/mnt/x', readOnly: true }];
      const config = { runner, [key]: { mounts } };
      const options = { data: path('data'), port: 0, config };
      await expect(startPlatform(options)).rejects.toMatchObject({
        code: 'config.invalid',
        message: expect.stringContaining(`${key}.mounts`),
      });
    }
  }
});

const obstacle = await sandboxObstacle();

describe.skipIf(obstacle !== undefined)(
  `mounts of sandboxes${obstacle === undefined ? '' : ` (skipped: ${obstacle})`}`,
  () => {
    test('one whose place cannot be made stops the start, and says so', async () => {
      const path = folders();
      const mounts = [{ source: path('other'), target: '/usr/no-such-place' }];
      const config = { runner: 'sandbox' as const, sandbox: { mounts } };
      const start = startPlatform({ data: temporaryDirectory(), port: 0, config });
      await expect(start).rejects.toMatchObject({
        code: 'config.invalid',
        message: expect.stringContaining('/usr/no-such-place'),
      });
    });

    test('others are where the configuration says', async () => {
      const path = folders();
      writeFileSync(path('other/page'), 'read me\n');
      symlinkSync(path('other'), path('link'));
      const mounts = [
        { source: path('link'), target: '/data/atlas', readOnly: true },
        { source: path('shared'), target: '/data/shared' },
      ];
      const config = { capacity: { cores: 8, memoryGiB: 64 }, sandbox: { mounts } };
      const platform = await testPlatform({ runner: 'sandbox', config });
      writeFileSync(join(platform.home, 'job.sh'), 'cat /data/atlas/page; ls /data/shared\n');
      const id = await create(platform, { cmd: 'sh', args: 'job.sh' });
      await untilStatus(platform, id, 'Completed', 'Failed');
      expect(await logs(platform, id)).toBe('read me\npart\n');
      expect(existsSync(path('shared'))).toBe(true);
    });
  },
);
