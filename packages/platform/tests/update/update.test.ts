import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SessionRecord } from '@skaha/engine/sessions/record.js';
import { backupPath } from '@skaha/engine/store/migrations.js';
import { isAlive, parseIdentity } from '@skaha/platform-local/processes.js';
import { RunFiles } from '@skaha/platform-local/run-files.js';
import { dataLayout } from '@skaha/service/data.js';
import Database from 'libsql';
import { expect, onTestFinished, test } from 'vitest';
import { describePlatform, stopPlatform } from '../../src/control/client.js';
import {
  events,
  list,
  logs,
  send,
  temporaryDirectory,
  testPlatform,
  until,
  untilStatus,
} from '../fixtures.js';

// What a platform of the format before this one (2) leaves behind when it is replaced while sessions
// run: `state-v2.sql` and `supervisor.sh` are its own, but that lifetimes in the former last for
// decades. By their names: `done` had ended; `long` and `endless` run on under their supervisors,
// `short` ended while there was no platform, `lost` was killed, and `waits` had no room.

const ids = {
  done: 'swmdsa8o',
  long: 'ejdt8w6j',
  endless: 'c4t8y1ru',
  short: 'h2kq7v0a',
  lost: 'p9x3m5wd',
  waits: 't5hop8o1',
};
const supervisor = fileURLToPath(new URL('supervisor.sh', import.meta.url));

