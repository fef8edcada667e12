import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clock, systemClock } from '@skaha/base/clock.js';
import { SkahaClient } from 'skaha/internal/client.js';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  JumpingClock,
  type Received,
  type Reply,
  rejection,
  testServer,
  wireSession,
} from '../../client/tests/fixtures.js';
import { runSkaha } from './harness.js';

const plain = { 'content-type': 'text/plain' };
const html = { 'content-type': 'text/html', server: 'nginx/1.25' };
const ingress: Reply = { status: 404, headers: plain, body: '404 page not found\n' };
const loginPage: Reply = { headers: html, body: '<!doctype html><title>Sign in</title>' };
const gone: Reply = { status: 404, headers: plain, body: 'session aaaa1111 not found\n' };

const hindrances: readonly [string, Reply][] = [
  ['an ingress', ingress],
  ['a page', loginPage],
  ['a firewall', { status: 403, headers: html, body: '<html>blocked</html>' }],
  ['a redirect', { status: 302, headers: { location: 'https://sso.example/' } }],
  ['HTTP 522', { status: 522, headers: html, body: '<html>' }],
  ['HTTP 425', { status: 425 }],
  ['HTTP 408', { status: 408 }],
];

/** A platform with one session behind something that answers in its place when told to. */
async function world() {
  const state = {
    status: 'Running',
    log: 'one\n',
    /** Answers instead of the platform; undefined lets a request pass. */
    between: (_request: Received): Reply | undefined => undefined,
  };
  const server = await testServer((request) => {
    const hindered = state.between(request);
    if (hindered !== undefined) return hindered;
    const { method, path } = request;
    if (method === 'DELETE') {
      state.status = 'gone';
      return { headers: plain, body: '' };
    }
    const session = wireSession('aaaa1111', { status: state.status, name: 'fit' });
    if (path.includes('view=logs')) return { headers: plain, body: state.log };
    if (path.endsWith('/session'))
      return { body: JSON.stringify(state.status === 'gone' ? [] : [session]) };
    return state.status === 'gone' ? gone : { body: JSON.stringify(session) };
  });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const clock = new JumpingClock(200_000);
  const client = new SkahaClient({
    url: `${server.url}/v1`,
    anonymous: true,
    clock,
    timeoutMs: 300_000,
  });
  onTestFinished(() => client.close());
  const connect = async (given: object) =>
    new SkahaClient({
      ...given,
      url: `${server.url}/v1`,
      anonymous: true,
      clock,
      timeoutMs: 300_000,
    });
  const skaha = (...argv: string[]) => runSkaha(argv, { services: { connect, clock } });
  return { state, server, client, skaha, clock };
}

/** Stands in the way of so many requests of one kind. */
function hinder(reply: Reply, times: number, isMeant: (request: Received) => boolean) {
  let left = times;
  return (request: Received) => {
    if (!isMeant(request) || left === 0) return undefined;
    left -= 1;
    return reply;
  };
}

const deletes = ({ method }: Received) => method === 'DELETE';

describe('a deletion that something else answers', () => {
  test.each(hindrances)('%s, for good: it is not claimed', async (_what, reply) => {
    const { state, skaha } = await world();
    state.between = hinder(reply, Number.POSITIVE_INFINITY, deletes);
    const { status, stdout, stderr } = await skaha('delete', 'aaaa1111', '--yes');
    expect(status).not.toBe(0);
    expect(stdout).not.toContain('deleted');
    expect(stderr).toContain('The session aaaa1111 may still be there');
    expect(state.status).toBe('Running');
  });

  test.each(hindrances)('%s, once: it is sent again', async (_what, reply) => {
    const { state, skaha } = await world();
    state.between = hinder(reply, 1, deletes);
    expect(await skaha('delete', 'aaaa1111', '--yes')).toMatchObject({
      status: 0,
      stdout: 'deleted aaaa1111 (fit)\n',
    });
    expect(state.status).toBe('gone');
  });

  test('what is gone all the same is gone', async () => {
    const { state, client } = await world();
    state.between = (request) => {
      if (!deletes(request)) return undefined;
      state.status = 'gone';
      return ingress;
    };
    expect(await client.sessions.destroy(['aaaa1111'])).toEqual([{ id: 'aaaa1111', name: 'fit' }]);
  });
});

