import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Platform } from '../../src/types.js';
import {
  create,
  discard,
  form,
  formType,
  notebook,
  openPlatform,
  roomy,
  send,
  terminal,
  until,
} from '../fixtures.js';

let platform: Platform;

beforeAll(async () => {
  platform = await openPlatform({
    data: mkdtempSync(join(tmpdir(), 'skaha-v0-')),
    port: 0,
    user: 'adastra',
    config: roomy,
    apiVersions: ['v0', 'v1'],
    strict: true,
  });
});

afterAll(async () => {
  await platform.stop();
  await discard(platform.data);
});

const session = '/skaha/v0/session';
const ask = (path: string) => send(platform, 'GET', path);
const read = async (path: string) => JSON.parse((await ask(path)).body);

const post = (fields: Record<string, string>) =>
  send(platform, 'POST', session, { headers: formType, body: form(Object.entries(fields)) });

describe('v0', () => {
  test('every field is there, with <none> for what there is not', async () => {
    const lift = platform.faults.inject('slow-queue');
    const { body } = await post({ name: 'Old', image: terminal, cmd: 'true', ram: '8' });
    const id = body.trim();
    const found = await read(`${session}/${id}`);
    expect(Object.keys(found)).toEqual([
      ...['id', 'userid', 'runAsUID', 'runAsGID', 'supplementalGroups', 'appid', 'image', 'type'],
      ...['status', 'name', 'startTime', 'expiryTime', 'connectURL', 'requestedRAM'],
      ...['requestedCPUCores', 'requestedGPUCores', 'ramInUse', 'gpuRAMInUse', 'cpuCoresInUse'],
      'gpuUtilization',
    ]);
    expect(found).toMatchObject({
      status: 'Pending',
      appid: '<none>',
      startTime: '<none>',
      expiryTime: '<none>',
      connectURL: 'not-applicable',
      requestedRAM: '8G',
      requestedCPUCores: '1',
      name: 'old',
      ramInUse: '<none>',
      gpuRAMInUse: '<none>',
      cpuCoresInUse: '<none>',
    });
    expect(await read(`${session}?view=all`)).toContainEqual({
      userid: 'adastra',
      type: 'headless',
      status: 'Pending',
      startTime: '<none>',
    });
    lift();
    await until(async () => (await read(`${session}/${id}`)).status === 'Succeeded');
    const ids = async (query: string) =>
      (await read(`${session}?status=${query}`)).map((one: { id: string }) => one.id);
    expect(await ids('succeeded')).toContain(id);
    expect(await ids('Completed')).toEqual([]);
    // The same session, for a client of today.
    expect(await read(`/skaha/v1/session/${id}`)).toMatchObject({ status: 'Completed' });
  });

  test('sizes are whole numbers, and the type must be one of the image', async () => {
    const fields = { name: 'old', image: terminal };
    for (const cores of ['1.5', '0']) {
      expect(await post({ ...fields, cores })).toMatchObject({
        status: 400,
        body: `Invalid value for 'cores': ${cores}\n`,
      });
    }
    expect(await post({ ...fields, type: 'carta' })).toMatchObject({
      status: 400,
      body: `image/type mismatch: ${terminal}/carta\n`,
    });
    const allowed = await post({ name: 'old', image: notebook, type: 'notebook' });
    expect(allowed.status).toBe(200);
    await send(platform, 'DELETE', `/skaha/v1/session/${allowed.body.trim()}`);
  });

  test('a deletion says whether there was something to delete', async () => {
    const remove = (id: string, token?: string) =>
      send(platform, 'DELETE', `${session}/${id}`, { token });
    expect(await remove('nothere1')).toMatchObject({ status: 404, body: 'nothere1\n' });
    const id = await create(platform, { cmd: 'sleep', args: '60' });
    expect(await remove(id, platform.users[1]?.token)).toMatchObject({
      status: 403,
      body: 'forbidden\n',
    });
    expect(await remove(id)).toMatchObject({ status: 200, body: '' });
    expect((await remove(id)).status).toBe(404);
  });

  test('apps are in the plain list, and view=interactive is unknown', async () => {
    const lift = platform.faults.inject('slow-queue');
    const desktop = await create(platform, { type: 'desktop' });
    const body = form([['image', 'x/y:1']]);
    await send(platform, 'POST', `${session}/${desktop}/app`, { headers: formType, body });
    const mine = async (query: string) =>
      (await read(`${session}${query}`)).filter(({ id }: { id: string }) => id === desktop).length;
    expect(await mine('')).toBe(2);
    expect(await mine('?view=interactive&status=pending')).toBe(2);
    await send(platform, 'DELETE', `${session}/${desktop}`);
    lift();
  });

  test('statistics count instances; the context tells no limit; nobody is refused with 401', async () => {
    const stats = await read(`${session}?view=stats`);
    expect(Object.keys(stats)).toEqual(['instances', 'cores', 'ram']);
    expect(stats.ram.ramAvailable).toBe('64G');
    expect(await read('/skaha/v0/context')).not.toHaveProperty('maxInteractiveSessions');
    expect((await read('/skaha/v0/image')).length).toBeGreaterThan(0);
    expect(await send(platform, 'GET', session, { token: null })).toMatchObject({
      status: 401,
      body: 'Unauthorized\n',
    });
  });

  test('batch work can be kept to a group', async () => {
    const lift = platform.faults.inject('no-headless');
    expect(await post({ name: 'old', image: terminal })).toMatchObject({
      status: 403,
      body: 'Not authorized to create a headless session\n',
    });
    lift();
  });

  test('the capabilities name both versions', async () => {
    const { body } = await ask('/skaha/capabilities');
    const origin = `https://127.0.0.1:${platform.port}`;
    expect(body).toContain(`<accessURL use="base">${origin}/skaha/v0</accessURL>`);
    expect(body).toContain(`<accessURL use="base">${origin}/skaha/v1/session</accessURL>`);
  });
});
