import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { startPlatform } from 'skaha-platform';
import { expect, test } from 'vitest';
import { layKeys } from '../../../../../scripts/tests/platform-keys.js';
import { temporaryDirectory } from '../../../../client/tests/config/fixtures.js';
import { withPostgres } from '../../../../platform/tests/store/database.js';
import { runSkaha } from '../../harness.js';

withPostgres('sessions in PostgreSQL', (database) => {
  test('whoever is displaced is told, and a reset leaves the database and says so', async () => {
    const home = await temporaryDirectory();
    const [data, other] = [join(home, 'state'), join(home, 'other')];
    for (const folder of [data, other]) layKeys(folder);
    const { store, server, name } = database;
    const terminal = { env: { HOME: home } };
    let introduced: () => void = () => undefined;
    const running = new Promise<void>((resolve) => {
      introduced = resolve;
    });
    const line = ['platform', 'start', '--data', data, '--port', '0', '--store', store];
    const first = runSkaha([...line, '--runner', 'process'], { terminal, onOut: introduced });
    await Promise.race([running, first]);
    const second = await startPlatform({ data: other, port: 0, store, runner: 'process' });
    const ended = await first;
    expect(ended.stderr).toMatch(
      /Error: This platform is no longer the active one: another platform \(.+\) works with PostgreSQL at /,
    );
    expect(ended.stderr).toContain('Its sessions continue.');
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
    expect(done.stderr).toContain(`The sessions in ${place} were kept.`);
    const told = `psql "${store}" --command "DROP SCHEMA skaha CASCADE"`;
    expect(done.stderr.replaceAll(/\s+/g, ' ')).toContain(told);
    expect(existsSync(data)).toBe(false);
    expect(await database.ask('SELECT term FROM skaha.writer')).toEqual([{ term: '2' }]);
  });
});
