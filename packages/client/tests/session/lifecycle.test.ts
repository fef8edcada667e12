import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rejection, type TestPlatform, testPlatform } from '../fixtures.js';

const image = 'images.canfar.net/skaha/terminal:1.1.2';
const soon = { intervalMs: 40, timeoutMs: 25_000 };

describe('sessions of a real platform', () => {
  let world: TestPlatform;
  beforeAll(async () => {
    world = await testPlatform();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  /** Puts a script into the user's home, where sessions run. */
  const script = (name: string, text: string) => writeFile(join(world.platform.home, name), text);

  test('a batch is launched, waited for, read, and deleted', async () => {
    const { sessions } = world.client;
    const created: string[] = [];
    const { ids, sessions: list } = await sessions.create({
      name: 'Batch',
      image,
      cmd: 'env',
      env: { BAND: 'r', TITLE: 'two words' },
      replicas: 3,
      onCreated: ({ name }) => created.push(name),
    });
    expect(list.map(({ index, name }) => [index, name])).toEqual([
      [1, 'Batch-1'],
      [2, 'Batch-2'],
      [3, 'Batch-3'],
    ]);
    expect(created.sort()).toEqual(['Batch-1', 'Batch-2', 'Batch-3']);
    const seen: string[] = [];
    const finished = await sessions.wait(ids, {
      ...soon,
      until: 'finished',
      onChange: ({ id, status }) => seen.push(`${id} ${status}`),
    });
    expect(finished.map(({ id, status }) => [id, status])).toEqual(
      ids.map((id) => [id, 'Completed']),
    );
    expect(seen).toEqual(expect.arrayContaining(ids.map((id) => `${id} Completed`)));
    const logs = await sessions.logs(ids);
    logs.forEach(({ text }, position) => {
      expect(text).toContain('BAND=r\n');
      expect(text).toContain('TITLE=two words\n');
      expect(text).toContain(`REPLICA_ID=${position + 1}\n`);
      expect(text).toContain('REPLICA_COUNT=3\n');
    });
    const [events] = await sessions.events(ids.slice(0, 1));
    expect(events?.events.map(({ type }) => type)).toContain('Normal');
    expect(await sessions.destroy(ids)).toEqual(
      ids.map((id, position) => ({ id, name: `batch-${position + 1}` })),
    );
    expect((await sessions.fetch()).filter(({ id }) => ids.includes(id))).toEqual([]);
  });

  test('follow yields what a running session writes, and ends with it', async () => {
    const { sessions } = world.client;
    await script(
      'talk.sh',
      'echo one\nuntil [ -e go ]; do sleep 0.05; done\necho two\nprintf three\n',
    );
    const { ids } = await sessions.create({ name: 'talk', image, cmd: 'sh', args: ['talk.sh'] });
    const lines: string[] = [];
    for await (const line of sessions.follow(ids[0] ?? '', { intervalMs: 30 })) {
      lines.push(line);
      if (line === 'one\n') await script('go', '');
    }
    expect(lines).toEqual(['one\n', 'two\n', 'three']);
  });

  test('follow begins with the last lines when asked', async () => {
    const { sessions } = world.client;
    const { ids } = await sessions.create({ name: 'seq', image, cmd: 'seq', args: ['5'] });
    await sessions.wait(ids, { ...soon, until: 'finished' });
    const lines: string[] = [];
    for await (const line of sessions.follow(ids[0] ?? '', { tail: 2 })) lines.push(line);
    expect(lines).toEqual(['4\n', '5\n']);
  });

  test('the bytes of a log come as they were written', async () => {
    const { sessions } = world.client;
    await script(
      'bytes.sh',
      "printf '\\377\\000one'\nuntil [ -e goon ]; do sleep 0.05; done\nprintf ' more\\r\\n\\303'\n",
    );
    const { ids } = await sessions.create({ name: 'bytes', image, cmd: 'sh', args: ['bytes.sh'] });
    const pieces: Uint8Array[] = [];
    for await (const piece of sessions.followBytes(ids[0] ?? '', { intervalMs: 30 })) {
      pieces.push(piece);
      await script('goon', '');
    }
    expect(Buffer.concat(pieces).toString('latin1')).toBe('\xff\0one more\r\n\xc3');
    const last: Uint8Array[] = [];
    for await (const piece of sessions.followBytes(ids[0] ?? '', { tail: 1 })) last.push(piece);
    expect(Buffer.concat(last).toString('latin1')).toBe('\xc3');
  });

  test('watch yields each change and ends when all sessions ended', async () => {
    const { sessions } = world.client;
    const { ids } = await sessions.create({ name: 'watched', image, cmd: 'true' });
    const changes: string[] = [];
    for await (const { change, status } of sessions.watch(ids, { intervalMs: 30 })) {
      changes.push(`${change} ${status}`);
    }
    expect(changes[0]).toMatch(/^added /);
    expect(changes.at(-1)).toMatch(/ Completed$/);
  });

  test('waiting for a session to run fails when it fails', async () => {
    const { sessions } = world.client;
    const { ids } = await sessions.create({ name: 'broken', image, cmd: 'false' });
    await sessions.wait(ids, { ...soon, until: 'finished' });
    const error = await rejection(sessions.wait(ids, { ...soon, until: 'running' }));
    expect(error).toMatchObject({ code: 'session.failed', id: ids[0] });
  });

  test('waiting for a session to be gone ends at its deletion', async () => {
    const { sessions } = world.client;
    const { ids } = await sessions.create({ name: 'sleeper', image, cmd: 'sleep', args: ['60'] });
    await sessions.wait(ids, { ...soon, until: 'running' });
    const gone = sessions.wait(ids, { ...soon, until: 'deleted' });
    await sessions.destroy(ids);
    expect(await gone.then((list) => list.length)).toBeLessThanOrEqual(1);
  });

  test('a running session is renewed, one that ended is not', async () => {
    const { sessions } = world.client;
    const { ids } = await sessions.create({ name: 'renewed', image, cmd: 'sleep', args: ['60'] });
    await sessions.wait(ids, { ...soon, until: 'running' });
    const [renewed] = await sessions.renew(ids);
    expect(renewed).toMatchObject({ id: ids[0], name: 'renewed', changed: expect.any(Boolean) });
    expect(renewed?.after).toBeInstanceOf(Date);
    const short = await sessions.create({ name: 'short', image, cmd: 'true' });
    await sessions.wait(short.ids, { ...soon, until: 'finished' });
    expect(await rejection(sessions.renew(short.ids))).toMatchObject({ code: 'session.not_ready' });
    await sessions.destroy(ids);
  });

  test('destroyWith deletes what matches, and only that', async () => {
    const { sessions } = world.client;
    for (const name of ['sweep-a', 'sweep-b', 'other-c']) {
      await sessions.create({ name, image, cmd: 'sleep', args: ['60'] });
    }
    const dry = await sessions.destroyWith({ prefix: 'Sweep-', dryRun: true });
    expect(dry.matched.map(({ name }) => name).sort()).toEqual(['sweep-a', 'sweep-b']);
    expect(dry.destroyed).toEqual([]);
    const one = await sessions.destroyWith({ pattern: /-b$/g });
    expect(one.destroyed.map(({ name }) => name)).toEqual(['sweep-b']);
    const rest = await sessions.destroyWith({ all: true, kind: 'headless' });
    expect(rest.destroyed.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['sweep-a', 'other-c']),
    );
    expect(await sessions.fetch()).toEqual([]);
  });

  test('one unknown id is its own error; among several it is a part', async () => {
    const { sessions } = world.client;
    const { ids } = await sessions.create({ name: 'known', image, cmd: 'true' });
    for (const call of ['info', 'logs', 'events', 'destroy', 'renew', 'connect'] as const) {
      expect(await rejection(sessions[call](['zz99zz99']))).toMatchObject({
        code: 'session.not_found',
        id: 'zz99zz99',
      });
    }
    expect(await rejection(sessions.info([...ids, 'zz99zz99']))).toMatchObject({
      code: 'partial.failure',
      done: [expect.objectContaining({ id: ids[0] })],
      failed: [{ index: 1, item: 'zz99zz99', error: { code: 'session.not_found' } }],
    });
  });

  test('nothing is asked for no ids', async () => {
    const before = world.platform.requests.length;
    const { sessions } = world.client;
    expect(await sessions.info([])).toEqual([]);
    expect(await sessions.destroy([])).toEqual([]);
    expect(await sessions.wait([], { until: 'finished' })).toEqual([]);
    for await (const change of sessions.watch([])) expect(change).toBeUndefined();
    expect(world.platform.requests.length).toBe(before);
  });

  test('a headless session has nothing to connect to', async () => {
    const { sessions } = world.client;
    const { ids } = await sessions.create({ name: 'quiet', image, cmd: 'sleep', args: ['60'] });
    const error = await rejection(sessions.connect(ids, { wait: true, ...soon }));
    expect(error).toMatchObject({ code: 'session.not_ready', id: ids[0] });
    await sessions.destroy(ids);
  });

  test('the others are visible only in public', async () => {
    const guest = world.platform.users[1];
    const other = world.connect({ token: guest?.token });
    const { ids } = await world.client.sessions.create({ name: 'mine', image, cmd: 'true' });
    expect((await other.sessions.fetch()).map(({ id }) => id)).not.toContain(ids[0]);
    expect(await rejection(other.sessions.info(ids))).toMatchObject({ code: 'session.not_found' });
    const everybody = await other.sessions.fetchPublic();
    expect(everybody).toContainEqual(expect.objectContaining({ userId: 'ada', kind: 'headless' }));
  });

  test('filters are passed on', async () => {
    const { sessions } = world.client;
    const { ids } = await sessions.create({ name: 'filtered', image, cmd: 'true' });
    await sessions.wait(ids, { ...soon, until: 'finished' });
    const completed = await sessions.fetch({ kind: 'headless', status: 'Succeeded' });
    expect(completed.map(({ id }) => id)).toContain(ids[0]);
    expect(await sessions.fetch({ kind: 'notebook' })).toEqual([]);
  });

  test('the load of the platform is read', async () => {
    const { cores, memoryGiB } = await world.client.sessions.stats();
    expect(cores.capacity).toBeGreaterThan(0);
    expect(memoryGiB.capacity).toBeGreaterThan(0);
  });
});