describe('what goes on goes on', () => {
  test.each(hindrances)(
    '%s between good answers: a log is followed to its end',
    async (_what, reply) => {
      const { state, skaha } = await world();
      let logs = 0;
      state.between = ({ path }) => {
        if (!path.includes('view=logs')) return undefined;
        logs += 1;
        // Longer than the retries of one request last.
        if (logs >= 2 && logs <= 8) return reply;
        if (logs > 8) Object.assign(state, { log: 'one\ntwo\n', status: 'Completed' });
        return undefined;
      };
      expect(await skaha('logs', '-f', 'aaaa1111')).toMatchObject({
        status: 0,
        stdout: 'one\ntwo\n',
      });
    },
  );

  test.each(hindrances)('%s between good answers: waiting goes on', async (_what, reply) => {
    const { state, client } = await world();
    let lists = 0;
    state.between = ({ path }) => {
      if (!path.endsWith('/session')) return undefined;
      lists += 1;
      if (lists > 8) state.status = 'Completed';
      return lists >= 2 && lists <= 7 ? reply : undefined;
    };
    const [session] = await client.sessions.wait(['aaaa1111'], { until: 'finished' });
    expect(session?.status).toBe('Completed');
  });

  test.each([['logs'], ['events'], ['info']])('%s: a page is no data', async (command) => {
    const { state, skaha } = await world();
    state.between = hinder(loginPage, 99, ({ path }) => path.includes('/session/'));
    const { status, stdout, stderr } = await skaha(command, 'aaaa1111');
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain('Something in front of the platform (server: nginx/1.25)');
  });

  test.each([202, 204])('HTTP %d is no log', async (status) => {
    const { state, skaha } = await world();
    state.between = hinder({ status, headers: plain }, 99, ({ path }) => path.includes('view='));
    expect(await skaha('logs', 'aaaa1111')).toMatchObject({ status: 1, stdout: '' });
    expect(await skaha('events', 'aaaa1111')).toMatchObject({ status: 1, stdout: '' });
  });

  test('a wait that is worth a word is told', async () => {
    const { state, skaha } = await world();
    const busy: Reply = { status: 503, headers: { ...plain, 'retry-after': '7' }, body: 'busy' };
    state.between = hinder(busy, 1, () => true);
    const { status, stderr } = await skaha('info', 'aaaa1111');
    expect(status).toBe(0);
    expect(stderr).toMatch(/Warning: .+HTTP 503.+ Trying again in 8 seconds\./);
  });

  test.each(['info', 'logs'])('a wait longer than the patience is none: %s', async (command) => {
    const { state, skaha, clock } = await world();
    const busy: Reply = { status: 503, headers: { ...plain, 'retry-after': '300' }, body: 'busy' };
    state.between = hinder(busy, 99, ({ path }) => command === 'info' || path.includes('view='));
    const { status, stderr } = await skaha(command, 'aaaa1111');
    expect(status).toBe(6);
    expect(stderr).toContain('It asks to try again in 5 minutes, not before ');
    expect(clock.pauses).toEqual([]);
  });

  test('a log that waits says so', async () => {
    const { state, skaha } = await world();
    const busy: Reply = { status: 503, headers: { ...plain, 'retry-after': '7' }, body: 'busy' };
    state.between = hinder(busy, 5, ({ path }) => path.includes('view=logs'));
    const { status, stdout, stderr } = await skaha('logs', 'aaaa1111');
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'one\n' });
    expect(stderr.match(/Trying again in 8 seconds/g)).toHaveLength(5);
  });

  test.each(hindrances)(
    '%s between good answers: create --attach, --rm and --wait go on',
    async (_what, reply) => {
      const { state, skaha } = await world();
      let looks = 0;
      state.between = ({ method, path }) => {
        if (method === 'POST') return { headers: plain, body: 'aaaa1111\n' };
        if (!path.includes('/session')) return { body: '{}' };
        if (method === 'DELETE' || state.status === 'Completed') return undefined;
        looks += 1;
        if (looks > 9) Object.assign(state, { log: 'one\ntwo\n', status: 'Completed' });
        return looks >= 2 && looks <= 7 ? reply : undefined;
      };
      const create = ['create', 'headless', 'a.example/b/c:1', '--name', 'fit', '--attach', '--rm'];
      const { status, stdout } = await skaha(...create, '--', 'run');
      expect({ status, stdout }).toEqual({ status: 0, stdout: 'one\ntwo\n' });
      expect(state.status).toBe('gone');
    },
  );

  test.each(hindrances)(
    '%s in answer to one launch of a batch: all are launched once',
    async (_what, reply) => {
      const { state, skaha, server } = await world();
      const made: string[] = [];
      let launches = 0;
      state.between = ({ method, path, body }) => {
        if (method !== 'POST') {
          const all = made.map((name, at) => wireSession(`new0000${at}`, { name }));
          return path.endsWith('/session') ? { body: JSON.stringify(all) } : { body: '{}' };
        }
        launches += 1;
        if (launches === 2) return reply;
        made.push(new URLSearchParams(body).get('name') ?? '');
        return { headers: plain, body: `new0000${made.length - 1}\n` };
      };
      const create = ['create', 'headless', 'a.example/b/c:1', '--name', 'fit', '--replicas', '4'];
      expect(await skaha(...create, '--', 'run')).toMatchObject({ status: 0 });
      expect(made.toSorted()).toEqual(['fit-1', 'fit-2', 'fit-3', 'fit-4']);
      expect(server.received.filter(({ method }) => method === 'POST')).toHaveLength(5);
    },
  );
});

