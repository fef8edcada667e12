import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import type { Clock } from '@skaha/base/clock.js';
import { expect, test } from 'vitest';
import { withLock } from '../../src/config/lock.js';
import { loadConfiguration } from '../../src/config/read.js';
import { updateConfiguration } from '../../src/config/write.js';
import { configurationFile, failure, sample } from './fixtures.js';
import { buildWriter } from './writer.js';

const note = (banner: boolean) => (draft: { console: { banner?: boolean | undefined } }) => {
  draft.console.banner = banner;
};

/** The id of a process that is certainly over. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  return child.pid ?? 0;
}

/** A clock that jumps ahead instead of sleeping. */
function jumpingClock(start: number): Clock & { slept: number } {
  const clock = {
    slept: 0,
    now: () => start + clock.slept,
    sleep: async (milliseconds: number, signal?: AbortSignal) => {
      signal?.throwIfAborted();
      clock.slept += milliseconds;
    },
  };
  return clock;
}

test('a lock of a process that is over is broken at once', async () => {
  const path = await configurationFile(sample);
  const owner = { pid: await deadPid(), host: hostname(), time: Date.now(), id: 'other' };
  await writeFile(`${path}.lock`, JSON.stringify(owner));
  const clock = jumpingClock(Date.now());
  await updateConfiguration(path, note(false), { clock });
  expect((await loadConfiguration({ path })).configuration.console.banner).toBe(false);
  expect(clock.slept).toBeLessThan(1000);
  expect(await readdir(dirname(path))).toEqual(['config.yaml']);
});

test('many that find the same dead lock break it once, and none is lost', async () => {
  const path = await configurationFile(sample);
  const owner = { pid: await deadPid(), host: hostname(), time: Date.now(), id: 'other' };
  await writeFile(`${path}.lock`, JSON.stringify(owner));
  // As left behind by a process that was killed while it broke the lock.
  await writeFile(`${path}.lock.break`, JSON.stringify(owner));
  await Promise.all(
    Array.from({ length: 12 }, (_, index) =>
      updateConfiguration(path, (draft) => {
        draft.registries[`host${index}`] = { username: 'u', secret: 's' };
      }),
    ),
  );
  const { configuration } = await loadConfiguration({ path });
  expect(Object.keys(configuration.registries)).toHaveLength(13);
  expect(await readdir(dirname(path))).toEqual(['config.yaml']);
});

test('a lock older than a minute is broken, whoever made it', async () => {
  const path = await configurationFile(sample);
  const owner = { pid: process.pid, host: 'elsewhere', time: Date.now() - 61_000, id: 'other' };
  await writeFile(`${path}.lock`, JSON.stringify(owner));
  await updateConfiguration(path, note(false), { clock: jumpingClock(Date.now()) });
  expect((await loadConfiguration({ path })).configuration.console.banner).toBe(false);
});

test('an unreadable lock is judged by the age of its file', async () => {
  const path = await configurationFile(sample);
  await writeFile(`${path}.lock`, '');
  await failure(
    updateConfiguration(path, note(false), { clock: jumpingClock(Date.now()) }),
    'config.unwritable',
  );
  const old = Date.now() / 1000 - 120;
  await utimes(`${path}.lock`, old, old);
  await updateConfiguration(path, note(false), { clock: jumpingClock(Date.now()) });
});

test('a lock that is held is waited for half a minute, then named', async () => {
  const path = await configurationFile(sample);
  const clock = jumpingClock(Date.now());
  await withLock(`${path}.lock`, async () => {
    const error = await failure(
      updateConfiguration(path, note(false), { clock }),
      'config.unwritable',
    );
    expect(error.message).toContain(`${path}.lock`);
    expect(error.retryable).toBe(true);
  });
  expect(clock.slept).toBeGreaterThanOrEqual(30_000);
  expect(await readFile(path, 'utf8')).toBe(sample);
});

test('the wait ends when the signal aborts', async () => {
  const path = await configurationFile(sample);
  const controller = new AbortController();
  await withLock(`${path}.lock`, async () => {
    const waiting = updateConfiguration(path, note(false), { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });
});

test('a lock that was taken over is noticed before anything is written', async () => {
  const path = await configurationFile(sample);
  const thief = { pid: process.pid, host: hostname(), time: Date.now(), id: 'thief' };
  const taken = updateConfiguration(path, async (draft) => {
    note(false)(draft);
    await writeFile(`${path}.lock`, JSON.stringify(thief));
  });
  expect((await failure(taken, 'config.unwritable')).message).toContain('taken over');
  expect(await readFile(path, 'utf8')).toBe(sample);
  expect(JSON.parse(await readFile(`${path}.lock`, 'utf8'))).toEqual(thief);
});

test('many edits in one process take turns', async () => {
  const path = await configurationFile(sample);
  await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      updateConfiguration(path, (draft) => {
        draft.registries[`host${index}`] = { username: 'u', secret: String(index) };
      }),
    ),
  );
  const { configuration } = await loadConfiguration({ path });
  expect(Object.keys(configuration.registries)).toHaveLength(21);
});

test('eight processes that write different keys at once lose nothing', {
  timeout: 90_000,
}, async () => {
  const path = await configurationFile(sample);
  const writer = await buildWriter();
  const rounds = 5;
  const children = Array.from({ length: 8 }, (_, index) =>
    spawn(process.execPath, [writer, path, `p${index}`, String(rounds)], {
      stdio: ['ignore', 'ignore', 'inherit'],
    }),
  );
  const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0]));
  expect(codes).toEqual(Array(8).fill(0));
  const { configuration } = await loadConfiguration({ path });
  expect(Object.keys(configuration.registries).sort()).toEqual(
    [
      'images.canfar.net',
      ...Array.from({ length: 8 }, (_, index) =>
        Array.from({ length: rounds }, (_round, round) => `p${index}-${round}`),
      ).flat(),
    ].sort(),
  );
  const text = await readFile(path, 'utf8');
  expect(text.startsWith('# My settings')).toBe(true);
  expect(await readdir(dirname(path))).toEqual(['config.yaml']);
});

test('S2: a killed process leaves the old or the new file, and the next can write', {
  timeout: 90_000,
}, async () => {
  const path = await configurationFile(sample);
  const writer = await buildWriter();
  for (let round = 0; round < 6; round += 1) {
    const child = spawn(process.execPath, [writer, path, `k${round}`, '100000'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    // Killed at a different write each time, without any regard to what it is doing.
    let written = 0;
    for await (const chunk of child.stdout) {
      written += String(chunk).length;
      if (written >= 2 + round) child.kill('SIGKILL');
    }
    const { configuration } = await loadConfiguration({ path });
    const mine = Object.keys(configuration.registries).filter((name) =>
      name.startsWith(`k${round}-`),
    );
    expect(mine.length).toBeGreaterThanOrEqual(2 + round);
    expect(configuration['future']).toEqual({ wonder: [1, 2] });
    await updateConfiguration(path, note(round % 2 === 0));
  }
  expect((await readdir(dirname(path))).filter((name) => name.endsWith('.new'))).toEqual([]);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});
