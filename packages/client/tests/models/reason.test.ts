import { describe, expect, test } from 'vitest';
import { endOf, reasonOf } from '../../src/index.js';
import { parseEvents } from '../../src/models/events.js';

const head = 'TYPE   REASON   MESSAGE   FIRST-TIME   LAST-TIME\n';
const at = (minute: number) => `2026-08-06T11:0${minute}:00Z`;
const of = (...rows: string[]) => reasonOf(parseEvents(head + rows.join('\n')));

test.each<[string, string[], string | undefined]>([
  ['nothing was noted', [], undefined],
  [
    'there is no room, told again and again without times',
    [
      'Warning  FailedScheduling  0/1 nodes: first  <nil>  <nil>',
      'Warning  FailedScheduling  0/1 nodes: second  <nil>  <nil>',
    ],
    '0/1 nodes: second',
  ],
  [
    'there was no room once',
    [
      'Warning  FailedScheduling  0/1 nodes  <nil>  <nil>',
      'Normal  Scheduled  assigned  <nil>  <nil>',
      `Normal  Pulling  Pulling image  ${at(1)}  ${at(1)}`,
    ],
    'Pulling image',
  ],
  [
    'an image cannot be had, and the shorter sentence is of the same moment',
    [
      `Warning  Failed  Failed to pull image "a/b": not found  ${at(1)}  ${at(3)}`,
      `Warning  Failed  Error: ErrImagePull  ${at(1)}  ${at(3)}`,
      `Normal  BackOff  Back-off pulling image  ${at(2)}  ${at(4)}`,
    ],
    'Failed to pull image "a/b": not found',
  ],
  [
    'the newest of several warnings stands first',
    [`Warning  Unhealthy  late  ${at(4)}  ${at(5)}`, `Warning  Failed  early  ${at(1)}  ${at(2)}`],
    'late',
  ],
  [
    'one of them has no time',
    [`Warning  Unhealthy  timed  ${at(1)}  ${at(1)}`, 'Warning  Odd  untimed  <nil>  <nil>'],
    'timed',
  ],
  [
    'another one took its place, which was noted as nothing unusual',
    [
      `Normal  Started  Container started  ${at(1)}  ${at(1)}`,
      `Normal  Preempted  Preempted by pod 1f-2 on node n1  ${at(3)}  ${at(3)}`,
      `Normal  Killing  Stopping container fit  ${at(4)}  ${at(4)}`,
      `Warning  FailedKillPod  no such container  ${at(5)}  ${at(5)}`,
    ],
    'It had to make room for another session (Preempted by pod 1f-2 on node n1)',
  ],
  [
    'the node itself needed its place',
    [`Warning  Preempting  Preempted in order to admit critical pod  ${at(3)}  ${at(3)}`],
    'It had to make room for another session (Preempted in order to admit critical pod)',
  ],
  [
    'another one took its place once, and it started again',
    [
      `Normal  Preempted  Preempted by pod 1f-2 on node n1  ${at(1)}  ${at(1)}`,
      `Normal  Started  Container started  ${at(3)}  ${at(3)}`,
    ],
    'Container started',
  ],
])('%s', (_what, rows, message) => {
  expect(of(...rows)?.message).toBe(message);
});

test.each([
  ['The command ended with exit status 3', 3],
  ['Container exited with exit code 137', 137],
  ['Job has reached the specified backoff limit', undefined],
])('%s: the exit status is %s', (message, exitStatus) => {
  expect(of(`Warning  Failed  ${message}  ${at(1)}  ${at(1)}`)?.exitStatus).toBe(exitStatus);
});

test('the exit status counts whichever event of the moment names it', () => {
  const found = of(
    `Normal  Pulled  Image "images.canfar.net/skaha/a:latest" is there already  ${at(1)}  ${at(1)}`,
    `Normal  Completed  The command ended with exit status 0  ${at(1)}  ${at(1)}`,
  );
  expect(found?.exitStatus).toBe(0);
});

test('a session that made room counts as warned of, whatever the scheduler calls it', () => {
  const reason = of(`Normal  Preempted  Preempted by pod 1f-2  ${at(3)}  ${at(3)}`);
  expect(reason).toMatchObject({ type: 'Warning', reason: 'Preempted' });
});

describe('the end', () => {
  const end = (...rows: string[]) => endOf(parseEvents(head + rows.join('\n')));

  test('is the last event that marks it, with what the command ended with', () => {
    expect(
      end(
        `Normal  Started  Container started  ${at(1)}  ${at(1)}`,
        `Warning  Failed  The command ended with exit status 3  ${at(4)}  ${at(4)}`,
      ),
    ).toEqual({
      at: new Date(at(4)),
      exitStatus: 3,
      reason: 'The command ended with exit status 3',
    });
  });

  test('is not a pull that failed and is tried again', () => {
    const pull = `Warning  Failed  Failed to pull image "a/b": not found  ${at(1)}  ${at(3)}`;
    expect(end(pull).at).toBeUndefined();
  });

  test('of a session that completed has no reason', () => {
    const done = `Normal  Completed  The command ended with exit status 0  ${at(2)}  ${at(2)}`;
    expect(end(done)).toEqual({ at: new Date(at(2)), exitStatus: 0, reason: undefined });
  });
});