/** Lets the old supervisor run a command, as its platform did. */
function supervise(data: string, key: string, command: string): ChildProcess {
  const folder = join(data, 'sessions', key);
  mkdirSync(folder, { mode: 0o700 });
  const log = openSync(join(folder, 'log'), 'a', 0o600);
  const child = spawn('sh', [supervisor, folder, 'sh', '-c', command], {
    cwd: data,
    env: { PATH: process.env['PATH'], HOME: data, skaha_sessionid: key },
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  return child;
}

/** A data directory as the earlier platform left it. */
async function leftBehind(): Promise<string> {
  const data = temporaryDirectory();
  await (await testPlatform({ data })).stop();
  const database = new Database(join(data, 'skaha.db'));
  database.exec('DROP TABLE events; DROP TABLE sessions; DROP TABLE facts; DROP TABLE oidc');
  database.exec(readFileSync(new URL('state-v2.sql', import.meta.url), 'utf8'));
  database.close();
  const endings = [
    supervise(data, ids.short, 'echo words; exit 5'),
    supervise(data, ids.lost, 'echo last words; kill -KILL 0'),
  ].map((child) => once(child, 'exit'));
  supervise(
    data,
    ids.long,
    'echo begun; while [ ! -e go ]; do sleep 0.05; done; echo over; exit 3',
  );
  supervise(data, ids.endless, 'echo begun; sleep 1000');
  await Promise.all(endings);
  for (const key of [ids.long, ids.endless]) {
    const log = join(data, 'sessions', key, 'log');
    await until(() => readFileSync(log, 'utf8') === 'begun\n');
  }
  return data;
}

test('sessions of an earlier version go on, and what became of the others is known', async () => {
  const data = await leftBehind();
  const platform = await testPlatform({ data });
  const statuses = async () =>
    Object.fromEntries((await list(platform)).map(({ name, status }) => [name, status]));
  await until(async () => (await statuses())['lost'] === 'Failed');
  expect(await statuses()).toMatchObject({
    done: 'Completed',
    long: 'Running',
    endless: 'Running',
    short: 'Failed',
    lost: 'Failed',
  });
  expect(await logs(platform, ids.short)).toBe('words\n');
  expect(await logs(platform, ids.lost)).toBe('last words\n');
  expect(await events(platform, ids.short)).toContain('ended with exit status 5');
  expect(await events(platform, ids.lost)).toContain('ended without leaving an exit status');

  expect(await logs(platform, ids.long)).toBe('begun\n');
  writeFileSync(join(data, 'go'), '');
  await untilStatus(platform, ids.long, 'Failed');
  expect(await logs(platform, ids.long)).toBe('begun\nover\n');
  expect(await events(platform, ids.long)).toContain('ended with exit status 3');

  const claim = readFileSync(join(data, 'sessions', ids.endless, 'claim/pid'), 'utf8');
  const endless = parseIdentity(claim);
  expect(endless && (await isAlive(endless))).toBe(true);
  for (const id of Object.values(ids).filter((one) => one !== ids.waits)) {
    expect(await send(platform, 'DELETE', `/skaha/v1/session/${id}`)).toMatchObject({
      status: 200,
    });
    await until(() => !existsSync(join(data, 'sessions', id)));
  }
  expect(endless && (await isAlive(endless))).toBe(false);
  await untilStatus(platform, ids.waits, 'Completed');
  expect(await logs(platform, ids.waits)).toBe('late\n');
  expect(existsSync(backupPath(join(data, 'skaha.db'), 2))).toBe(true);
});

test('state of the first version: what ran is accounted for, what waited runs', async () => {
  const data = temporaryDirectory();
  await (await testPlatform({ data })).stop();
  const path = join(data, 'skaha.db');
  const database = new Database(path);
  database.exec('DROP TABLE events; DROP TABLE sessions; DROP TABLE facts; DROP TABLE oidc');
  database.exec(
    readFileSync(new URL('../../../engine/tests/store/state-v1.sql', import.meta.url), 'utf8'),
  );
  // Long enough for what ended in the past to be listed still.
  const records = database.prepare('SELECT key, record FROM sessions').all();
  for (const row of records as { key: string; record: string }[]) {
    const record = { ...(JSON.parse(row.record) as SessionRecord), keepSeconds: 1e9 };
    database
      .prepare('UPDATE sessions SET record = ? WHERE key = ?')
      .run(JSON.stringify(record), row.key);
  }
  database.close();
  const platform = await testPlatform({ data });
  expect((await list(platform)).map(({ name }) => name).sort()).toEqual(['done', 'long', 'waits']);
  const [waits] = (await list(platform)).filter(({ name }) => name === 'waits');
  await untilStatus(platform, waits?.id ?? '', 'Completed');
  expect(await logs(platform, waits?.id ?? '')).toBe('late\n');
});

test('what an earlier version has claimed keeps the folders that it works in', async () => {
  const data = temporaryDirectory();
  const files = new RunFiles(join(data, 'sessions'), join(data, 'scratch'), 'abcd1234');
  const result = join(files.scratch, 'result');
  const work = () => {
    mkdirSync(files.scratch, { recursive: true });
    writeFileSync(result, '');
  };
  work();
  await files.makeAnew(files.scratch);
  expect(existsSync(result)).toBe(false);
  mkdirSync(join(files.directory, 'claim'), { recursive: true });
  writeFileSync(join(files.directory, 'claim/pid'), `${process.pid}\n1\n`);
  work();
  await files.makeAnew(files.scratch);
  expect(existsSync(result)).toBe(true);
});

test('a platform of an earlier version is found and stopped', async () => {
  const data = temporaryDirectory();
  await (await testPlatform({ data })).stop();
  const { ca, secrets, server: serverFile } = dataLayout(data);
  const described = JSON.parse(readFileSync(new URL('status-v2.json', import.meta.url), 'utf8'));
  const asked: string[] = [];
  const pair = readFileSync(join(secrets, 'server.pem'));
  const server = createServer({ cert: pair, key: pair }, (request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    if (request.method === 'POST') server.close();
    const reply = request.method === 'POST' ? { stopping: true } : { ...described, data, ca };
    response.end(JSON.stringify(reply));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  writeFileSync(serverFile, `${JSON.stringify({ port, pid: process.pid, control: 'key' })}\n`);
  expect(await describePlatform(data)).toMatchObject({ user: 'adastra', sessions: {}, token: '' });
  expect(await stopPlatform({ data, sessions: 'leave' })).toBe(true);
  expect(asked).toContain('GET /control/v1/status?disk=1 Bearer key');
  expect(asked).toContain('POST /control/v1/stop?sessions=leave Bearer key');
});
