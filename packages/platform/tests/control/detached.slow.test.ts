import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { platformLogFile } from '@skaha/service/data.js';
import { describe, expect, onTestFinished, test } from 'vitest';
import { layKeys } from '../../../../scripts/tests/platform-keys.js';
import { describePlatform, stopPlatform } from '../../src/control/client.js';
import { startDetached } from '../../src/control/detached.js';
import { resetPlatform } from '../../src/control/reset.js';
import type { Platform, PlatformDescription } from '../../src/types.js';
import {
  create,
  exists,
  get,
  list,
  logs,
  post,
  send,
  temporaryDirectory,
  until,
  untilStatus,
} from '../fixtures.js';

/** A platform in a process of its own; it is ended with the test. */
async function detached(data: string, more: { port?: number; config?: string } = {}) {
  // These sessions tell the numbers of their processes, which they have only outside of a sandbox.
  const runner = 'process';
  layKeys(data);
  const description = await startDetached({ data, user: 'adastra', port: 0, runner, ...more });
  onTestFinished(async () => {
    await stopPlatform({ data });
  });
  return asPlatform(description);
}

/** The requests of the fixtures need no more than this of a platform. */
const asPlatform = (description: PlatformDescription) =>
  description as unknown as Platform & PlatformDescription;

async function killed(platform: PlatformDescription): Promise<void> {
  process.kill(platform.pid, 'SIGKILL');
  await until(() => !exists(platform.pid));
}

function roomyFile(): string {
  const path = join(temporaryDirectory(), 'config.yaml');
  writeFileSync(path, 'capacity: { cores: 8, memoryGiB: 16 }\nlifetimes: { stopGraceMs: 300 }\n');
  return path;
}

describe('a platform of its own process', () => {
  test('it runs, is described, writes its log, and stops', async () => {
    const data = temporaryDirectory();
    const platform = await detached(data);
    expect(platform).toMatchObject({
      user: 'adastra',
      data,
      url: expect.stringMatching(/^https:/),
    });
    expect(platform.pid).not.toBe(process.pid);
    expect(readFileSync(platform.tokenFile, 'utf8').trim()).toBe(platform.token);
    const id = await create(platform, { cmd: 'echo', args: 'hello' });
    await untilStatus(platform, id, 'Completed');
    const log = readFileSync(platformLogFile(data), 'utf8');
    expect(log).toContain('platform listens on');
    expect(log).not.toContain(platform.token);
    expect(statSync(platformLogFile(data)).mode & 0o777).toBe(0o600);
    await expect(startDetached({ data })).rejects.toMatchObject({
      code: 'platform.already_running',
    });
    expect(await stopPlatform({ data })).toBe(true);
    await until(() => !exists(platform.pid));
    expect(await describePlatform(data)).toBeUndefined();
  });

  test('SIGTERM ends it and its sessions in order', async () => {
    const platform = await detached(temporaryDirectory());
    writeFileSync(join(platform.home, 'long.sh'), 'echo $$ > pid; sleep 600');
    await create(platform, { cmd: 'sh', args: 'long.sh' });
    const path = join(platform.home, 'pid');
    const pid = await until(() => existsSync(path) && Number(readFileSync(path, 'utf8')));
    process.kill(platform.pid, 'SIGTERM');
    await until(() => !exists(platform.pid) && !exists(pid));
  });

  test('why it cannot start is told as if it were started here', async () => {
    const busy = createServer();
    await new Promise<void>((resolve) => busy.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => new Promise((resolve) => busy.close(() => resolve())));
    const address = busy.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    await expect(startDetached({ data: temporaryDirectory(), port })).rejects.toMatchObject({
      name: 'SkahaError',
      code: 'platform.port_in_use',
      hint: expect.stringContaining('--port'),
    });
    const config = join(temporaryDirectory(), 'bad.yaml');
    writeFileSync(config, 'users: 7');
    await expect(startDetached({ data: temporaryDirectory(), config })).rejects.toMatchObject({
      code: 'config.invalid',
    });
    const file = join(temporaryDirectory(), 'file');
    writeFileSync(file, '');
    await expect(startDetached({ data: file })).rejects.toMatchObject({ code: 'platform.storage' });
    const signal = AbortSignal.abort(new Error('never mind'));
    await expect(startDetached({ data: temporaryDirectory(), signal })).rejects.toThrow(
      'never mind',
    );
  });
});

