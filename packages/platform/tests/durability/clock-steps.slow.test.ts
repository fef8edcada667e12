import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dataLayout } from '@skaha/service/data.js';
import { expect, onTestFinished, test } from 'vitest';
import { describePlatform, stopPlatform } from '../../src/control/client.js';
import { startDetached } from '../../src/control/detached.js';
import { holderOf } from '../../src/control/holder.js';
import type { Platform, PlatformDescription } from '../../src/types.js';
import { create, exists, list, temporaryDirectory, until, untilStatus } from '../fixtures.js';

const program = fileURLToPath(new URL('../../dist/server.js', import.meta.url));
const probe = spawnSync('faketime', ['-m', '-f', '+1d', 'true']);
/** Pauses go by the clock that no step changes, as they do on a machine whose clock is set. */
const faked = { ...process.env, FAKETIME_DONT_FAKE_MONOTONIC: '1', NO_FAKE_STAT: '1' };
const obstacle = probe.status === 0 ? undefined : 'faketime is not installed';
const why = obstacle === undefined ? '' : ` (skipped: ${obstacle})`;

test.skipIf(obstacle !== undefined)(
  `a data directory outlives a clock that was ahead, and one that was behind${why}`,
  async () => {
    const data = join(temporaryDirectory(), 'data');
    mkdirSync(data, { mode: 0o700 });
    // A step of weeks must not be what ends the list of a session.
    const config = `${data}.yaml`;
    writeFileSync(config, 'lifetimes: { keepHeadlessSeconds: 100000000 }\n');
    const options = { data, config, port: 0, user: 'adastra', runner: 'process' } as const;
    onTestFinished(async () => {
      await stopPlatform({ data });
    });
    const known: string[] = [];
    for (const step of ['+700d', '+0d', '-20d', '+3d', '+0d']) {
      if (step === '+0d') {
        const platform = (await startDetached(options)) as unknown as Platform;
        const ids = (await list(platform)).map(({ id }) => id);
        for (const id of known) expect(ids).toContain(id);
        const id = await create(platform, { cmd: 'true' });
        await untilStatus(platform, id, 'Completed');
        await stopPlatform({ data });
        continue;
      }
      const words = ['-m', '-f', step, process.execPath, program, JSON.stringify(options)];
      const child = spawn('faketime', words, { env: faked, stdio: 'ignore' });
      onTestFinished(() => void child.kill('SIGKILL'));
      // Its certificates may not be valid for us, who live at another time: it is asked below.
      const ready = await until(async () => {
        const found = await describeOrNot(data);
        return step === '-20d' && found?.ca === undefined ? undefined : found;
      });
      if (step === '-20d') known.push(await create(asPlatform(ready), { cmd: 'sleep', args: '0' }));
      // The program that fakes the time is another process than the platform.
      const pid = await until(() => holderOf(dataLayout(data)));
      process.kill(pid, 'SIGTERM');
      await until(() => !exists(pid));
    }
  },
  120_000,
);

const asPlatform = (description: PlatformDescription) => description as unknown as Platform;

const describeOrNot = async (data: string) =>
  await describePlatform(data).catch((error: { code?: string }) => {
    // It runs, but nobody at this time believes its certificate.
    if (error.code === 'platform.already_running') return {} as PlatformDescription;
    throw error;
  });
