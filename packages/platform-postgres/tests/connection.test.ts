import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readAddress } from '../src/address.js';
import { Connection } from '../src/connection.js';
import { PostgresServer, postgresObstacle } from './server.mjs';

const reason = postgresObstacle === undefined ? '' : ` (skipped: ${postgresObstacle})`;

describe.skipIf(postgresObstacle !== undefined)(`a connection to PostgreSQL${reason}`, () => {
  let server: PostgresServer;
  let connection: Connection;
  beforeAll(async () => {
    server = await PostgresServer.start();
    const { address } = await server.newDatabase();
    connection = new Connection(readAddress(address, { PGPASSWORD: server.password }));
  });
  afterAll(async () => {
    connection.close();
    await server?.stop();
  });

  test('a transaction happens as a whole, or not at all', async () => {
    await connection.transaction(async (transaction) => {
      await transaction.unsafe('CREATE TABLE kept (name TEXT)');
      await transaction.unsafe("INSERT INTO kept VALUES ('one')");
    });
    const failing = connection.transaction(async (transaction) => {
      await transaction.unsafe("INSERT INTO kept VALUES ('two')");
      await transaction.unsafe('SELECT nonsense');
    });
    await expect(failing).rejects.toThrow('nonsense');
    expect(await connection.use(async (sql) => [...(await sql.unsafe('TABLE kept'))])).toEqual([
      { name: 'one' },
    ]);
  });

  test('one in which the server ends fails where it can be caught, and the next works', async () => {
    const broken = connection.transaction(async (transaction) => {
      await transaction.unsafe('SELECT 1');
      const last = Promise.resolve(transaction.unsafe('SELECT pg_sleep(60)'));
      const seen = last.catch(() => 'broken');
      await server.halt('SIGQUIT');
      expect(await seen).toBe('broken');
      // As several do that were on their way: the last of them after the connection was given up.
      const more = async () => await transaction.unsafe('SELECT 2');
      for (let number = 0; number < 3; number += 1) await expect(more()).rejects.toThrow();
      await more();
    });
    await expect(broken).rejects.toThrow('cannot be used');
    await server.run();
    expect(await connection.transaction(async (sql) => (await sql.unsafe('SELECT 3')).length)).toBe(
      1,
    );
  });
});