describe('a platform that is killed', () => {
  test('eight running sessions, what waited, what ended: nothing is lost and nothing runs twice', async () => {
    const data = temporaryDirectory();
    const config = roomyFile();
    const first = await detached(data, { config });
    const script =
      'echo "run $N" >> "runs-$N"; while [ ! -e go ]; do sleep 0.02; done; echo "end $N"';
    writeFileSync(join(first.home, 'job.sh'), script);
    const done = await create(first, { cmd: 'echo', args: 'early' });
    await untilStatus(first, done, 'Completed');
    const ids: string[] = [];
    for (let index = 0; index < 12; index += 1) {
      ids.push(
        await create(first, { name: `job-${index}`, cmd: 'sh', args: 'job.sh', env: `N=${index}` }),
      );
    }
    await until(async () => (await list(first, '?status=running')).length === 8);
    await until(() => existsSync(join(first.home, 'runs-7')));
    await killed(first);

    const second = await detached(data, { config });
    const found = await list(second);
    expect(new Set(found.map(({ id }) => id))).toEqual(new Set([...ids, done]));
    expect(await get(second, done)).toMatchObject({ status: 'Completed' });
    expect(await logs(second, done)).toBe('early\n');
    expect((await list(second, '?status=running')).length).toBe(8);
    await killed(second);
    writeFileSync(join(first.home, 'go'), '');
    const claim = join(data, 'sessions', `${ids[7]}.claim`);
    await until(() => existsSync(claim) && /^exit /m.test(readFileSync(claim, 'utf8')));

    const third = await detached(data, { config });
    await until(async () => (await list(third, '?status=completed')).length === 13);
    for (const [index, id] of ids.entries()) {
      expect(await logs(third, id)).toBe(`end ${index}\n`);
      expect(readFileSync(join(first.home, `runs-${index}`), 'utf8')).toBe(`run ${index}\n`);
    }
  });

  test('killed in the middle of creating: every id that was answered is known', async () => {
    const data = temporaryDirectory();
    const config = roomyFile();
    const first = await detached(data, { config });
    const answered: string[] = [];
    const creating = Array.from({ length: 60 }, async (_, index) => {
      const fields = { name: `many-${index}`, cmd: 'printenv', args: 'N', env: `N=${index}` };
      const answer = await post(first, fields).catch(() => undefined);
      if (answer?.status === 200) answered.push(answer.body.trim());
    });
    await until(() => answered.length >= 10);
    await killed(first);
    await Promise.all(creating);
    const second = await detached(data, { config });
    const known = new Set((await list(second)).map(({ id }) => id));
    expect(answered.filter((id) => !known.has(id))).toEqual([]);
    await until(async () => (await list(second)).every(({ status }) => status === 'Completed'));
    for (const { id, name } of await list(second)) {
      expect(await logs(second, id)).toBe(`${name?.replace('many-', '')}\n`);
    }
  });

  test('a deletion that was answered is finished by the next platform', async () => {
    const data = temporaryDirectory();
    const config = roomyFile();
    const first = await detached(data, { config });
    writeFileSync(
      join(first.home, 'deaf.sh'),
      "trap '' TERM; echo $$ > pid; while :; do sleep 0.05; done",
    );
    const id = await create(first, { cmd: 'sh', args: 'deaf.sh' });
    const path = join(first.home, 'pid');
    const pid = await until(() => existsSync(path) && Number(readFileSync(path, 'utf8')));
    await send(first, 'DELETE', `/skaha/v1/session/${id}`);
    await killed(first);
    const second = await detached(data, { config });
    expect(await list(second)).toEqual([]);
    await until(() => !exists(pid));
    await until(() => !existsSync(join(data, 'sessions', id)));
  });

  test('resetting after a kill leaves no process behind', async () => {
    const data = join(temporaryDirectory(), 'data');
    const first = await detached(data);
    writeFileSync(join(first.home, 'long.sh'), 'echo $$ > pid; sleep 600');
    await create(first, { cmd: 'sh', args: 'long.sh' });
    const path = join(first.home, 'pid');
    const pid = await until(() => existsSync(path) && Number(readFileSync(path, 'utf8')));
    await killed(first);
    await resetPlatform(data);
    await until(() => !exists(pid));
    expect(existsSync(data)).toBe(false);
  });
});
