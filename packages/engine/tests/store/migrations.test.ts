import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryDirectory } from '../../../../scripts/tests/temporary-directory.js';
import { backupPath, schemaVersion } from '../../src/store/migrations.js';
import { SessionStore } from '../../src/store/session-store.js';

/** A database as the first version wrote it: a session that ended, one that ran, one that waited. */
function oldState(directory: string): string {
  const path = join(directory, 'skaha.db');
  const database = new Database(path);
  database.exec(readFileSync(new URL('state-v1.sql', import.meta.url), 'utf8'));
  database.close();
  return path;
}

const open = (path: string) => {
  const store = SessionStore.open(path);
  onTestFinished(() => {
    if (store.database.open) store.close();
  });
  return store;
};

test('state of the first version is taken over, and kept beside as it was', () => {
  const path = oldState(temporaryDirectory());
  const before = readRecords(path);
  const store = open(path);
  expect(store.fact('schema')).toBe(String(schemaVersion));
  expect(store.fact('users')).toBe('adastra');
  const [done, long, waits] = store.load();
  expect(done?.record.life).toMatchObject({ phase: 'completed', exitStatus: 0 });
  expect(done?.events).toHaveLength(5);
  expect(long?.record).toMatchObject({
    name: 'long',
    workload: { args: ['6'], env: expect.arrayContaining([['BAND', 'r']]) },
    life: { phase: 'running', admittedAt: 1795460073466 },
  });
  expect(waits?.record.life).not.toHaveProperty('admittedAt');
  store.close();

  const backup = backupPath(path, 1);
  expect(readRecords(backup)).toEqual(before);
  expect(statSync(backup).mode & 0o777).toBe(0o600);
  expect(open(path).load()).toHaveLength(3);
});

test('a change that fails leaves the old state, and the next attempt succeeds', () => {
  const path = oldState(temporaryDirectory());
  const database = new Database(path);
  const trigger = "BEFORE UPDATE ON sessions BEGIN SELECT RAISE(ABORT, 'no room'); END";
  database.exec(`CREATE TRIGGER broken ${trigger}`);
  database.close();
  const before = readRecords(path);
  expect(() => SessionStore.open(path)).toThrow();
  expect(readRecords(path)).toEqual(before);
  const mended = new Database(path);
  mended.exec('DROP TRIGGER broken');
  mended.close();
  expect(open(path).load()).toHaveLength(3);
  expect(readRecords(backupPath(path, 1))).toEqual(before);
});

test('state of a newer platform is refused, says so, and is not touched', () => {
  const path = oldState(temporaryDirectory());
  const database = new Database(path);
  database.exec("UPDATE facts SET value = '99' WHERE name = 'schema'");
  database.close();
  const before = readRecords(path);
  expect(() => SessionStore.open(path)).toThrow(
    expect.objectContaining({
      code: 'platform.storage',
      message: expect.stringMatching(/written by a newer platform: its format is 99/),
      hint: expect.stringContaining('Update skaha-platform'),
    }),
  );
  expect(readRecords(path)).toEqual(before);
});

function readRecords(path: string): unknown {
  const database = new Database(path);
  const rows = database.prepare('SELECT key, record FROM sessions ORDER BY key').all() as {
    key: string;
    record: string;
  }[];
  const schema = database.prepare("SELECT value FROM facts WHERE name = 'schema'").get() as {
    value: string;
  };
  database.close();
  return { rows: rows.map(({ key, record }) => [key, record]), schema: schema.value };
}
