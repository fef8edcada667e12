import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { Faults, holdOf } from '../../src/faults/faults.js';

const context = '/skaha/v1/context';
const session = '/skaha/v1/session';

const targets = (changed: () => void = () => undefined) => ({
  identity: () => () => undefined,
  changed,
});

const asked = (method: string, url: string) => {
  const request = new IncomingMessage(new Socket());
  return Object.assign(request, { method, url });
};

describe('which request meets a fault', () => {
  test('method, beginning of the path, every n-th, the first n', () => {
    const faults = new Faults([], targets());
    const meet = (method: string, path: string) => faults.meet(asked(method, path)).length;
    faults.inject({ kind: 'drop-connection', method: 'get', path: `${session}?view=stats` });
    expect([meet('GET', session), meet('POST', `${session}?view=stats`)]).toEqual([0, 0]);
    expect(meet('GET', `${session}?view=stats&x=1`)).toBe(1);
    faults.clear();
    faults.inject({ kind: 'lost-response', every: 3, first: 2 });
    const met = Array.from({ length: 12 }, () => meet('GET', context));
    expect(met).toEqual([0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  });

  test('a fault is lifted by its own function, or by name; others stay', () => {
    let changes = 0;
    const count = () => {
      changes += 1;
    };
    const faults = new Faults([{ kind: 'slow-queue' }], targets(count));
    const lift = faults.inject('slow,delayMs=5');
    expect(faults.active.map(({ kind }) => kind)).toEqual(['slow-queue', 'slow']);
    lift();
    expect(faults.active).toEqual([{ kind: 'slow-queue' }]);
    expect(holdOf(faults)).toBeDefined();
    expect(faults.meet(asked('GET', context))).toEqual([]);
    faults.inject('pull-failed');
    faults.clear('slow-queue');
    expect(faults.active).toEqual([{ kind: 'pull-failed' }]);
    faults.clear();
    expect(holdOf(faults)).toBeUndefined();
    expect(changes).toBe(5);
  });
});
