import { describe, expect, test } from 'vitest';
import { followLog } from '../../src/session/follow.js';
import { followEvents } from '../../src/session/follow-events.js';
import { readReasons } from '../../src/session/reasons.js';
import type { WaitOptions } from '../../src/session/types.js';
import { waitForSessions } from '../../src/session/wait.js';
import { watchSessions } from '../../src/session/watch.js';
import {
  coreFor,
  JumpingClock,
  type Reply,
  rejection,
  type TestServer,
  testServer,
  wireSession,
} from '../fixtures.js';

/** A server that lists one state of the sessions after the other; the last one stays. */
function states(...lists: unknown[][]) {
  return testServer((_request, count) => ({
    body: JSON.stringify(lists[Math.min(count, lists.length) - 1]),
  }));
}

const one = (status: string, fields: object = {}) => [
  wireSession('aaaa1111', { status, ...fields }),
];

describe('watch', () => {
  test('tells what appeared, changed and went', async () => {
    await using server = await states(
      [...one('Pending'), wireSession('bbbb2222')],
      [...one('Pending', { ramInUse: '1.00' }), wireSession('bbbb2222')],
      one('Running'),
      one('Completed'),
    );
    const core = coreFor(server.url, { clock: new JumpingClock() });
    const changes: string[] = [];
    for await (const { id, change, status } of watchSessions(core, ['aaaa1111', 'bbbb2222'], {})) {
      changes.push(`${id} ${change} ${status}`);
    }
    expect(changes).toEqual([
      'aaaa1111 added Pending',
      'bbbb2222 added Running',
      'aaaa1111 modified Running',
      'bbbb2222 deleted Running',
      'aaaa1111 modified Completed',
    ]);
    await core.close();
  });

  test('without ids it watches everything, until the loop is left', async () => {
    await using server = await states([], one('Running'));
    const core = coreFor(server.url, { clock: new JumpingClock() });
    for await (const change of watchSessions(core, undefined, { intervalMs: 1000 })) {
      expect(change).toMatchObject({ id: 'aaaa1111', change: 'added' });
      break;
    }
    expect(server.received.length).toBe(2);
    await core.close();
  });

  test('an id that does not exist is said at once', async () => {
    await using server = await states([]);
    const core = coreFor(server.url);
    const error = await rejection(watchSessions(core, ['aaaa1111'], {}).next());
    expect(error).toMatchObject({ code: 'session.not_found', id: 'aaaa1111' });
    await core.close();
  });

  test('passing failures slow it down; too many end it', async () => {
    const replies: Reply[] = [
      { body: '[]' },
      { status: 503 },
      { status: 503 },
      { body: JSON.stringify(one('Running')) },
    ];
    await using server = await testServer(
      (_request, count) => replies[count - 1] ?? { status: 503 },
    );
    const clock = new JumpingClock(100_000);
    const core = coreFor(server.url, { clock, retries: 0, timeoutMs: 200_000 });
    const watching = watchSessions(core, undefined, { intervalMs: 1000 });
    expect((await watching.next()).value).toMatchObject({ change: 'added' });
    expect(clock.pauses).toEqual([1000, 2000, 4000]);
    expect(await rejection(watching.next())).toMatchObject({ code: 'server.unavailable' });
    expect(server.received.length).toBe(4 + 6);
    await core.close();
  });

  test('a signal ends it', async () => {
    await using server = await states([]);
    const core = coreFor(server.url);
    const abort = new AbortController();
    const watching = watchSessions(core, undefined, { signal: abort.signal });
    const next = rejection(watching.next());
    await expect.poll(() => server.received.length).toBeGreaterThan(0);
    abort.abort(new Error('enough'));
    expect(await next).toMatchObject({ code: 'request.aborted', cause: { message: 'enough' } });
    await core.close();
  });

  test.each([0, 9, 1.5, 600_001])('an interval of %d is refused', async (intervalMs) => {
    const core = coreFor('http://127.0.0.1:9');
    const error = await rejection(watchSessions(core, undefined, { intervalMs }).next());
    expect(error).toMatchObject({ code: 'request.invalid' });
    await core.close();
  });
});

