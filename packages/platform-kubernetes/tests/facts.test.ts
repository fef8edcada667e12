import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { ClusterEvent, Job, Pod } from '../src/client/types.js';
import {
  endOf,
  jobFacts,
  noteOf,
  podFacts,
  queueNote,
  refusalOf,
  standingOf,
  startFailure,
} from '../src/facts.js';

/** As the real API server said it: recorded.kubernetes.test.ts writes it and holds it against one. */
function recorded(name: string) {
  const path = new URL(`./recorded/${name}.json`, import.meta.url);
  const { job, pod } = JSON.parse(readFileSync(path, 'utf8')) as { job: Job; pod: Pod | null };
  return { job: jobFacts(job), pod: pod === null ? undefined : podFacts(pod) };
}

const at = Date.parse('2026-11-29T12:00:00Z');

test.each([
  ['pods "x" is forbidden: violates PodSecurity "baseline:latest": hostPath volumes', true],
  [
    "pods \"x\" is forbidden: ValidatingAdmissionPolicy 'images' with binding 'all' denied request: no",
    true,
  ],
  ['admission webhook "images.example.org" denied the request: not signed', true],
  ['pods "x" is forbidden: maximum cpu usage per Container is 1, but limit is 2', true],
  ['pods "x" is forbidden: exceeded quota: one, requested: pods=1', false],
  ['Internal error occurred: failed calling webhook "a.example.org"', false],
])('%s: for good is %s', (words, isForGood) => {
  const note = {
    level: 'Warning',
    reason: 'FailedCreate',
    message: `Error creating: ${words}`,
  } as const;
  expect(refusalOf(note)).toBe(isForGood ? words : undefined);
  expect(refusalOf({ ...note, reason: 'FailedMount' })).toBeUndefined();
});

describe('what a cluster says of a session', () => {
  test('it runs, since its command began', () => {
    const { job, pod } = recorded('running');
    expect(standingOf(job, pod)).toEqual({ state: 'running', at });
    expect(job).toMatchObject({ key: 'key', instance: 'one', lifetimeSeconds: 86_400 });
  });

  test.each([
    ['completed', { status: 0, at, cause: undefined }],
    ['failed', { status: 3, at, cause: undefined }],
    ['out-of-memory', { status: 137, at, cause: { reason: 'OOMKilled' } }],
  ])('%s: its status, its time and its cause', (name, end) => {
    const { job, pod } = recorded(name);
    expect(standingOf(job, pod)).toEqual({ state: 'ended' });
    expect(endOf(job, pod, false)).toEqual(end);
  });

  test('its lifetime is over', () => {
    const { job, pod } = recorded('deadline');
    expect(endOf(job, pod, false).cause).toEqual({ reason: 'DeadlineExceeded' });
    expect(endOf(job, pod, true).cause).toBeUndefined();
  });

  test('a program that is not there was never started', () => {
    const { pod } = recorded('no-program');
    if (pod === undefined) throw new Error('there is no pod');
    expect(startFailure(pod)).toContain('exec: "no-such-command"');
    const { pod: failed } = recorded('failed');
    if (failed === undefined) throw new Error('there is no pod');
    expect(startFailure(failed)).toBeUndefined();
  });

  test('an image that cannot be had leaves it starting', () => {
    const { job, pod } = recorded('no-image');
    expect(standingOf(job, pod)).toEqual({ state: 'starting' });
  });

  test('what is started again is starting until it runs, and runs since its pod began', () => {
    const waiting = recorded('restarting');
    expect(standingOf(waiting.job, waiting.pod)).toEqual({ state: 'starting' });
    expect(waiting.pod).toMatchObject({ isRestarting: true, exit: { status: 5 } });
    const { job, pod } = recorded('restarted');
    expect(standingOf(job, pod)).toEqual({ state: 'running', at });
    expect(pod).toMatchObject({ restarts: 1, exit: undefined, crash: { status: 4 } });
  });

  test('what was started again too often has the status of its last failure', () => {
    const { job, pod } = recorded('restarted');
    const end = { isComplete: false, reason: 'BackoffLimitExceeded', message: '', at };
    const last = pod && { ...pod, exit: { status: 137, reason: 'Error', message: '', at } };
    expect(endOf({ ...job, end }, last, false)).toEqual({ status: 4, at, cause: undefined });
  });

  test('suspended it waits, whatever pod there still is', () => {
    const { job, pod } = recorded('running');
    expect(standingOf({ ...job, isSuspended: true }, pod)).toEqual({ state: 'queued' });
    expect(standingOf(job, undefined)).toEqual({ state: 'queued' });
    expect(standingOf(undefined, pod)).toEqual({ state: 'gone' });
  });

  test('what took it away is its cause', () => {
    const { pod } = recorded('failed');
    if (pod === undefined) throw new Error('there is no pod');
    const cause = (reason: string) =>
      endOf(undefined, { ...pod, disruption: { reason, message: 'words' } }, false).cause;
    expect(cause('EvictionByEvictionAPI')).toEqual({ reason: 'Evicted', message: 'words' });
    expect(cause('DeletionByTaintManager')).toEqual({ reason: 'NodeLost', message: 'words' });
    expect(cause('PreemptionByScheduler')).toEqual({ reason: 'Preempted', message: 'words' });
    expect(endOf(undefined, pod, false).cause).toEqual({ reason: 'Deleted' });
    expect(endOf(undefined, pod, true)).toMatchObject({ status: 3, cause: undefined });
  });
});

test('events keep their words and their times, and those that say nothing are left out', () => {
  const event = (more: Partial<ClusterEvent>): ClusterEvent => ({
    metadata: { name: 'e' },
    type: 'Normal',
    reason: 'Scheduled',
    message: 'Successfully assigned a to b\n',
    involvedObject: { kind: 'Pod', name: 'p' },
    lastTimestamp: null,
    eventTime: '2026-11-29T12:00:00.000000Z',
    ...more,
  });
  expect(noteOf(event({}))).toEqual({
    level: 'Normal',
    reason: 'Scheduled',
    message: 'Successfully assigned a to b',
    at,
  });
  expect(noteOf(event({ reason: 'Started' }))).toBeUndefined();
  expect(noteOf(event({ reason: 'Failed', type: 'Warning' }))?.level).toBe('Warning');
  const over = { reason: 'DeadlineExceeded', involvedObject: { kind: 'Job', name: 'j' } };
  expect(noteOf(event(over))).toBeUndefined();
});

test('a queue tells why a session waits, and for whom it lost its place', () => {
  const conditions = (...all: [string, 'True' | 'False', string][]) => ({
    metadata: {},
    status: {
      conditions: all.map(([type, status, reason]) => ({ type, status, reason, message: 'words' })),
    },
  });
  const waiting = queueNote(conditions(['QuotaReserved', 'False', 'Pending']));
  expect(waiting).toEqual({ level: 'Normal', reason: 'Pending', message: 'words' });
  const preempted = conditions(['Evicted', 'True', 'Preempted'], ['Preempted', 'True', 'InQueue']);
  expect(queueNote(preempted)).toMatchObject({ level: 'Warning', reason: 'Preempted' });
  expect(queueNote(conditions(['QuotaReserved', 'True', 'QuotaReserved']))).toBeUndefined();
  expect(queueNote({ metadata: {} })).toBeUndefined();
});
