import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type LifeEvent, nextDue, transition } from '../../src/sessions/lifecycle.js';
import { holdsResources, isFinished, type Life, type Phase } from '../../src/sessions/record.js';

const queued: Life = { phase: 'queued', deadlineSeconds: 100 };
const start = 1_000_000;

/** Feeds events to a life and collects the effects. */
function run(events: readonly LifeEvent[], life: Life = queued) {
  const effects: string[] = [];
  let now = life;
  for (const event of events) {
    const next = transition(now, event);
    now = next.life;
    for (const effect of next.effects) {
      effects.push(effect.type === 'note' ? effect.reason : effect.type);
    }
  }
  return { life: now, effects };
}

const admitted: LifeEvent = { type: 'admitted', at: start };
const started: LifeEvent = { type: 'started', at: start };
const exited = (status: number | undefined, at = start + 5_000): LifeEvent => ({
  type: 'exited',
  at,
  status,
});
const deleted: LifeEvent = { type: 'deleted', at: start };

describe('the ordinary life', () => {
  test('a session that succeeds is launched, started, completed and forgotten', () => {
    const { life, effects } = run([admitted, started, exited(0), { type: 'forgotten', at: start }]);
    expect(life).toMatchObject({ phase: 'gone', startedAt: start, finishedAt: start + 5_000 });
    expect(effects).toEqual(['launch', 'Started', 'Completed', 'purge']);
  });

  test.each([
    [1, 'The command ended with exit status 1'],
    [126, 'The command ended with exit status 126: it is not executable'],
    [127, 'The command ended with exit status 127: it was not found in this session'],
    [137, 'The command ended with exit status 137 (signal 9)'],
    [undefined, 'The command ended without leaving an exit status'],
  ])('exit status %s fails the session and says why', (status, message) => {
    const running = run([admitted, started]).life;
    const { life, effects } = transition(running, exited(status));
    expect(life).toMatchObject({ phase: 'failed', exitStatus: status });
    expect(effects).toEqual([{ type: 'note', level: 'Warning', reason: 'Failed', message }]);
  });

  test('a command that ends before its start was noticed still has a start', () => {
    const { life } = run([admitted, exited(0)]);
    expect(life).toMatchObject({ phase: 'completed', startedAt: start + 5_000 });
  });

  test('an end is never before its start, whatever the clocks say', () => {
    const { life } = run([admitted, started, exited(0, start - 60_000)]);
    expect(life.finishedAt).toBe(start);
  });

  test('no lifetime begins before its place was given, whatever the clock of its node says', () => {
    const behind: LifeEvent = { type: 'started', at: start - 3_600_000 };
    expect(run([admitted, behind]).life.startedAt).toBe(start);
  });

  test('a refused session fails at once', () => {
    const { life, effects } = run([{ type: 'refused', at: start, reason: 'no notebook here' }]);
    expect(life).toMatchObject({ phase: 'failed', startedAt: start, finishedAt: start });
    expect(effects).toEqual(['Failed']);
  });
});

test('a session that used up its memory says so, also when its command got over it', () => {
  const killed = { ...exited(137), cause: { reason: 'OOMKilled' } } as LifeEvent;
  expect(run([admitted, started, killed])).toMatchObject({
    life: { phase: 'failed', exitStatus: 137 },
    effects: ['launch', 'Started', 'OOMKilled', 'Failed'],
  });
  const survived = { ...exited(0), cause: { reason: 'OOMKilled' } } as LifeEvent;
  expect(run([admitted, started, survived])).toMatchObject({
    life: { phase: 'completed' },
    effects: ['launch', 'Started', 'OOMKilled', 'Completed'],
  });
});

test('a session whose launch turns out to have failed ends in every phase', () => {
  const refused: LifeEvent = { type: 'refused', at: start, reason: 'no room on the disk' };
  expect(run([admitted, refused]).life.phase).toBe('failed');
  expect(run([admitted, started, refused]).life.phase).toBe('failed');
  expect(run([admitted, deleted, refused])).toMatchObject({
    life: { phase: 'gone' },
    effects: ['launch', 'terminate', 'purge'],
  });
  expect(run([admitted, { type: 'expired', at: start }, refused]).life.phase).toBe('failed');
});

describe('ends from outside', () => {
  test('expiry terminates, stays visible, and fails whatever the exit status', () => {
    const { life, effects } = run([admitted, started, { type: 'expired', at: start }, exited(0)]);
    expect(life.phase).toBe('failed');
    expect(effects).toEqual(['launch', 'Started', 'DeadlineExceeded', 'terminate', 'Failed']);
  });

  test('deleting a running session terminates it and purges it once it has ended', () => {
    const { life, effects } = run([admitted, started, deleted, exited(143)]);
    expect(life.phase).toBe('gone');
    expect(effects).toEqual(['launch', 'Started', 'terminate', 'purge']);
  });

  test('deleting a session that is being stopped does not terminate it twice', () => {
    const { effects } = run([
      admitted,
      started,
      { type: 'expired', at: start },
      deleted,
      exited(0),
    ]);
    expect(effects.filter((effect) => effect === 'terminate')).toHaveLength(1);
    expect(effects.at(-1)).toBe('purge');
  });

  test('a queued session is deleted without ever being launched', () => {
    expect(run([deleted, admitted]).effects).toEqual(['purge']);
  });

  test('stopping the platform fails what runs and what waits', () => {
    const stopped: LifeEvent = { type: 'stopped', at: start };
    expect(run([stopped]).life.phase).toBe('failed');
    expect(run([admitted, started, stopped, exited(143)])).toMatchObject({
      life: { phase: 'failed', ending: 'The platform was stopped' },
      effects: ['launch', 'Started', 'Killing', 'terminate', 'Failed'],
    });
  });
});

