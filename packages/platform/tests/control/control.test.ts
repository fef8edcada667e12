import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataLayout } from '@skaha/service/data.js';
import { describe, expect, test } from 'vitest';
import { describePlatform, stopPlatform } from '../../src/control/client.js';
import { resetPlatform } from '../../src/control/reset.js';
import {
  create,
  exists,
  send,
  temporaryDirectory,
  testPlatform,
  until,
  untilStatus,
} from '../fixtures.js';

describe('describing', () => {
  test('a running platform is described to its owner', async () => {
    const platform = await testPlatform();
    const id = await create(platform, { cmd: 'true' });
    await untilStatus(platform, id, 'Completed');
    expect(await describePlatform(platform.data)).toMatchObject({
      url: platform.url,
      ca: platform.ca,
      certificate: platform.certificate,
      token: platform.token,
      tokenFile: platform.tokenFile,
      user: 'adastra',
      home: platform.home,
      data: platform.data,
      pid: process.pid,
      port: platform.port,
      startedAt: platform.startedAt.toISOString(),
      sessions: { Completed: 1 },
    });
  });

  test('a directory without one, with traces of a dead one, or with nonsense has none', async () => {
    expect(await describePlatform(temporaryDirectory())).toBeUndefined();
    const platform = await testPlatform();
    const { server } = dataLayout(platform.data);
    const trace = readFileSync(server, 'utf8');
    await platform.stop();
    expect(existsSync(server)).toBe(false);
    // The number belongs to a living process: ours. It is not believed.
    for (const text of [trace, 'nonsense', '{}', 'null']) {
      writeFileSync(server, text);
      expect(await describePlatform(platform.data)).toBeUndefined();
      expect(await stopPlatform({ data: platform.data })).toBe(false);
    }
  });

  test('another server on the port is not taken for it', async () => {
    const one = await testPlatform();
    const other = await testPlatform();
    const { server } = dataLayout(one.data);
    const trace = JSON.parse(readFileSync(server, 'utf8'));
    await one.stop();
    writeFileSync(server, JSON.stringify({ ...trace, port: other.port }));
    expect(await describePlatform(one.data)).toBeUndefined();
  });
});

describe('control requests', () => {
  test('they need the secret of this start; a user is not enough', async () => {
    const platform = await testPlatform();
    const path = '/control/v1/status';
    for (const token of [null, platform.token]) {
      expect((await send(platform, 'GET', path, { token })).status).toBe(401);
      const stop = await send(platform, 'POST', '/control/v1/stop?sessions=end', { token });
      expect(stop.status).toBe(401);
    }
    const { control } = JSON.parse(readFileSync(dataLayout(platform.data).server, 'utf8'));
    expect((await send(platform, 'GET', path, { token: control })).status).toBe(200);
    expect((await send(platform, 'GET', '/skaha/v1/context', { token: control })).status).toBe(401);
    for (const odd of ['/control/v1/', '/control/v1/stop?sessions=all', '/control/v1/stop']) {
      expect((await send(platform, 'POST', odd, { token: control })).status).toBe(404);
    }
    expect(platform.requests.map((request) => request.path)).toEqual(['/skaha/v1/context']);
  });
});

describe('stopping', () => {
  test('it ends sessions and returns when the port is free', async () => {
    const platform = await testPlatform();
    writeFileSync(join(platform.home, 'long.sh'), 'echo $$ > pid; sleep 600');
    const id = await create(platform, { cmd: 'sh', args: 'long.sh' });
    await untilStatus(platform, id, 'Running');
    const path = join(platform.home, 'pid');
    const pid = await until(() => existsSync(path) && Number(readFileSync(path, 'utf8')));
    expect(await stopPlatform({ data: platform.data })).toBe(true);
    await platform.stopped;
    await until(() => !exists(pid));
    const again = await testPlatform({ data: platform.data, port: platform.port });
    expect(again.port).toBe(platform.port);
    expect(await stopPlatform({ data: platform.data, sessions: 'leave' })).toBe(true);
    expect(await stopPlatform({ data: platform.data })).toBe(false);
  });

  test('a wait for it can be given up', async () => {
    const platform = await testPlatform();
    const signal = AbortSignal.abort(new Error('never mind'));
    await expect(stopPlatform({ data: platform.data, signal })).rejects.toThrow('never mind');
    expect(await describePlatform(platform.data)).toBeDefined();
  });
});

describe('resetting', () => {
  test('it refuses while a platform runs, and then removes all, running sessions too', async () => {
    const platform = await testPlatform();
    writeFileSync(join(platform.home, 'long.sh'), 'echo $$ > pid; sleep 600');
    const id = await create(platform, { cmd: 'sh', args: 'long.sh' });
    await untilStatus(platform, id, 'Running');
    const path = join(platform.home, 'pid');
    const pid = await until(() => existsSync(path) && Number(readFileSync(path, 'utf8')));
    await expect(resetPlatform(platform.data)).rejects.toMatchObject({
      code: 'platform.already_running',
    });
    await platform.stop({ sessions: 'leave' });
    expect(exists(pid)).toBe(true);
    await resetPlatform(platform.data);
    await until(() => !exists(pid));
    expect(existsSync(platform.data)).toBe(false);
    await resetPlatform(platform.data);
  });

  test('a directory no platform made is left alone', async () => {
    const data = temporaryDirectory();
    writeFileSync(join(data, 'thesis.tex'), '');
    await expect(resetPlatform(data)).rejects.toMatchObject({ code: 'platform.storage' });
    expect(existsSync(join(data, 'thesis.tex'))).toBe(true);
  });

  test('a damaged database does not stand in the way', async () => {
    const platform = await testPlatform();
    await platform.stop();
    writeFileSync(join(platform.data, 'skaha.db'), 'no database '.repeat(1000));
    await resetPlatform(platform.data);
    expect(existsSync(platform.data)).toBe(false);
  });
});
