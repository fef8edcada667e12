import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import type { SessionRecord } from '@skaha/engine/sessions/record.js';
import { SessionStore } from '@skaha/engine/store/session-store.js';
import { dataLayout, prepareData } from '@skaha/service/data.js';
import { expect, onTestFinished, test } from 'vitest';
import { layKeys } from '../../../../scripts/tests/platform-keys.js';
import { stopPlatform } from '../../src/control/client.js';
import { startDetached } from '../../src/control/detached.js';
import type { Platform } from '../../src/types.js';
import { list, temporaryDirectory, terminal } from '../fixtures.js';
import { highestMiBOf } from './audit.js';

const sessions = 10_000;
const atOnce = 200;

const finished = (index: number): SessionRecord => ({
  key: `s${String(index).padStart(7, '0')}`,
  id: `s${String(index).padStart(7, '0')}`,
  owner: 'adastra',
  name: `job-${index}`,
  kind: 'headless',
  image: terminal,
  sequence: index + 1,
  createdAt: Date.now(),
  resources: { cores: 1, coresLimit: 1, memory: 2 ** 30, memoryLimit: 2 ** 30, fixed: true },
  workload: { cmd: 'true', env: [] },
  keepSeconds: 86_400,
  life: {
    phase: 'completed',
    deadlineSeconds: 3_600,
    exitStatus: 0,
    admittedAt: Date.now(),
    startedAt: Date.now(),
    finishedAt: Date.now(),
  },
});

test(`${atOnce} lists at once of ${sessions} sessions are answered`, async () => {
  const data = join(temporaryDirectory(), 'data');
  layKeys(data);
  const layout = dataLayout(data);
  prepareData(layout);
  const store = SessionStore.open(layout.database);
  store.together(() => {
    for (let index = 0; index < sessions; index += 1) store.save(finished(index), [], 0);
  });
  store.close();
  const description = await startDetached({ data, port: 0, user: 'adastra', runner: 'process' });
  onTestFinished(async () => {
    await stopPlatform({ data });
  });
  const platform = description as unknown as Platform;
  const before = highestMiBOf(description.pid);
  // As bytes: 200 documents of this size would be more than the test itself has room for.
  const lengths = await Promise.all(Array.from({ length: atOnce }, () => lengthOfList(platform)));
  expect(new Set(lengths).size).toBe(1);
  expect(await list(platform)).toHaveLength(sessions);
  const highestMiB = highestMiBOf(description.pid);
  process.stdout.write(`${JSON.stringify({ sessions, atOnce, before, highestMiB })}\n`);
}, 240_000);

async function lengthOfList({ port, ca, token }: Platform): Promise<number> {
  return await new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, ca: readFileSync(ca), agent: false };
    const headers = { authorization: `Bearer ${token}` };
    request({ ...options, path: '/skaha/v1/session', headers }, (incoming) => {
      let length = 0;
      incoming.on('data', (chunk: Buffer) => {
        length += chunk.length;
      });
      incoming.on('error', reject);
      incoming.on('end', () => resolve(incoming.statusCode === 200 ? length : -1));
    })
      .on('error', reject)
      .end();
  });
}