describe('renewal', () => {
  const renewed = (at: number, lifetimeSeconds: number): LifeEvent => ({
    type: 'renewed',
    at,
    lifetimeSeconds,
  });

  test('it never shortens a life', () => {
    expect(run([admitted, started, renewed(start + 10_000, 20)]).life.deadlineSeconds).toBe(100);
  });

  test('it sets the end to now plus the lifetime', () => {
    const { life } = run([admitted, started, renewed(start + 10_900, 100)]);
    expect(life.deadlineSeconds).toBe(110);
    expect(nextDue(life, 0)).toBe(start + 110_000);
  });

  test('a session that never starts is over when its life would be', () => {
    const { life } = run([{ type: 'admitted', at: start }]);
    expect(nextDue(life, 0)).toBe(start + 100_000);
    const over = transition(life, { type: 'expired', at: start + 100_000 });
    expect(over.life.phase).toBe('stopping');
    expect(over.effects.at(-1)).toEqual({ type: 'terminate' });
  });

  test('only a running session can be renewed', () => {
    expect(run([renewed(start, 1_000)]).life).toEqual(queued);
    const finished = run([admitted, started, exited(0)]).life;
    expect(transition(finished, renewed(start, 1_000)).life).toBe(finished);
  });
});

describe('properties', () => {
  const instant = fc.integer({ min: 0, max: 4_000_000_000_000 });
  const event: fc.Arbitrary<LifeEvent> = fc.oneof(
    fc.record({ type: fc.constantFrom('admitted', 'started', 'expired'), at: instant }),
    fc.record({ type: fc.constantFrom('stopped', 'deleted', 'forgotten'), at: instant }),
    fc.record({ type: fc.constant('refused' as const), at: instant, reason: fc.string() }),
    fc.record({
      type: fc.constant('exited' as const),
      at: instant,
      status: fc.option(fc.integer({ min: 0, max: 255 }), { nil: undefined }),
    }),
    fc.record({
      type: fc.constant('renewed' as const),
      at: instant,
      lifetimeSeconds: fc.integer({ min: 1, max: 1_000_000 }),
    }),
  );
  const story = fc.array(event, { maxLength: 30 });
  const allowed: Readonly<Record<Phase, readonly Phase[]>> = {
    queued: ['queued', 'starting', 'failed', 'gone'],
    starting: ['starting', 'running', 'stopping', 'completed', 'failed', 'deleting'],
    running: ['running', 'stopping', 'completed', 'failed', 'deleting'],
    stopping: ['stopping', 'failed', 'deleting'],
    completed: ['completed', 'gone'],
    failed: ['failed', 'gone'],
    deleting: ['deleting', 'gone'],
    gone: ['gone'],
  };

  test('every step is one of the allowed ones; a finished session never runs again', () => {
    fc.assert(
      fc.property(story, (events) => {
        let life = queued;
        for (const one of events) {
          const next = transition(life, one).life;
          expect(allowed[life.phase]).toContain(next.phase);
          if (isFinished(life)) expect(holdsResources(next)).toBe(false);
          life = next;
        }
      }),
    );
  });

  test('launch, terminate and purge each happen at most once, and in this order', () => {
    fc.assert(
      fc.property(story, (events) => {
        const { effects } = run(events);
        const order = ['launch', 'terminate', 'purge'];
        const acts = effects.filter((effect) => order.includes(effect));
        expect(new Set(acts).size).toBe(acts.length);
        expect(acts).toEqual([...acts].sort((a, b) => order.indexOf(a) - order.indexOf(b)));
      }),
    );
  });

  test('the same event twice does what it does once', () => {
    fc.assert(
      fc.property(story, event, (events, one) => {
        const first = transition(run(events).life, one).life;
        expect(transition(first, one).effects).toEqual([]);
      }),
    );
  });

  test('times stay in order', () => {
    fc.assert(
      fc.property(story, (events) => {
        const { life } = run(events);
        if (life.finishedAt !== undefined) {
          expect(life.startedAt ?? Number.NaN).toBeLessThanOrEqual(life.finishedAt);
        }
      }),
      {
        examples: [
          [
            [
              { type: 'admitted', at: 0 },
              { type: 'started', at: 1 },
              { type: 'refused', at: 0, reason: 'the clock was set back' },
            ],
          ],
        ],
      },
    );
  });
});
