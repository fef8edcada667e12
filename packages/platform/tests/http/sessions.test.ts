import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../base/tests/manual-clock.js';
import type { Platform } from '../../src/types.js';
import {
  create,
  events,
  form,
  formType,
  get,
  list,
  post,
  roomy,
  send,
  testPlatform,
  until,
  untilStatus,
} from '../fixtures.js';

const day = 86_400;

const held = (options: Parameters<typeof testPlatform>[0] = {}) =>
  testPlatform({ faults: [{ kind: 'slow-queue' }], ...options });

const seconds = (text: string | undefined) => Date.parse(text ?? '') / 1000;

describe('the session object', () => {
  test('18: fields come in order, empty ones are left out, connectURL is empty for headless', async () => {
    const platform = await held();
    const id = await create(platform);
    const waiting = await get(platform, id);
    expect(Object.keys(waiting ?? {})).toEqual([
      'id',
      'userid',
      'runAsUID',
      'runAsGID',
      'supplementalGroups',
      'image',
      'type',
      'status',
      'name',
      'connectURL',
      'requestedGPUCores',
      'isFixedResources',
    ]);
    expect(waiting).toMatchObject({ status: 'Pending', connectURL: '', supplementalGroups: [] });
    platform.faults.clear();
    const fixed = await create(platform, { cores: '2', ram: '4', cmd: 'sleep', args: '60' });
    expect(Object.keys(await untilStatus(platform, fixed, 'Running')).slice(8)).toEqual([
      'name',
      'startTime',
      'expiryTime',
      'connectURL',
      'requestedRAM',
      'requestedCPUCores',
      'requestedGPUCores',
      'isFixedResources',
    ]);
  });

  test.each([
    [{ ram: '4', cores: '2' }, { requestedRAM: '4.29', requestedCPUCores: '2' }, true],
    [{ ram: '16' }, { requestedRAM: '17.18', requestedCPUCores: '1' }, true],
    [{}, {}, false],
    [{ cores: '2' }, {}, false],
    [{ type: 'firefly' }, { requestedRAM: '4.29', requestedCPUCores: '0.100' }, true],
    [{ type: 'desktop', cores: '2', ram: '4' }, {}, false],
  ])('19, 20: %o asks for %o, fixed: %s', async (fields, shown, isFixedResources) => {
    const platform = await held();
    const session = await get(platform, await create(platform, fields));
    const { requestedRAM, requestedCPUCores } = session ?? {};
    const found = { requestedRAM, requestedCPUCores };
    expect(JSON.parse(JSON.stringify(found))).toEqual(shown);
    expect(session).toMatchObject({ isFixedResources, requestedGPUCores: '0' });
  });

  test('21: startTime drops zero seconds, expiryTime never does, both are absent before', async () => {
    const clock = new ManualClock(Date.UTC(2026, 7, 6, 15, 25, 0, 700));
    const platform = await held({ clock });
    const id = await create(platform, { cmd: 'sleep', args: '60' });
    expect(await get(platform, id)).not.toHaveProperty('startTime');
    expect(await get(platform, id)).not.toHaveProperty('expiryTime');
    platform.faults.clear();
    expect(await untilStatus(platform, id, 'Running')).toMatchObject({
      startTime: '2026-08-06T15:25Z',
      expiryTime: '2026-08-20T15:25:00Z',
    });
  });

  test('22: lives last 345600 s, or 1209600 s for headless', async () => {
    const platform = await testPlatform();
    const batch = await untilStatus(platform, await create(platform, { cmd: 'true' }), 'Completed');
    expect(seconds(batch.expiryTime) - seconds(batch.startTime)).toBe(14 * day);
    const fields = { type: 'firefly' };
    const other = await untilStatus(platform, await create(platform, fields), 'Failed');
    expect(seconds(other.expiryTime) - seconds(other.startTime)).toBe(4 * day);
  });

  test.each([
    ['notebook', '/session/notebook/ID/lab/tree/arc/home/adastra?token=ID'],
    ['desktop', '/session/desktop/ID/?password=ID&path=session/desktop/ID/'],
    ['carta', '/session/carta/ID/'],
    ['contributed', '/session/contrib/ID/'],
    ['firefly', '/session/firefly/ID/firefly/'],
  ])('41: the page of a %s session is %s, strictly; else without the token', async (type, path) => {
    for (const strict of [true, false]) {
      const platform = await held({ strict });
      const id = await create(platform, { type });
      const address = `https://127.0.0.1:${platform.port}${path.replaceAll('ID', id)}`;
      const found = (await get(platform, id))?.connectURL ?? '';
      expect(found).toBe(strict ? address : address.replace(/\?token=.*/, ''));
      const raw = await send(platform, 'GET', `/skaha/v1/session/${id}`);
      expect(raw.body).not.toContain('\\u0026');
    }
  });
});