describe('wait', () => {
  const hour = 3_600_000;
  const expiring = (status: string, hoursLeft: number) =>
    one(status, {
      expiryTime: new Date(new JumpingClock().now() + hoursLeft * hour).toISOString(),
    });

  test.each<[string, WaitOptions['until'], unknown[][]]>([
    ['until a status', { status: 'terminating' }, [one('Running'), one('Terminating')]],
    ['until it expires', 'expired', [expiring('Running', 0.0005), expiring('Running', 0.0005)]],
    ['until it expires, though it is gone by then', 'expired', [expiring('Running', 0.0005), []]],
  ])('%s', async (_what, until, lists) => {
    await using server = await states(...lists);
    const core = coreFor(server.url, { clock: new JumpingClock() });
    const found = await waitForSessions(core, ['aaaa1111'], { until });
    expect(found.map(({ id }) => id)).toEqual(['aaaa1111']);
    await core.close();
  });

  test.each<[WaitOptions['until'], unknown[][], string]>([
    [{ status: 'Odd' }, [one('Completed')], 'is Completed and will not become Odd.'],
    [{ status: 'Odd' }, [one('Running'), []], 'is Running and will not become Odd.'],
    ['expired', [expiring('Completed', 9)], 'ended as Completed before its lifetime was over.'],
    ['expired', [expiring('Running', 9), []], 'was deleted before its lifetime was over.'],
  ])('%j fails once it cannot be reached any more', async (until, lists, end) => {
    await using server = await states(...lists);
    const core = coreFor(server.url, { clock: new JumpingClock() });
    const error = await rejection(waitForSessions(core, ['aaaa1111'], { until }));
    expect(error).toMatchObject({
      code: 'session.failed',
      id: 'aaaa1111',
      message: expect.stringContaining(end),
    });
    await core.close();
  });

  test('ends when the time is up, saying what is missing', async () => {
    await using server = await states(one('Pending'));
    const core = coreFor(server.url);
    const options = { until: 'running', timeoutMs: 80, intervalMs: 10 } as const;
    const error = await rejection(waitForSessions(core, ['aaaa1111'], options));
    expect(error).toMatchObject({
      code: 'wait.timeout',
      message: expect.stringContaining('aaaa1111 is Pending'),
    });
    await core.close();
  });

  test('a call that hangs does not outlast the time', async () => {
    await using server = await testServer(() => new Promise<Reply>(() => {}));
    const core = coreFor(server.url);
    const options = { until: 'finished', timeoutMs: 50 } as const;
    expect(await rejection(waitForSessions(core, ['aaaa1111'], options))).toMatchObject({
      code: 'wait.timeout',
      message: expect.stringContaining('not seen yet'),
    });
    await core.close();
  });

  test('any of several is enough when asked', async () => {
    await using server = await states([...one('Pending'), wireSession('bbbb2222')]);
    const core = coreFor(server.url);
    const options = { until: 'running', any: true } as const;
    const reached = await waitForSessions(core, ['aaaa1111', 'bbbb2222'], options);
    expect(reached.map(({ id }) => id)).toEqual(['bbbb2222']);
    await core.close();
  });

  test('a short job that completed did run', async () => {
    await using server = await states(one('Pending'), one('Succeeded'));
    const core = coreFor(server.url, { clock: new JumpingClock() });
    const [session] = await waitForSessions(core, ['aaaa1111'], { until: 'running' });
    expect(session?.status).toBe('Completed');
    await core.close();
  });

  test('a session that is deleted meanwhile is not finished', async () => {
    await using server = await states(one('Running'), []);
    const core = coreFor(server.url, { clock: new JumpingClock() });
    expect(
      await rejection(waitForSessions(core, ['aaaa1111'], { until: 'finished' })),
    ).toMatchObject({
      code: 'session.not_found',
      message: 'The session aaaa1111 was deleted while it was Running.',
    });
    await core.close();
  });

  /** A server that offers to tell ends: the list is one of the states, a session has always ended. */
  const telling = (...lists: unknown[][]) => {
    const states = [...lists];
    return testServer(({ path }) => {
      const one = /\/session\/(\w+)$/.exec(path)?.[1];
      const list = () => (states.length > 1 ? states.shift() : states[0]);
      const body = one === undefined ? list() : wireSession(one, { status: 'Completed' });
      return { headers: { 'accept-wait': '5' }, body: JSON.stringify(body) };
    });
  };
  const asked = ({ received }: TestServer) =>
    received.map(({ path, headers }) => [path.replace(/.*\/session\/?/, ''), headers['prefer']]);

  test('where the platform tells the end of the last one, no look has to be due', async () => {
    const ended = ['aaaa1111', 'bbbb2222'].map((id) => wireSession(id, { status: 'Completed' }));
    await using server = await telling([...one('Running'), wireSession('bbbb2222')], ended);
    // So long a pause does not end by itself.
    const core = coreFor(server.url, { clock: new JumpingClock() });
    const options = { until: 'finished', intervalMs: 20_000 } as const;
    await waitForSessions(core, ['aaaa1111', 'bbbb2222'], options);
    expect(asked(server)).toEqual([
      ['', undefined],
      ['bbbb2222', 'wait=5'],
      ['', undefined],
    ]);
    await core.close();
  });

  test('a list that is behind what was told is no reason to ask in a row', async () => {
    await using server = await telling(
      one('Running'),
      one('Running'),
      one('Running'),
      one('Failed'),
    );
    const clock = new JumpingClock();
    const jump = clock.sleep.bind(clock);
    let pauses = 0;
    // The first pause ends by what is told, and not before.
    clock.sleep = (milliseconds, signal) => {
      if (milliseconds !== 2_000) return jump(milliseconds, signal);
      pauses += 1;
      return jump(pauses === 1 ? 20_000 : milliseconds, signal);
    };
    const core = coreFor(server.url, { clock });
    await waitForSessions(core, ['aaaa1111'], { until: 'finished', intervalMs: 2_000 });
    expect(asked(server).filter(([id]) => id !== '')).toEqual([['aaaa1111', 'wait=5']]);
    expect(pauses).toBe(3);
    await core.close();
  });

  test('who waits for a start or a removal is told of no end', async () => {
    await using server = await telling(one('Pending'), one('Pending'), one('Running'));
    const core = coreFor(server.url, { clock: new JumpingClock() });
    await waitForSessions(core, ['aaaa1111'], { until: 'running' });
    expect(asked(server).filter(([id]) => id !== '')).toEqual([]);
    await core.close();
  });

  test('a status that nobody knows waits on', async () => {
    await using server = await states(one('Entangled'), one('Entangled'), one('Completed'));
    const core = coreFor(server.url, { clock: new JumpingClock() });
    await waitForSessions(core, ['aaaa1111'], { until: 'finished' });
    expect(server.received.length).toBe(3);
    await core.close();
  });
});

