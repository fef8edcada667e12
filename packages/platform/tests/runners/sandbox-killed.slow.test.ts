import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sandboxObstacle } from '@skaha/platform-local/sandbox/probe.js';
import { expect, onTestFinished, test } from 'vitest';
import { layKeys } from '../../../../scripts/tests/platform-keys.js';
import { stopPlatform } from '../../src/control/client.js';
import { startDetached } from '../../src/control/detached.js';
import type { Platform, PlatformDescription } from '../../src/types.js';
import {
  create,
  events,
  exists,
  get,
  logs,
  temporaryDirectory,
  until,
  untilStatus,
} from '../fixtures.js';

const obstacle = await sandboxObstacle();
const reason = obstacle === undefined ? '' : ` (skipped: ${obstacle})`;

/** A platform with sandboxes in a process of its own. */
async function detached(data: string) {
  const config = `${data}.yaml`;
  if (!existsSync(config)) writeFileSync(config, 'capacity: { cores: 8, memoryGiB: 64 }\n');
  layKeys(data);
  const description = await startDetached({
    data,
    config,
    port: 0,
    user: 'adastra',
    runner: 'sandbox' as const,
  });
  // The requests of the fixtures need no more than this of a platform.
  return description as unknown as Platform & PlatformDescription;
}

test.skipIf(obstacle !== undefined)(
  `sandboxes outlive a platform that is killed${reason}`,
  async () => {
    const data = temporaryDirectory();
    onTestFinished(async () => {
      await stopPlatform({ data });
    });
    const first = await detached(data);
    const script = (name: string) =>
      writeFileSync(
        join(first.home, `${name}.sh`),
        `echo up; touch ${name}.up; while [ ! -e ${name}.go ]; do sleep 0.02; done; echo over; touch ${name}.over; exit 5\n`,
      );
    const names = ['meanwhile', 'later'];
    const ids: string[] = [];
    for (const name of names) {
      script(name);
      ids.push(await create(first, { cmd: 'sh', args: `${name}.sh` }));
    }
    const isThere = (name: string) => existsSync(join(first.home, name));
    await until(() => names.every((name) => isThere(`${name}.up`)));
    process.kill(first.pid, 'SIGKILL');
    await until(() => !exists(first.pid));
    writeFileSync(join(first.home, 'meanwhile.go'), '');
    await until(() => isThere('meanwhile.over'));

    const second = await detached(data);
    const [meanwhile = '', later = ''] = ids;
    await untilStatus(second, meanwhile, 'Failed');
    expect((await get(second, later))?.status).toBe('Running');
    expect(isThere('later.over')).toBe(false);
    writeFileSync(join(first.home, 'later.go'), '');
    await untilStatus(second, later, 'Failed');
    for (const id of ids) {
      expect(await logs(second, id)).toBe('up\nover\n');
      expect(await events(second, id)).toContain('exit status 5');
    }
    expect(readdirSync(join(data, 'scratch'))).toEqual([]);
  },
);
