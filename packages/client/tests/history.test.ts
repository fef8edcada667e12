import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  type EndRecord,
  launchLog,
  launchLogPath,
  launchRecord,
  sessionOutcomes,
} from '../src/history.js';

async function logFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'skaha-history-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'launches.jsonl');
}

const spec = { name: 'fit', image: 'a/b:1', cmd: './fit.sh', args: ['-v'] };
const where = { server: 'https://host.example/skaha', at: 1_000 };
const end: EndRecord = {
  id: 'a',
  status: 'Completed',
  startTime: '2026-01-01T00:00:00Z',
  endTime: '2026-01-01T00:01:30Z',
  exitStatus: 0,
  reason: null,
};

describe('the record of a launch', () => {
  test('holds what a file of options would, and no secret', () => {
    const env = { BAND: 'r', API_TOKEN: 'hush' };
    const sessions = [{ id: 'a', name: 'fit' }];
    const options = { retries: 2, backoffMs: 500, atomic: false };
    const record = launchRecord({ spec: { ...spec, env }, options, sessions, ...where });
    expect(record).toEqual({
      time: '1970-01-01T00:00:01.000Z',
      server: where.server,
      specification: {
        kind: 'headless',
        image: 'a/b:1',
        name: 'fit',
        command: ['./fit.sh', '-v'],
        env: { BAND: 'r' },
        retries: 2,
        backoff: '500ms',
      },
      rows: undefined,
      withheld: ['API_TOKEN'],
      sessions,
      total: 1,
    });
  });

  test('holds the rows, and the names of some of many sessions', () => {
    const rows = [{ BAND: 'r', KEY_SECRET: 'x' }, { BAND: 'g' }];
    const sessions = Array.from({ length: 120 }, (_, at) => ({ id: `i${at}`, name: `n${at}` }));
    const record = launchRecord({ spec: { ...spec, rows }, sessions, ...where });
    expect(record.rows).toEqual([{ BAND: 'r' }, { BAND: 'g' }]);
    expect(record.withheld).toEqual(['KEY_SECRET']);
    expect([record.sessions.length, record.total]).toEqual([100, 120]);
  });

  test('is read as it was added', async () => {
    const log = launchLog(await logFile());
    const record = launchRecord({ spec, sessions: [{ id: 'a', name: 'fit' }], ...where });
    await log.add(record);
    expect(await log.read()).toEqual([{ ...record, isShortened: false }]);
  });
});

test('of two ends of a session the first counts', async () => {
  const log = launchLog(await logFile());
  expect(await log.ends()).toEqual(new Map());
  await log.addEnds([end, { ...end, status: 'Deleted' }]);
  expect(await log.ends()).toEqual(new Map([['a', end]]));
});

test('what became of sessions is what was recorded, else what is listed', () => {
  const startTime = new Date('2026-01-01T00:00:00.500Z');
  const listed = ['a', 'b'].map((id) => ({ id, status: 'Running', startTime }));
  const outcomes = sessionOutcomes(new Map([['a', end]]), listed);
  expect(outcomes.get('a')).toMatchObject({ status: 'Completed', durationSeconds: 90 });
  expect(outcomes.get('b')).toEqual({
    status: 'Running',
    startTime: '2026-01-01T00:00:00Z',
    endTime: null,
    durationSeconds: null,
    exitStatus: null,
    reason: null,
  });
});

test('it is kept where the desktop rules say', () => {
  const HOME = '/home/ada';
  const usual = '/home/ada/.local/state/skaha/launches.jsonl';
  expect(launchLogPath({ HOME })).toBe(usual);
  expect(launchLogPath({ HOME, XDG_STATE_HOME: 'relative' })).toBe(usual);
  expect(launchLogPath({ HOME, XDG_STATE_HOME: '/state' })).toBe('/state/skaha/launches.jsonl');
});