describe('lists', () => {
  test('25: filters ignore case, and unknown values match nothing', async () => {
    const platform = await held();
    await create(platform, { type: 'notebook' });
    await create(platform);
    const kinds = async (query: string) => (await list(platform, query)).map(({ type }) => type);
    expect(await kinds('?type=NoteBook')).toEqual(['notebook']);
    expect(await kinds('?status=pending')).toEqual(['headless', 'notebook']);
    expect(await kinds('?type=headless&status=PENDING')).toEqual(['headless']);
    for (const query of ['?type=bogus', '?type=', '?status=Succeeded', '?status=']) {
      expect(await kinds(query)).toEqual([]);
    }
    expect(await kinds('?view=unheard')).toHaveLength(2);
  });

  test('26, 35, 36: desktop apps are listed apart', async () => {
    const platform = await held();
    const desktop = await create(platform, { type: 'desktop' });
    await create(platform);
    const app = async (id: string) =>
      await send(platform, 'POST', `/skaha/v1/session/${id}/app`, {
        headers: formType,
        body: form([['image', 'anywhere.example/skaha/terminal:1.1.2']]),
      });
    const created = await app(desktop);
    expect(created.body).toMatch(/^[a-z][a-z0-9]{2}\n$/);
    expect(await app('nothere1')).toMatchObject({
      status: 404,
      body: 'session nothere1 not found\n',
    });
    const kinds = async (query: string) => (await list(platform, query)).map(({ type }) => type);
    expect(await kinds('')).toEqual(['desktop', 'headless']);
    expect(await kinds('?type=desktop-app')).toEqual(['desktop-app']);
    expect(await kinds('?view=interactive')).toEqual(['desktop', 'desktop-app']);
    expect(await kinds('?view=INTERACTIVE&status=running')).toEqual([]);
    const elsewhere = await list(platform, '/whatever/app');
    expect(elsewhere).toEqual([
      expect.objectContaining({ id: desktop, appid: created.body.trim(), name: 'terminal-1-1-2' }),
    ]);
  });

  test('32: deleting a desktop removes its apps; an app alone can be deleted', async () => {
    const platform = await held();
    const desktop = await create(platform, { type: 'desktop' });
    const path = `/skaha/v1/session/${desktop}/app`;
    const body = form([['image', 'x/y:1']]);
    const ids = [];
    for (let count = 0; count < 2; count += 1) {
      ids.push((await send(platform, 'POST', path, { headers: formType, body })).body.trim());
    }
    expect((await send(platform, 'GET', `${path}/${ids[0]}`)).status).toBe(200);
    expect((await send(platform, 'DELETE', `${path}/${ids[0]}`)).status).toBe(200);
    expect(await send(platform, 'GET', `${path}/${ids[0]}`)).toMatchObject({
      status: 404,
      body: `desktop app with session ${desktop} and app ID ${ids[0]} was not found\n`,
    });
    expect(await send(platform, 'DELETE', path)).toMatchObject({ body: 'Missing app ID\n' });
    expect(
      await send(platform, 'POST', `${path}/${ids[1]}`, { headers: formType, body }),
    ).toMatchObject({
      body: 'Cannot modify an existing app.\n',
    });
    await send(platform, 'DELETE', `/skaha/v1/session/${desktop}`);
    expect(await list(platform, '?view=interactive')).toEqual([]);
  });

  test('27: view=all shows four fields of everyone, three while unstarted', async () => {
    const platform = await held();
    const guest = { token: platform.users[1]?.token };
    await create(platform, { type: 'firefly' }, guest);
    expect(await list(platform, '?view=all')).toEqual([
      { userid: 'guest', type: 'firefly', status: 'Pending' },
    ]);
    platform.faults.clear();
    const shown = await until(async () => {
      const [one] = await list(platform, '?view=all&type=FIREFLY');
      return one?.status === 'Failed' ? one : undefined;
    });
    expect(Object.keys(shown)).toEqual(['userid', 'type', 'status', 'startTime']);
    expect(await list(platform)).toEqual([]);
  });

  test('29: only the five statuses are ever sent', async () => {
    const platform = await testPlatform();
    const ids = await Promise.all(
      ['true', 'false', 'nosuch'].map((cmd) => create(platform, { cmd })),
    );
    const seen = new Set<string | undefined>();
    await until(async () => {
      const sessions = await list(platform);
      for (const { status } of sessions) seen.add(status);
      return sessions.every(({ status }) => status === 'Completed' || status === 'Failed');
    });
    expect(ids).toHaveLength(3);
    for (const status of seen) {
      expect(['Pending', 'Running', 'Terminating', 'Completed', 'Failed']).toContain(status);
    }
  });
});

