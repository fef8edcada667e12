import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PostgresServer } from '../../../platform-postgres/tests/server.mjs';
import type { Platform, PlatformOptions } from '../../src/types.js';
import {
  create,
  events,
  formType,
  get,
  list,
  post,
  roomy,
  send,
  temporaryDirectory,
  terminal,
  testPlatform,
  until,
  untilStatus,
} from '../fixtures.js';
import { withPostgres } from './database.js';

const leave = { sessions: 'leave' } as const;

withPostgres('state in PostgreSQL', (database) => {
  /** The sessions as an operator sees them. */
  const kept = async (columns = 'key') =>
    await database.ask(`SELECT ${columns} FROM skaha.sessions ORDER BY key`);

  const availability = async (platform: Platform) =>
    (await send(platform, 'GET', '/skaha/availability')).body;

  const metrics = async (platform: Platform) => (await send(platform, 'GET', '/metrics')).body;

  test('a platform on another folder goes on with all of it', async () => {
    const data = temporaryDirectory();
    const first = await testPlatform({ store: database.store, data });
    const ended = await create(first, { name: 'ended', cmd: 'false' });
    await untilStatus(first, ended, 'Failed');
    const deleted = await create(first, { name: 'deleted', cmd: 'sleep', args: '600' });
    await untilStatus(first, deleted, 'Running');
    await send(first, 'DELETE', `/skaha/v1/session/${deleted}`);
    await until(async () => (await get(first, deleted)) === undefined);
    // More than there is room for, so that one waits.
    const waiting = await create(first, { name: 'waiting', cores: '8', cmd: 'sleep', args: '600' });
    const told = await events(first, ended);
    const { token } = first;
    await first.stop(leave);
    expect(statSync(join(data, 'skaha-copy.db')).mode & 0o777).toBe(0o600);
    rmSync(join(data, 'skaha-copy.db'));

    const second = await testPlatform({ store: database.store });
    expect(second.token).toBe(token);
    const sessions = await list(second);
    expect(sessions.map(({ id, name }) => [id, name]).sort()).toEqual(
      [
        [ended, 'ended'],
        [waiting, 'waiting'],
      ].sort(),
    );
    expect(await get(second, ended)).toMatchObject({ status: 'Failed' });
    expect(await events(second, ended)).toBe(told);
    expect(await kept('key, owner, kind')).toEqual(
      [ended, waiting].sort().map((key) => ({ key, owner: 'adastra', kind: 'headless' })),
    );
    await second.stop();
  });

  test('is moved there from the data folder, once, and two states are not mixed', async () => {
    const data = temporaryDirectory();
    const before = await testPlatform({ data });
    const id = await create(before, { name: 'old', cmd: 'true' });
    await untilStatus(before, id, 'Completed');
    await before.stop(leave);
    const after = await testPlatform({ data, store: database.store });
    expect(await get(after, id)).toMatchObject({ name: 'old', status: 'Completed' });
    await after.stop(leave);
    const back = testPlatform({ data });
    await expect(back).rejects.toMatchObject({
      code: 'config.invalid',
      hint: expect.stringContaining('--store'),
    });
    const other = temporaryDirectory();
    const third = await testPlatform({ data: other });
    await third.stop(leave);
    const both = testPlatform({ data: other, store: database.store });
    await expect(both).rejects.toMatchObject({
      code: 'config.invalid',
      message: expect.stringContaining('others in'),
    });
    const again = await testPlatform({ data, store: database.store });
    expect(await list(again)).toHaveLength(1);
    await again.stop();
  });

  test('while it is away nothing is promised, and nothing that was promised is lost', async () => {
    const own = await PostgresServer.start();
    process.env['PGPASSWORD'] = own.password;
    try {
      const { address, name } = await own.newDatabase();
      const platform = await testPlatform({ store: address });
      const running = await create(platform, { name: 'runs', cmd: 'sleep', args: '600' });
      await untilStatus(platform, running, 'Running');
      const acknowledged: string[] = [];
      const creating = async () => {
        for (;;) {
          const { status, body } = await post(platform, { name: 'many', cmd: 'true' });
          if (status !== 200) return;
          acknowledged.push(body.trim());
        }
      };
      const work = [creating(), creating(), creating()];
      await until(() => acknowledged.length > 5);
      await own.halt('SIGQUIT');
      await Promise.all(work);
      const refused = await post(platform, { name: 'refused' });
      expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
      expect(refused.body).toContain('its database cannot be reached');
      const deletion = await send(platform, 'DELETE', `/skaha/v1/session/${running}`);
      expect(deletion.status).toBe(503);
      const renewal = await send(platform, 'POST', `/skaha/v1/session/${running}`, {
        headers: formType,
        body: 'action=renew',
      });
      expect(renewal.status).toBe(503);
      expect(await get(platform, running)).toMatchObject({ status: 'Running' });
      expect(platform.store?.trouble).toMatch(/^PostgreSQL at 127\.0\.0\.1:\d+ cannot be used: /);
      expect(await availability(platform)).toContain('<vosi:available>false</vosi:available>');
      expect(await metrics(platform)).toMatch(/^skaha_store_up 0$/m);

      await own.run();
      const late = await until(async () => {
        const answer = await post(platform, { name: 'late', cmd: 'true' });
        return answer.status === 200 && answer.body.trim();
      });
      expect(await availability(platform)).toContain('<vosi:available>true</vosi:available>');
      expect(await metrics(platform)).toMatch(/^skaha_store_up 1$/m);
      const known = (await list(platform)).map(({ id }) => id);
      expect(known).toEqual(expect.arrayContaining([running, late, ...acknowledged]));
      await platform.stop(leave);
      const rows = await own.ask(name, 'SELECT key FROM skaha.sessions');
      expect(rows.map(({ key }) => key).sort()).toEqual([...known].sort());
      const next = await testPlatform({ store: address });
      expect((await list(next)).map(({ id }) => id).sort()).toEqual(known.sort());
      await next.stop();
    } finally {
      process.env['PGPASSWORD'] = database.server.password;
      await own.stop();
    }
  });

  test('the later of two platforms is the one that writes, and the earlier one stops', async () => {
    const first = await testPlatform({ store: database.store });
    const one = await create(first, { name: 'one', cmd: 'sleep', args: '600' });
    const second = await testPlatform({ store: database.store });
    const answers = await Promise.all(
      Array.from(
        { length: 5 },
        async () => await post(first, { name: 'late' }).catch(() => undefined),
      ),
    );
    expect(answers.filter((answer) => answer?.status === 200)).toEqual([]);
    await first.stopped;
    const two = await create(second, { name: 'two', cmd: 'true' });
    await untilStatus(second, two, 'Completed');
    expect(await kept()).toEqual([one, two].sort().map((key) => ({ key })));
    expect(await database.ask('SELECT term FROM skaha.writer')).toEqual([{ term: '2' }]);
    await second.stop();
  });

  test('a second platform on the same folder takes nothing away from the first', async () => {
    const data = temporaryDirectory();
    const first = await testPlatform({ store: database.store, data });
    await expect(testPlatform({ store: database.store, data })).rejects.toMatchObject({
      code: 'platform.already_running',
    });
    expect((await post(first, { cmd: 'true' })).status).toBe(200);
  });

  test('logins and what storage knows of files are kept with the sessions', async () => {
    const first = await testPlatform({ store: database.store });
    const path = '/arc/files/home/adastra/note.txt';
    const put = await send(first, 'PUT', path, { body: 'hello' });
    expect(put.status).toBe(201);
    const tables = await until(async () => {
      const rows = await database.ask('SELECT count(*)::int AS count FROM skaha.nodes');
      return Number(rows[0]?.['count']) > 0 && (await database.ask(allTables));
    });
    expect(tables.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['events', 'facts', 'files', 'nodes', 'oidc', 'sessions']),
    );
    await first.stop();
  });

  const trouble: [string, (address: string) => string, object][] = [
    [
      'a host that does not exist',
      (address) => address.replace('127.0.0.1', 'no-such-host.invalid'),
      { code: 'platform.store_unavailable', message: /no-such-host\.invalid/, hint: /host/ },
    ],
    [
      'a database that does not exist',
      (address) => address.replace(/test_\d+/, 'nothing'),
      { code: 'platform.store_unavailable', message: /no database nothing/, hint: /createdb/ },
    ],
    [
      'a server without TLS',
      (address) => address.replace('disable', 'require'),
      { code: 'platform.store_unavailable', message: /offers no TLS/, hint: /sslmode/ },
    ],
    [
      'a password in the address',
      (address) => address.replace('skaha@', 'skaha:secret@'),
      { code: 'config.invalid', message: /password/, hint: /PGPASSWORD/ },
    ],
  ];
  test.each(trouble)('%s is told in one line', async (_, change, told) => {
    await expect(testPlatform({ store: change(database.store) })).rejects.toMatchObject(
      matching(told),
    );
  });

  test('a wrong password is told in one line, without it', async () => {
    process.env['PGPASSWORD'] = 'wrong-secret';
    try {
      const failure = await testPlatform({ store: database.store }).catch(
        (error: unknown) => error,
      );
      expect(failure).toMatchObject(
        matching({
          code: 'platform.store_unavailable',
          message: /does not accept the password of skaha/,
          hint: /PGPASSWORD/,
        }),
      );
      expect(JSON.stringify(failure)).not.toContain('wrong-secret');
    } finally {
      process.env['PGPASSWORD'] = database.server.password;
    }
  });

  test.each([
    ['state', "UPDATE skaha.facts SET value = '999' WHERE name = 'schema'"],
    ['layout', 'UPDATE skaha.writer SET format = 999'],
  ])('a newer %s is refused, and the platform that wrote it goes on', async (_, change) => {
    const first = await testPlatform({ store: database.store });
    await database.ask(change);
    await expect(testPlatform({ store: database.store })).rejects.toMatchObject(
      matching({ code: 'platform.storage', message: /newer platform.* 999/, hint: /Update/ }),
    );
    expect((await post(first, { cmd: 'true' })).status).toBe(200);
  });

  test('the configuration may say where it is', async () => {
    const config: PlatformOptions['config'] = { ...roomy, store: database.store };
    const platform = await testPlatform({ config });
    const id = await create(platform, { image: terminal, cmd: 'true' });
    expect(await kept()).toEqual([{ key: id }]);
    expect(platform.store).toMatchObject({
      name: expect.stringMatching(/^PostgreSQL at 127\.0\.0\.1:\d+, database test_\d+, as skaha$/),
      trouble: undefined,
    });
  });
});

const allTables = "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'skaha'";

const matching = (told: object) =>
  Object.fromEntries(
    Object.entries(told).map(([name, value]) => [
      name,
      value instanceof RegExp ? expect.stringMatching(value) : value,
    ]),
  );
