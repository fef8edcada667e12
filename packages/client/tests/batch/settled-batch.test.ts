import { describe, expect, test } from 'vitest';
import {
  type BatchOptions,
  type BatchSpec,
  batchProgress,
  failedSessions,
  launchedSessions,
  memoryJournal,
  runBatch,
  type SettledBatch,
  settleBatch,
} from '../../src/batch/index.js';
import { PartialError } from '../../src/errors/index.js';
import { image, type StandIn, standIn } from './stand-in.js';

const job: BatchSpec = { name: 'job', image, cmd: 'true', replicas: 3 };

async function settle(world: StandIn, options: BatchOptions = {}): Promise<SettledBatch> {
  const journal = memoryJournal();
  const outcomes = runBatch(world.connect(), job, { concurrency: 1, journal, ...options });
  return await settleBatch(outcomes, { journal, signal: options.signal });
}

describe('a batch that is settled', () => {
  test('has no error when everything was launched', async () => {
    await using world = await standIn();
    const { state, sessions, error } = await settle(world);
    expect(error).toBeUndefined();
    expect(sessions.map(({ index, name }) => [index, name])).toEqual([
      [1, 'job-1'],
      [2, 'job-2'],
      [3, 'job-3'],
    ]);
    expect(state && launchedSessions(state)).toEqual(sessions);
  });

  test('accounts for every item that has no session', async () => {
    await using world = await standIn();
    world.fates.push('ok', 'reject');
    const { sessions, error } = await settle(world);
    expect(sessions.map(({ index }) => index)).toEqual([1, 3]);
    expect(error).toMatchObject({
      code: 'partial.failure',
      message: 'Could not launch 1 of 3 sessions.',
      hint: 'Resume the batch.',
      done: sessions,
      failed: [{ index: 1, item: 'job-2', error: { code: expect.stringMatching(/^request\./) } }],
    });
  });

  test('tells one that was stopped from one that failed', async () => {
    await using world = await standIn();
    const stop = new AbortController();
    const journal = memoryJournal();
    const outcomes = runBatch(world.connect(), job, {
      journal,
      concurrency: 1,
      signal: stop.signal,
    });
    const onOutcome = () => stop.abort();
    const { sessions, error } = await settleBatch(outcomes, {
      journal,
      signal: stop.signal,
      onOutcome,
      resumeHint: 'Go on.',
    });
    expect(error).toBeInstanceOf(PartialError);
    expect(error).toMatchObject({
      message: `Cancelled after ${sessions.length} of 3 sessions were launched.`,
      hint: 'Go on.',
    });
    const { failed } = error as PartialError<unknown>;
    expect(failed.length + sessions.length).toBe(3);
    expect(failed.at(-1)?.error.code).toBe('request.aborted');
  });

  test('has no state when nothing was begun', async () => {
    await using world = await standIn();
    const journal = memoryJournal();
    const outcomes = runBatch(world.connect(), { ...job, name: '-' }, { journal });
    const settled = await settleBatch(outcomes, { journal });
    expect(settled).toMatchObject({
      state: undefined,
      sessions: [],
      error: { code: 'request.invalid' },
    });
  });

  test('names the sessions that failed', async () => {
    await using world = await standIn();
    world.statusOf = ({ name }) => (name === 'job-2' ? 'Failed' : 'Completed');
    const { sessions, error } = await settle(world, { until: 'finished', intervalMs: 10 });
    expect(error).toMatchObject({
      code: 'session.failed',
      id: sessions[1]?.id,
      message: `1 of 3 sessions failed: job-2 (${sessions[1]?.id}).`,
    });
    expect(failedSessions([])).toBeUndefined();
  });
});

describe('the progress of a batch', () => {
  test('comes from the journal and, where it was asked, from the platform', async () => {
    await using world = await standIn();
    world.fates.push('ok', 'ok', 'reject');
    const { state } = await settle(world);
    if (state === undefined) throw new Error('it was begun');
    const facts = { stage: 'incomplete', launched: 2, missing: 1, removed: 0 };
    expect(batchProgress(state)).toMatchObject({ ...facts, sessions: undefined });

    const [first, second] = launchedSessions(state);
    const { sentAt: at = 0 } = state.items[0] ?? {};
    const statuses = new Map([[first?.id ?? '', 'Failed']]);
    const soon = batchProgress(state, { statuses, at });
    expect(soon).toMatchObject(facts);
    // What is not listed yet was launched a moment ago; later it is gone.
    const none = { pending: 0, running: 0, completed: 0, failed: 1, gone: 0 };
    expect(soon.sessions).toEqual({ ...none, pending: 1 });
    const late = batchProgress(state, { statuses, at: at + 3_600_000 });
    expect(late.sessions).toEqual({ ...none, gone: 1 });
    expect(late.items).toMatchObject([
      { phase: 'failed', status: 'Failed' },
      { phase: 'gone', id: second?.id, status: undefined },
      { phase: 'rejected' },
    ]);
  });
});
