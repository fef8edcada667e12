import { chmodSync, closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { PlatformError } from '@skaha/service/errors.js';
import type Database from 'libsql';
import type { SessionRecord } from '../sessions/record.js';
import { columnsOf } from './ended-sessions.js';

/** The version of the state that this platform writes. */
export const schemaVersion = 3;

const addedColumns = [
  "kind TEXT NOT NULL DEFAULT ''",
  "phase TEXT NOT NULL DEFAULT ''",
  'sequence INTEGER NOT NULL DEFAULT 0',
  'due INTEGER',
  'turn REAL',
  'started INTEGER',
];

/** The migration from each version to the next. */
const steps: Readonly<Record<number, (database: Database.Database) => void>> = {
  // Version 1 did not record admission, so a session that never started never ended.
  1: (database) => {
    const rows = database.prepare('SELECT record FROM sessions').all() as { record: string }[];
    const update = database.prepare('UPDATE sessions SET record = ? WHERE key = ?');
    for (const { record } of rows) {
      const session = parsed(record);
      // Damaged: it is set aside when all records are loaded.
      if (session === undefined) continue;
      const { life, createdAt } = session;
      if (life.phase === 'queued' || life.admittedAt !== undefined) continue;
      const admittedAt = life.startedAt ?? createdAt;
      update.run(JSON.stringify({ ...session, life: { ...life, admittedAt } }), session.key);
    }
  },
  // Version 2 had no indexed columns: all sessions were loaded at every start.
  2: (database) => {
    for (const column of addedColumns) database.exec(`ALTER TABLE sessions ADD COLUMN ${column}`);
    const update = database.prepare(
      'UPDATE sessions SET kind = ?, phase = ?, sequence = ?, due = ?, turn = ?, started = ? WHERE key = ?',
    );
    const rows = database.prepare('SELECT record FROM sessions').all() as { record: string }[];
    for (const { record } of rows) {
      const session = JSON.parse(record) as SessionRecord;
      update.run(...columnsOf(session), session.key);
    }
  },
};

/** A record that has at least the member `life`. */
function parsed(record: string): SessionRecord | undefined {
  try {
    const session = JSON.parse(record) as Partial<SessionRecord> | null;
    return typeof session?.life === 'object' ? (session as SessionRecord) : undefined;
  } catch {
    return undefined;
  }
}

/** The path of the backup of the state before a migration. */
export const backupPath = (path: string, version: number): string => `${path}.v${version}`;

/**
 * Migrates the state to the version of this platform, and keeps a backup of the old state next to
 * it. If it is killed, it leaves either the old state or the new one.
 *
 * @param database - locked by this process, with the tables of version 1
 * @param path - its file
 * @throws {PlatformError} `platform.storage` if a newer platform wrote it
 */
export function migrate(database: Database.Database, path: string): void {
  const found = versionOf(database);
  if (found === schemaVersion) return;
  if (found !== undefined && !(found in steps)) {
    const message =
      `The state in ${path} was written by a newer platform: its format is ${found}, ` +
      `and this one knows formats up to ${schemaVersion}.`;
    throw new PlatformError('platform.storage', message, {
      hint: 'Update skaha-platform, or use another directory with --data.',
    });
  }
  if (found !== undefined) backUp(database, path, found);
  database.exec('BEGIN EXCLUSIVE');
  try {
    for (let version = found ?? schemaVersion; version < schemaVersion; version += 1) {
      steps[version]?.(database);
    }
    database
      .prepare('INSERT OR REPLACE INTO facts VALUES (?, ?)')
      .run('schema', String(schemaVersion));
    database.exec('COMMIT');
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}

/** Undefined for a new state; an unreadable version counts as newer. */
function versionOf(database: Database.Database): number | undefined {
  const row = database.prepare('SELECT value FROM facts WHERE name = ?').get('schema');
  return row === undefined ? undefined : Number((row as { value: string }).value);
}

function backUp(database: Database.Database, path: string, version: number): void {
  const backup = backupPath(path, version);
  // The first backup is the one to keep: another attempt must not overwrite it.
  if (existsSync(backup)) return;
  const temporary = `${backup}.tmp`;
  rmSync(temporary, { force: true });
  // It contains secrets of logins.
  closeSync(openSync(temporary, 'wx', 0o600));
  database.prepare('VACUUM INTO ?').run(temporary);
  chmodSync(temporary, 0o600);
  const file = openSync(temporary, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, backup);
}
