import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isInstalled } from '@skaha/engine/kinds/plan.js';
import { sessionPath } from '@skaha/platform-local/plain-process.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Platform } from '../../src/types.js';
import { create, discard, logs, openPlatform, roomy, send, untilStatus } from '../fixtures.js';
import { image, machineMounts } from '../runners/container/engine.js';
import { skipWithoutPodman, startPodman, type TestPodman } from '../runners/container/podman.js';
import { compute } from './kernel.js';

const has = (program: string) => isInstalled(program, sessionPath());

describe.skipIf(skipWithoutPodman())('kinds with a page, runner container', () => {
  let podman: TestPodman;
  let platform: Platform;

  beforeAll(async () => {
    podman = await startPodman();
    const data = mkdtempSync(join(tmpdir(), 'skaha-platform-'));
    const config = {
      ...roomy,
      runner: 'container' as const,
      container: { ...podman.settings, mounts: [...machineMounts] },
      images: [{ id: image, types: ['notebook'] }],
    };
    platform = await openPlatform({ data, port: 0, user: 'adastra', config });
  });

  afterAll(async () => {
    await platform?.stop();
    await podman?.stop();
    if (platform !== undefined) await discard(platform.data);
  });

  test('the Jupyter server of an image is reached through the platform', async ({ skip }) => {
    skip(!has('jupyter-notebook') && !has('jupyter-lab'), 'no Jupyter server is installed');
    const id = await create(platform, { type: 'notebook', image });
    const session = await untilStatus(platform, id, 'Running', 'Failed');
    expect(session.status, await logs(platform, id)).toBe('Running');
    const code = 'import os; print(os.getcwd(), os.environ["HOME"])';
    expect(await compute(platform, id, code)).toBe('/arc/home/adastra /arc/home/adastra\n');
    const opened = await send(platform, 'GET', `/session/notebook/${id}/`, { token: null });
    expect(opened.status).toBe(401);
  });
});