describe('limits', () => {
  test('16: interactive sessions are limited while Pending or Running; headless never', async () => {
    const config = { ...roomy, limits: { maxInteractiveSessions: 2 } };
    const platform = await held({ config });
    for (const type of ['notebook', 'carta']) await create(platform, { type });
    for (let count = 0; count < 4; count += 1) await create(platform);
    expect(await post(platform, { type: 'firefly' })).toMatchObject({
      status: 400,
      body: 'User adastra has reached the maximum of 2 active sessions.\n',
    });
    const guest = { token: platform.users[1]?.token };
    expect((await post(platform, { type: 'firefly' }, guest)).status).toBe(200);
    platform.faults.clear();
    await until(async () => (await list(platform, '?status=failed&type=carta')).length === 1);
    expect((await post(platform, { type: 'firefly' })).status).toBe(200);
  });

  test('16: requests at once cannot exceed the limit together', async () => {
    const platform = await held({ config: { ...roomy, limits: { maxInteractiveSessions: 3 } } });
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => post(platform, { type: 'firefly' })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
    expect(await list(platform)).toHaveLength(3);
  });

  test('42: the limit can be sent as a number or as text', async () => {
    const limitOf = async (platform: Platform) =>
      JSON.parse((await send(platform, 'GET', '/skaha/v1/context')).body).maxInteractiveSessions;
    expect(await limitOf(await testPlatform())).toBe(5);
    const limits = { maxInteractiveSessions: 3, maxInteractiveSessionsAsText: true };
    expect(await limitOf(await testPlatform({ config: { limits } }))).toBe('3');
  });

  test('on one core, eight sessions run one after another, in order, and say why they wait', async () => {
    const platform = await held({ config: { capacity: { cores: 1, memoryGiB: 1 } } });
    const script = 'echo "begin $N" >> order; sleep 0.02; echo "end $N" >> order';
    writeFileSync(join(platform.home, 'step.sh'), script);
    const ids: string[] = [];
    for (let index = 0; index < 8; index += 1) {
      ids.push(await create(platform, { cmd: 'sh', args: 'step.sh', env: `N=${index}` }));
    }
    await until(async () =>
      (await events(platform, ids[0] ?? '')).includes('waiting for the queue (fault slow-queue)'),
    );
    platform.faults.clear();
    await until(async () => (await list(platform, '?status=completed')).length === 8);
    const order = ids.map((_, index) => `begin ${index}\nend ${index}\n`).join('');
    expect(readFileSync(join(platform.home, 'order'), 'utf8')).toBe(order);
  });

  test('a session that waits for room says for what', async () => {
    const platform = await testPlatform({ config: { capacity: { cores: 1, memoryGiB: 2 } } });
    const first = await create(platform, { cmd: 'sleep', args: '60' });
    await untilStatus(platform, first, 'Running');
    const second = await create(platform, { cmd: 'true' });
    await until(async () => (await events(platform, second)).includes('FailedScheduling'));
    expect(await events(platform, second)).toContain('waiting for 1 cores and 1 GiB of memory');
    await send(platform, 'DELETE', `/skaha/v1/session/${first}`);
    await untilStatus(platform, second, 'Completed');
  });
});