describe('follow', () => {
  /** A server with a log that grows with every look. */
  const growing = (logs: string[], statuses: string[]) => {
    let looks = 0;
    return testServer(({ path }) => {
      if (path.endsWith('view=logs')) {
        looks += 1;
        return {
          headers: { 'content-type': 'text/plain' },
          body: logs[Math.min(looks, logs.length) - 1] ?? '',
        };
      }
      const status = statuses[Math.min(looks, statuses.length - 1)] ?? '';
      if (status === 'gone') {
        return {
          status: 404,
          headers: { 'content-type': 'text/plain' },
          body: 'session aaaa1111 not found\n',
        };
      }
      return { body: JSON.stringify(one(status)[0]) };
    });
  };

  const collect = async (logs: string[], statuses: string[], options = {}) => {
    await using server = await growing(logs, statuses);
    const core = coreFor(server.url, { clock: new JumpingClock() });
    const lines: string[] = [];
    for await (const line of followLog(core, 'aaaa1111', options)) lines.push(line);
    await core.close();
    return lines;
  };

  test('holds back a line until it is complete', async () => {
    expect(
      await collect(['a\nb', 'a\nbc\n', 'a\nbc\nd'], ['Running', 'Running', 'Completed']),
    ).toEqual(['a\n', 'bc\n', 'd']);
  });

  test('only new lines, when asked', async () => {
    const statuses = ['Running', 'Completed'];
    expect(await collect(['old\n', 'old\nnew\n'], statuses, { onlyNew: true })).toEqual(['new\n']);
  });

  test('what is no text comes byte for byte, when asked', async () => {
    const every = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const bytes = [...every, 0xef, 0xbb, 0xbf];
    await using server = await testServer(({ path }) => ({
      body: path.endsWith('view=logs')
        ? Uint8Array.from(bytes)
        : JSON.stringify(one('Completed')[0]),
    }));
    const core = coreFor(server.url, { clock: new JumpingClock() });
    const read = async (encoding: 'latin1' | 'utf-8') => {
      let text = '';
      for await (const line of followLog(core, 'aaaa1111', { encoding })) text += line;
      return text;
    };
    expect([...(await read('latin1'))].map((character) => character.charCodeAt(0))).toEqual(bytes);
    expect(await read('utf-8')).toMatch(/\uFFFD\uFEFF$/);
    await core.close();
  });

  test('the last lines of what exists, then all that comes', async () => {
    const statuses = ['Running', 'Completed'];
    expect(await collect(['1\n2\n3\n', '1\n2\n3\n4\n5\n'], statuses, { tail: 1 })).toEqual([
      '3\n',
      '4\n',
      '5\n',
    ]);
    expect(await collect(['1\n', '1\n2\n'], statuses, { tail: 0 })).toEqual(['2\n']);
  });

  test.each([
    ['', 3, []],
    ['\n', 1, ['\n']],
    ['\n\n', 1, ['\n']],
    ['a\nb', 1, ['b']],
    ['a\n\nb\n', 2, ['\n', 'b\n']],
    ['a\nb\n', 9, ['a\n', 'b\n']],
  ])('of %j, the last %d', async (log, tail, lines) => {
    expect(await collect([log], ['Completed'], { tail })).toEqual(lines);
  });

  test('a deleted session ends it', async () => {
    expect(await collect(['a\n', ''], ['Running', 'gone'])).toEqual(['a\n']);
  });

  test('a session that does not exist is said at once', async () => {
    expect(await rejection(collect([''], ['gone']))).toMatchObject({ code: 'session.not_found' });
  });

  test('a number of lines that is none is refused', async () => {
    expect(await rejection(collect([''], ['Running'], { tail: -1 }))).toMatchObject({
      code: 'request.invalid',
    });
  });
});

