import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAuthority, createServerCertificate } from '@skaha/identity/authority.js';
import Database from 'libsql';
import { describe, expect, test } from 'vitest';
import type { Platform } from '../src/types.js';
import {
  create,
  list,
  roomy,
  send,
  temporaryDirectory,
  testPlatform,
  untilStatus,
} from './fixtures.js';

// What is damaged, or comes from a wrong clock, is told and does not stop the platform.

const lasting = {
  ...roomy,
  lifetimes: { stopGraceMs: 500, keepHeadlessSeconds: 100_000 },
  // No other user, whose keys would be made again with the authority.
  users: [{ name: 'adastra' }],
};

async function withSessions(count: number) {
  const data = temporaryDirectory();
  const platform = await testPlatform({ data, config: lasting });
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1) {
    ids.push(await create(platform, { name: `job-${index}`, cmd: 'true' }));
  }
  for (const id of ids) await untilStatus(platform, id, 'Completed');
  await platform.stop();
  return { data, ids };
}

const again = (data: string): Promise<Platform> => testPlatform({ data, config: lasting });

describe('a damaged record', () => {
  test.each([
    ['no JSON', () => '{"key":'],
    ['nothing', () => ''],
    ['bytes', () => '\u0001\ufffd'],
    ['another thing', () => '[]'],
    ['null', () => 'null'],
    ['a life without a phase', (text: string) => text.replace('"phase"', '"fase"')],
    ['no resources', (text: string) => text.replace('"resources"', '"r"')],
    [
      'a place in the queue that is no number',
      (text: string) => text.replace(/"sequence":\d+/, '"sequence":"x"'),
    ],
    ["another's key", (text: string) => text.replace(/"key":"\w+"/, '"key":"../../x"')],
  ])('%s: the rest starts, it is named and kept aside', async (_name, spoil) => {
    const { data, ids } = await withSessions(3);
    const [, broken = ''] = ids;
    const path = join(data, 'skaha.db');
    const database = new Database(path);
    const { record } = database
      .prepare('SELECT record FROM sessions WHERE key = ?')
      .get(broken) as { record: string };
    const spoilt = spoil(record);
    database.prepare('UPDATE sessions SET record = ? WHERE key = ?').run(spoilt, broken);
    database.close();
    const platform = await again(data);
    const left = (await list(platform)).map(({ id }) => id);
    expect(new Set(left)).toEqual(new Set(ids.filter((id) => id !== broken)));
    expect(platform.notices).toEqual([expect.stringContaining(`session ${broken} is damaged`)]);
    await create(platform, { cmd: 'true' });
    await platform.stop();
    const after = new Database(path);
    expect(after.prepare('SELECT key, record FROM damaged').all()).toEqual([
      expect.objectContaining({ key: broken, record: spoilt }),
    ]);
    after.close();
    expect((await again(data)).notices).toEqual([]);
  });

  test('a damaged event is left out', async () => {
    const { data, ids } = await withSessions(1);
    const database = new Database(join(data, 'skaha.db'));
    database.prepare("UPDATE events SET row = '{' WHERE position = 0").run();
    database.close();
    expect((await list(await again(data))).map(({ id }) => id)).toEqual(ids);
  });
});

describe('damaged keys', () => {
  test.each([
    'authority.pem',
    'server.pem',
    'oidc-keys.json',
    'credential-authority.pem',
    'login.key',
  ])('%s is made again', async (name) => {
    const { data } = await withSessions(0);
    for (const text of [
      '',
      '{',
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
    ]) {
      writeFileSync(join(data, 'private', name), text);
      const platform = await again(data);
      expect((await send(platform, 'GET', '/skaha/v1/session')).status).toBe(200);
      await platform.stop();
    }
  });
});

test('certificates of a clock that was ahead are made again, and the user is told', async () => {
  const { data } = await withSessions(0);
  const day = 86_400_000;
  const validity = {
    notBefore: new Date(Date.now() + 500 * day),
    notAfter: new Date(Date.now() + 4_000 * day),
  };
  const authority = await createAuthority(validity);
  const server = await createServerCertificate(authority, validity);
  const path = (name: string) => join(data, 'private', name);
  writeFileSync(path('authority.pem'), authority.certificate + authority.key);
  writeFileSync(path('server.pem'), server.certificate + server.key + authority.certificate);
  writeFileSync(join(data, 'ca.pem'), authority.certificate);
  const platform = await again(data);
  expect((await send(platform, 'GET', '/skaha/v1/session')).status).toBe(200);
  const { certificate } = platform;
  expect((await send(platform, 'GET', '/skaha/v1/session', { certificate })).status).toBe(200);
  expect(platform.notices).toEqual([expect.stringContaining('while the clock was ahead')]);
  expect(readFileSync(platform.ca, 'utf8')).not.toBe(authority.certificate);
  await platform.stop();
  expect((await again(data)).notices).toEqual([]);
});