/** A clock that stands still until it is told the time. */
class StillClock implements Clock {
  #now = 0;
  #asked: () => void = () => undefined;
  readonly #sleepers = new Set<{ until: number; wake: () => void }>();

  now(): number {
    this.#asked();
    return this.#now;
  }

  /** Resolves when somebody asks for the time, as those do who heard something. */
  asked(): Promise<void> {
    return new Promise((resolve) => {
      this.#asked = resolve;
    });
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#sleepers.add({ until: this.#now + milliseconds, wake: resolve });
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  }

  /** Lets time pass, and those act whose time has come. */
  async advance(milliseconds: number): Promise<void> {
    this.#now += milliseconds;
    for (const sleeper of this.#sleepers)
      if (sleeper.until <= this.#now) {
        this.#sleepers.delete(sleeper);
        sleeper.wake();
      }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Sends each piece some time after the one before it has arrived. */
async function sendSlowly(
  outgoing: http.ServerResponse,
  pieces: readonly string[],
  clock: StillClock,
  pauseMs: number,
): Promise<void> {
  for (const piece of pieces) {
    await clock.advance(pauseMs);
    const heard = clock.asked();
    outgoing.write(piece);
    await heard;
  }
  outgoing.end();
}

/** A server that sends one body in pieces, each when it is told to. */
async function drip(send: (outgoing: http.ServerResponse) => void, clock: Clock = systemClock) {
  const server = http.createServer(({ url = '' }, outgoing) => {
    if (url.includes('view=logs')) {
      outgoing.writeHead(200, { 'content-type': 'text/plain' });
      send(outgoing);
      return;
    }
    const session = wireSession('aaaa1111');
    outgoing.writeHead(200, { 'content-type': 'application/json' });
    outgoing.end(JSON.stringify(url.endsWith('/session') ? [session] : session));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/skaha/v1`;
  const options = { url, anonymous: true, timeoutMs: 400, retries: 0, clock };
  const connect = async () => new SkahaClient(options);
  return { connect, skaha: (...argv: string[]) => runSkaha(argv, { services: { connect } }) };
}

describe('slow answers', () => {
  test('a log that flows for longer than the limit arrives', async () => {
    const clock = new StillClock();
    const lines = ['0\n', '1\n', '2\n', '3\n', '4\n', '5\n', '6\n', '7\n'];
    const { connect } = await drip((outgoing) => sendSlowly(outgoing, lines, clock, 300), clock);
    await using client = await connect();
    const [log] = await client.sessions.logs(['aaaa1111']);
    expect(log?.text).toBe(lines.join(''));
    expect(clock.now()).toBe(8 * 300);
  });

  test.each<[string, (outgoing: http.ServerResponse) => void]>([
    ['falls silent', (outgoing) => outgoing.write('begun\n')],
    ['breaks off', (outgoing) => outgoing.write('begun\n', () => outgoing.destroy())],
  ])('of a log that %s, what came is printed', async (_what, send) => {
    const { skaha } = await drip(send);
    const { status, stdout, stderr } = await skaha('logs', 'aaaa1111');
    expect({ status, stdout }).toEqual({ status: 6, stdout: 'begun\n' });
    expect(stderr).toContain('did not finish');
  });

  test('each line of a log that comes in pieces has one prefix', async () => {
    const clock = new StillClock();
    const pieces = ['on', 'e\ntw', 'o\n', 'three'];
    const { skaha } = await drip((outgoing) => sendSlowly(outgoing, pieces, clock, 30), clock);
    const { stdout } = await skaha('logs', 'aaaa1111', '--prefix');
    const [head = ''] = stdout.split('one');
    expect(head).toContain('aaaa1111');
    expect(stdout).toBe(['one', 'two', 'three'].map((line) => `${head}${line}\n`).join(''));
  });

  test('a page that never ends, in place of a log, is left', async () => {
    let isLeft: Promise<unknown> | undefined;
    const server = http.createServer((_incoming, outgoing) => {
      isLeft = once(outgoing, 'close');
      outgoing.writeHead(200, html);
      outgoing.write('<html>Sign in');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/skaha/v1`;
    await using client = new SkahaClient({ url, anonymous: true, retries: 0 });
    const reading = client.sessions.streamLog('aaaa1111', () => {});
    expect(await rejection(reading)).toMatchObject({ code: 'response.invalid' });
    await isLeft;
  });

  test('no answer at all did not answer', async () => {
    const { connect } = await drip(() => {});
    await using client = await connect();
    // The head came: then the silence counts.
    expect(await rejection(client.sessions.logs(['aaaa1111']))).toMatchObject({
      code: 'transport.timeout',
      message: expect.stringMatching(/did not (answer|finish)/),
    });
  });
});

describe('following', () => {
  /** Gives one log after the other, obeying ranges when told to. */
  async function logs(
    states: readonly (string | Buffer)[],
    hasRanges: boolean,
    encoding: 'latin1' | 'utf-8' = 'utf-8',
  ) {
    const clock = new JumpingClock();
    const ranges: (string | undefined)[] = [];
    const server = await testServer(({ path, headers }) => {
      const looks = clock.pauses.length;
      if (!path.includes('view=logs')) {
        const status = looks >= states.length ? 'Completed' : 'Running';
        return { body: JSON.stringify(wireSession('aaaa1111', { status })) };
      }
      const log = Buffer.from(states[Math.min(looks, states.length - 1)] ?? '');
      ranges.push(headers.range);
      const offer = hasRanges ? { ...plain, 'accept-ranges': 'bytes' } : plain;
      const start = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? Number.NaN);
      if (!hasRanges || Number.isNaN(start)) return { headers: offer, body: log };
      if (start >= log.length) return { status: 416, headers: offer, body: 'no' };
      const part = { ...offer, 'content-range': `bytes ${start}-${log.length - 1}/${log.length}` };
      return { status: 206, headers: part, body: log.subarray(start) };
    });
    onTestFinished(() => server[Symbol.asyncDispose]());
    const client = new SkahaClient({ url: `${server.url}/v1`, anonymous: true, clock });
    onTestFinished(() => client.close());
    const lines: string[] = [];
    for await (const line of client.sessions.follow('aaaa1111', { encoding })) lines.push(line);
    return { lines, ranges, requests: server.received.length };
  }

  test('asks for what is new alone where the server offers ranges, once a look', async () => {
    const { lines, ranges, requests } = await logs(['a\n', 'a\nb\n', 'a\nb\nc\n'], true);
    expect(lines).toEqual(['a\n', 'b\n', 'c\n']);
    expect(ranges.slice(0, 3)).toEqual([undefined, 'bytes=1-', 'bytes=2-']);
    // State and log at first; log, log; nothing new; state and the rest of the log at last.
    expect(requests).toBe(7);
  });

  test('passes over what is known where it does not', async () => {
    const { lines, ranges } = await logs(['a\n', 'a\nb\n', 'a\nb\nc\n'], false);
    expect(lines).toEqual(['a\n', 'b\n', 'c\n']);
    expect(new Set(ranges)).toEqual(new Set([undefined]));
  });

  test.each([true, false])(
    'finds its place in a log that was cut or begun again (ranges: %s)',
    async (hasRanges) => {
      const long = 'x'.repeat(3000);
      const { lines } = await logs(
        [`one\n${long}\ntwo\n`, `${long}\ntwo\nthree\n`, 'another\n', 'another\none\n'],
        hasRanges,
      );
      expect(lines).toEqual(['one\n', `${long}\n`, 'two\n', 'three\n', 'another\n', 'one\n']);
    },
  );

  test('asks for the end of a long log only', async () => {
    const long = `${'line\n'.repeat(2000)}`;
    const { ranges } = await logs([long, `${long}more\n`], true);
    expect(ranges[1]).toBe(`bytes=${10_000 - 1024}-`);
  });

  test('a question is shown when it has not grown, a bar when it is drawn again', async () => {
    expect((await logs(['Go on? ', 'Go on? ', 'Go on? yes\n'], false)).lines).toEqual([
      'Go on? ',
      'yes\n',
    ]);
    const bar = ['10%\r20%\r', '10%\r20%\r30%\r', '10%\r20%\r30%\rdone\n'];
    expect((await logs(bar, true)).lines).toEqual(['10%\r', '20%\r', '30%\rdone\n']);
  });

  test('only the bytes of a character that is not complete are held back', async () => {
    const whole = Buffer.from('é\n');
    const { lines } = await logs([whole.subarray(0, 1), whole.subarray(0, 1), whole], true);
    expect(lines.join('')).toBe('é\n');
  });

  test.each(['é', '€', '😀'])('also where bytes are given: %s', async (sign) => {
    const part = Buffer.from(`a${sign}`).subarray(0, -1);
    const whole = Buffer.from(`a${sign}\n`);
    const { lines } = await logs([part, part, part, whole], false, 'latin1');
    expect(lines.map((line) => Buffer.from(line, 'latin1').toString())).toEqual(['a', `${sign}\n`]);
  });
});

describe('what the platform itself cannot tell', () => {
  const command = async (answer: (request: Received) => Reply, ...argv: string[]) => {
    const server = await testServer(answer);
    onTestFinished(() => server[Symbol.asyncDispose]());
    const clock = new JumpingClock(200_000);
    const connect = async (given: object) =>
      new SkahaClient({
        ...given,
        url: `${server.url}/v1`,
        anonymous: true,
        clock,
        timeoutMs: 300_000,
      });
    const result = await runSkaha(argv, { services: { connect, clock } });
    return { ...result, requests: server.received.map(({ method, path }) => `${method} ${path}`) };
  };
  const context = JSON.stringify({
    cores: { default: 1, defaultRequest: 1, defaultLimit: 8, options: [1, 2, 16] },
    memoryGB: { default: 2, defaultRequest: 4, defaultLimit: 32, options: [1, 192] },
    gpus: { options: [1] },
  });

  test('without metrics the load is unknown, and the largest session is not', async () => {
    const { status, stdout, stderr } = await command(
      ({ path }) =>
        path.endsWith('/context')
          ? { body: context }
          : { status: 503, headers: plain, body: 'temporarily unavailable: null\n' },
      'stats',
    );
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^Cores +unknown\nMemory +unknown\nLargest session +16 cores with 192 GiB/,
    );
    expect(stderr).toContain('The load of the platform is not known at the moment');
  });

  test('an account that could not be looked up for a moment', async () => {
    const said =
      'unexpected exception: java.lang.RuntimeException: FAIL: PosixMapperClient.augment(S): x';
    const fault: Reply = { status: 500, headers: plain, body: `${said}\n` };
    const { status, stderr } = await command(() => fault, 'ps', '--retries', '0');
    expect(status).toBe(1);
    expect(stderr).toContain('The platform could not look up your account just now');
  });

  test('the events of a desktop with apps', async () => {
    const desktop = wireSession('aaaa1111', { type: 'desktop' });
    const { status, stderr } = await command(
      ({ path }) =>
        path.includes('view=events')
          ? { headers: plain, body: '<none>\n' }
          : { body: JSON.stringify(path.endsWith('/session') ? [desktop] : desktop) },
      'events',
      'aaaa1111',
    );
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr:
        'The platform reports no events for session aaaa1111: it cannot while a desktop has apps.\n',
    });
  });

  test('a fault of several lines is told in one, without the names of its program', async () => {
    const body =
      'unexpected exception: java.lang.RuntimeException: io.k8s.ApiException: no room\nHTTP response headers: {x=1}\n';
    const { status, stderr } = await command(() => ({ status: 500, headers: plain, body }), 'ps');
    expect(status).toBe(1);
    expect(stderr).toContain('failed with HTTP 500. It said: unexpected exception: no room');
    expect(stderr).not.toMatch(/java|headers/);
  });

  test('to be told more adds no request to a launch', async () => {
    const answer = ({ method, path }: Received): Reply => {
      if (method === 'POST') return { headers: plain, body: 'made0001\n' };
      if (path.endsWith('/context')) return { body: context };
      return { body: path.endsWith('/repository') ? '["images.canfar.net"]' : '[]' };
    };
    const words = ['create', 'headless', 'skaha/terminal:1.1.2', '--name', 'fit'];
    const plainly = await command(answer, ...words, '--', 'true');
    const debugging = await command(answer, ...words, '--log-level', 'debug', '--', 'true');
    expect(plainly.status).toBe(0);
    expect(debugging.requests.sort()).toEqual(plainly.requests.sort());
    expect(debugging.stderr).toContain('POST session');
  });
});
