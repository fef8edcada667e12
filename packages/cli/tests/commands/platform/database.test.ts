import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { startPlatform } from 'skaha-platform';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { layKeys } from '../../../../../scripts/tests/platform-keys.js';
import { temporaryDirectory } from '../../../../client/tests/config/fixtures.js';
import { PostgresServer, postgresObstacle } from '../../../../platform-postgres/tests/server.mjs';
import { runSkaha } from '../../harness.js';

const reason = postgresObstacle === undefined ? '' : ` (skipped: ${postgresObstacle})`;

describe.skipIf(postgresObstacle !== undefined)(`sessions in PostgreSQL${reason}`, () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await PostgresServer.start();
    process.env['PGPASSWORD'] = server.password;
  });
  afterAll(async () => {
    delete process.env['PGPASSWORD'];
    await server?.stop();
  });

  test('whoever is displaced is told, and a reset leaves the database and says so', async () => {
    const home = await temporaryDirectory();
    const [data, other] = [join(home, 'state'), join(home, 'other')];
    for (const folder of [data, other]) layKeys(folder);
    const { address, name } = await server.newDatabase();
    const terminal = { env: { HOME: home } };
    let introduced: () => void = () => undefined;
    const running = new Promise<void>((resolve) => {
      introduced = resolve;
    });
    const line = ['platform', 'start', '--data', data, '--port', '0', '--store', address];
    const first = runSkaha([...line, '--runner', 'process'], { terminal, onOut: introduced });
    await Promise.race([running, first]);
    const second = await startPlatform({ data: other, port: 0, store: address, runner: 'process' });
    const ended = await first;
    expect(ended.stderr).toMatch(
      /Error: The platform gave up its place: another platform \(.+\) works with PostgreSQL at /,
    );
    expect(ended.stderr).toContain('Its sessions go on.');
    expect(ended.stderr).not.toContain('Stopping.');
    expect(ended.status).toBe(1);
    await second.stop();

    const reset = ['platform', 'reset', '--data', data];
    const atTerminal = { ...terminal, inIsTty: true };
    const declined = await runSkaha(reset, { stdin: 'no\n', terminal: atTerminal });
    const place = `PostgreSQL at 127.0.0.1:${server.port}, database ${name}, as skaha`;
    expect(declined.stderr).toContain(`Its sessions are in ${place}, and stay there.`);
    expect(existsSync(data)).toBe(true);
    const done = await runSkaha([...reset, '--yes'], { terminal });
    expect(done.status).toBe(0);
    expect(done.stderr).toContain(`The sessions in ${place} were left.`);
    const told = `psql "${address}" --command "DROP SCHEMA skaha CASCADE"`;
    expect(done.stderr.replaceAll(/\s+/g, ' ')).toContain(told);
    expect(existsSync(data)).toBe(false);
    expect(await server.ask(name, 'SELECT term FROM skaha.writer')).toEqual([{ term: '2' }]);
  });
});
