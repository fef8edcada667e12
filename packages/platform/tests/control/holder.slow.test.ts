import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { dataLayout } from '@skaha/service/data.js';
import { expect, onTestFinished, test } from 'vitest';
import { layKeys } from '../../../../scripts/tests/platform-keys.js';
import { describePlatform, stopPlatform } from '../../src/control/client.js';
import { startDetached } from '../../src/control/detached.js';
import { holderOf } from '../../src/control/holder.js';
import { exists, temporaryDirectory, until } from '../fixtures.js';

const options = { port: 0, user: 'adastra', runner: 'process' } as const;

test('a platform that lost its files is found by its lock, described and stopped', async () => {
  const data = join(temporaryDirectory(), 'data');
  layKeys(data);
  const { pid } = await startDetached({ ...options, data });
  onTestFinished(async () => void (await stopPlatform({ data })));
  for (const lost of ['private/server.json', 'ca.pem']) {
    rmSync(join(data, lost));
    expect(await describePlatform(data)).toMatchObject({ pid, data });
  }
  rmSync(join(data, 'private/server.json'));
  await expect(startDetached({ ...options, data })).rejects.toMatchObject({
    code: 'platform.already_running',
  });
  rmSync(join(data, 'private/server.json'));
  expect(await stopPlatform({ data })).toBe(true);
  await until(() => !exists(pid));
  expect(await describePlatform(data)).toBeUndefined();
});

test('one that does not answer is named with its process', async () => {
  const data = join(temporaryDirectory(), 'data');
  layKeys(data);
  const { pid } = await startDetached({ ...options, data });
  onTestFinished(async () => {
    if (exists(pid)) process.kill(pid, 'SIGCONT');
    await stopPlatform({ data });
  });
  process.kill(pid, 'SIGSTOP');
  await expect(describePlatform(data)).rejects.toMatchObject({
    code: 'platform.already_running',
    message: expect.stringContaining(`as process ${pid}, and does not answer`),
  });
  process.kill(pid, 'SIGCONT');
  expect(await describePlatform(data)).toMatchObject({ pid });
});

test('a start that is given up leaves no process', async () => {
  for (const milliseconds of [20, 200, 600]) {
    const data = join(temporaryDirectory(), 'data');
    const signal = AbortSignal.timeout(milliseconds);
    const started = await startDetached({ ...options, data, signal }).catch(() => undefined);
    if (started === undefined) expect(await holderOf(dataLayout(data))).toBeUndefined();
    else await stopPlatform({ data });
  }
});
