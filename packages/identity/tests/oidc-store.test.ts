import { join } from 'node:path';
import Database from 'libsql';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryDirectory } from '../../../scripts/tests/temporary-directory.js';
import { ManualClock } from '../../base/tests/manual-clock.js';
import { OidcStore } from '../src/oidc-store.js';

function opened() {
  const database = new Database(join(temporaryDirectory(), 'oidc.db'));
  onTestFinished(() => void database.close());
  // Every write of a test on the disk would take longer than all else.
  database.pragma('synchronous=OFF');
  const clock = new ManualClock(Date.now());
  const store = new OidcStore(database, clock);
  const count = (model: string) =>
    database.prepare('SELECT count(*) AS n FROM oidc WHERE model = ?').get(model) as { n: number };
  return { store, database, count, soon: Math.floor(clock.now() / 1000) + 600 };
}

test('clients are bounded in number; the oldest that nobody is logged in with goes', async () => {
  const { store, count, soon } = opened();
  const clients = store.adapter('Client');
  for (let index = 0; index < 1_000; index += 1) {
    await clients.upsert(`c${index}`, { client_id: `c${index}` }, 0);
  }
  await store.adapter('RefreshToken').upsert('r', { clientId: 'c0', exp: soon, jti: 'r' }, 600);
  await store.adapter('Grant').upsert('g', { clientId: 'c1', exp: soon }, 600);
  for (let index = 1_000; index < 1_005; index += 1) {
    await clients.upsert(`c${index}`, { client_id: `c${index}` }, 0);
  }
  expect(count('Client').n).toBe(1_000);
  expect(await clients.find('c0')).toBeDefined();
  expect(await clients.find('c1')).toBeUndefined();
  expect(await clients.find('c5')).toBeUndefined();
  expect(await clients.find('c6')).toBeDefined();
  expect(await clients.find('c1004')).toBeDefined();
  // What belonged to it goes with it.
  expect(count('Grant').n).toBe(0);
  // Written again, one takes no more room.
  await clients.upsert('c1004', { client_id: 'c1004', client_name: 'x' }, 0);
  expect(await clients.find('c6')).toBeDefined();
});

test('device logins that nobody answers are bounded in number', async () => {
  const { store, count, soon } = opened();
  const codes = store.adapter('DeviceCode');
  for (let index = 0; index < 1_010; index += 1) {
    await codes.upsert(`d${index}`, { userCode: `U${index}`, exp: soon }, 600);
  }
  expect(count('DeviceCode').n).toBe(1_000);
  expect(await codes.findByUserCode('U1009')).toBeDefined();
});

test('an entry that is damaged is as good as none', async () => {
  const { store, database, soon } = opened();
  const codes = store.adapter('DeviceCode');
  await codes.upsert('d', { userCode: 'U', exp: soon }, 600);
  database.prepare("UPDATE oidc SET payload = '{'").run();
  expect(await codes.find('d')).toBeUndefined();
  expect(store.pendingUserCodes()).toEqual([]);
  await codes.upsert('e', { userCode: 'V', exp: soon }, 600);
  expect(store.pendingUserCodes()).toEqual(['V']);
});
