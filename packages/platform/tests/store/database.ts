import { afterAll, beforeAll, beforeEach, describe } from 'vitest';
import { PostgresServer, postgresObstacle } from '../../../platform-postgres/tests/server.mjs';

/** A server for all tests, and a database of its own for each. */
export interface TestDatabase {
  readonly server: PostgresServer;
  /** The address of the database. */
  readonly store: string;
  readonly name: string;
  /** Asks the database. */
  ask: (statement: string) => ReturnType<PostgresServer['ask']>;
}

/** Runs tests with a server of PostgreSQL; says why where there is none. */
export function withPostgres(title: string, tests: (database: TestDatabase) => void): void {
  const reason = postgresObstacle === undefined ? '' : ` (skipped: ${postgresObstacle})`;
  describe.skipIf(postgresObstacle !== undefined)(`${title}${reason}`, () => {
    let server: PostgresServer | undefined;
    let made: { address: string; name: string } | undefined;
    beforeAll(async () => {
      server = await PostgresServer.start();
      process.env['PGPASSWORD'] = server.password;
    });
    beforeEach(async () => {
      made = await server?.newDatabase();
    });
    afterAll(async () => {
      delete process.env['PGPASSWORD'];
      await server?.stop();
    });
    const there = <Value>(value: Value | undefined): Value => {
      if (value === undefined) throw new Error('the database is there inside tests only');
      return value;
    };
    tests({
      get server() {
        return there(server);
      },
      get store() {
        return there(made).address;
      },
      get name() {
        return there(made).name;
      },
      ask: async (statement) => await there(server).ask(there(made).name, statement),
    });
  });
}