test('the first looks may come sooner, each after twice the time of the one before', async () => {
  await using server = await states(
    ...Array.from({ length: 6 }, () => one('Pending')),
    one('Completed'),
  );
  const clock = new JumpingClock();
  const core = coreFor(server.url, { clock });
  const options = { until: 'finished', intervalMs: 300, firstMs: 50 } as const;
  await waitForSessions(core, ['aaaa1111'], options);
  expect(clock.pauses).toEqual([50, 100, 200, 300, 300, 300]);
  await core.close();
});

describe('events', () => {
  const table = (...rows: string[]) =>
    ['TYPE    REASON     MESSAGE    FIRST-TIME    LAST-TIME', ...rows].join('\n');
  const row = (reason: string, last: string) =>
    `Normal  ${reason}  It did  2026-08-06T11:00:00Z  2026-08-06T11:0${last}:00Z`;
  const text = { headers: { 'content-type': 'text/plain' } };
  /** A server on which a session has one status and table of events after the other. */
  const life = (...moments: [status: string, events: string][]) => {
    let looks = 0;
    return testServer(({ path }) => {
      const isEvents = path.includes('view=events');
      if (!isEvents) looks += 1;
      const [status = '', events = ''] = moments[Math.min(looks, moments.length) - 1] ?? [];
      if (status === 'gone') return { ...text, status: 404, body: 'session aaaa1111 not found\n' };
      if (isEvents) return { ...text, body: events };
      return { body: JSON.stringify(one(status)[0]) };
    });
  };

  async function followed(...moments: [status: string, events: string][]) {
    await using server = await life(...moments);
    const core = coreFor(server.url, { clock: new JumpingClock() });
    const found: string[] = [];
    const raw: string[] = [];
    for await (const look of followEvents(core, 'aaaa1111', {})) {
      found.push(look.events.map(({ reason }) => reason).join(' '));
      raw.push(look.raw);
    }
    await core.close();
    return { found, raw };
  }

  test('what is new or has happened again, until the session has ended', async () => {
    const { found, raw } = await followed(
      ['Pending', table(row('Pulled', '2'), row('Pulling', '1'))],
      ['Running', table(row('Pulled', '2'), row('Pulling', '1'))],
      ['Running', table(row('Pulled', '3'), row('Pulling', '1'))],
      ['Completed', table(row('Completed', '4'))],
    );
    expect(found).toEqual(['Pulling Pulled', 'Pulled', 'Completed']);
    expect(raw.at(-1)).toBe(`${row('Completed', '4')}\n`);
  });

  test('a session that is deleted meanwhile has ended', async () => {
    const { found } = await followed(['Running', table(row('Started', '1'))], ['gone', '']);
    expect(found).toEqual(['Started']);
  });

  test('one that was never there is an error', async () => {
    await using server = await life(['gone', '']);
    const core = coreFor(server.url);
    const error = await rejection(followEvents(core, 'aaaa1111', {}).next());
    expect(error).toMatchObject({ code: 'session.not_found' });
    await core.close();
  });

  test('reasons leave out sessions of which nothing can be read', async () => {
    await using server = await testServer(({ path }) =>
      path.includes('bbbb2222') ? { status: 500 } : { ...text, body: table(row('Pulling', '1')) },
    );
    const core = coreFor(server.url, { clock: new JumpingClock(), retries: 0 });
    const reasons = await readReasons(core, ['aaaa1111', 'bbbb2222'], {});
    expect([...reasons].map(([id, { reason }]) => [id, reason])).toEqual([['aaaa1111', 'Pulling']]);
    const aborted = await rejection(
      readReasons(core, ['aaaa1111'], { signal: AbortSignal.abort(new Error('enough')) }),
    );
    expect(aborted).toMatchObject({ code: 'request.aborted' });
    await core.close();
  });
});
