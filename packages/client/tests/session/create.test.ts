import { PartialError, planCreate } from 'skaha';
import { describe, expect, test } from 'vitest';
import { createSessions } from '../../src/session/create.js';
import {
  coreFor,
  JumpingClock,
  type Received,
  type Reply,
  rejection,
  testPlatform,
  testServer,
  wireSession,
} from '../fixtures.js';

const image = 'images.canfar.net/skaha/terminal:1.1.2';
const job = { name: 'job', image, cmd: 'true' };

/** A server that keeps sessions in a list, with replies to launches as the test likes. */
function launcher(
  launch: (name: string, add: (id: string) => void, count: number) => Reply | Promise<Reply>,
) {
  const sessions: unknown[] = [];
  let count = 0;
  const answer = (request: Received): Reply | Promise<Reply> => {
    if (request.method !== 'POST') return { body: JSON.stringify(sessions) };
    const name = new URLSearchParams(request.body).get('name') ?? '';
    count += 1;
    return launch(name, (id) => sessions.push(wireSession(id, { name })), count);
  };
  return { answer, sessions };
}

const posts = (received: readonly Received[]) => received.filter(({ method }) => method === 'POST');

describe('create on a real platform', () => {
  test('a lost reply is made good by finding the session', async () => {
    await using world = await testPlatform();
    world.platform.faults.inject({ kind: 'lost-response', method: 'POST', first: 1 });
    const { ids } = await world.client.sessions.create(job);
    expect((await world.client.sessions.fetch()).map(({ id }) => id)).toEqual(ids);
  });

  test('a platform that finds launches by a key is asked for no list before', async () => {
    await using world = await testPlatform();
    await world.client.sessions.create(job);
    const before = world.platform.requests.length;
    world.platform.faults.inject({ kind: 'lost-response', method: 'POST', first: 2 });
    const both = await Promise.all([
      world.client.sessions.create(job),
      world.client.sessions.create(job),
    ]);
    const asked = world.platform.requests.slice(before);
    const lists = asked.filter(({ method }) => method === 'GET').map(({ path }) => path);
    expect(lists.length).toBeGreaterThan(0);
    for (const path of lists) expect(path).toMatch(/\/session\?launch=[0-9a-f]{32}-1$/);
    expect(asked.filter(({ method }) => method === 'POST').length).toBe(2);
    const ids = both.flatMap((one) => one.ids);
    const listed = (await world.client.sessions.fetch()).map(({ id }) => id);
    expect(new Set(ids).size).toBe(2);
    expect(listed.length).toBe(3);
    expect(listed).toEqual(expect.arrayContaining(ids));
  });

  test('one of five replicas refused: four are reported with the refusal', async () => {
    await using world = await testPlatform();
    world.platform.faults.inject({ kind: 'reject-create', every: 5, message: 'No luck.' });
    const error = await rejection(world.client.sessions.create({ ...job, replicas: 5 }));
    expect(error).toBeInstanceOf(PartialError);
    expect(error).toMatchObject({ code: 'partial.failure', hint: expect.any(String) });
    const { done, failed } = error as PartialError<{ id: string; name: string }>;
    expect(done.length).toBe(4);
    expect(failed).toMatchObject([{ error: { code: 'request.rejected', status: 400 } }]);
    const listed = (await world.client.sessions.fetch()).map(({ id }) => id).sort();
    expect(done.map(({ id }) => id).sort()).toEqual(listed);
  });

  test('tells what it sends, before it is sent', async () => {
    await using world = await testPlatform();
    const told: string[] = [];
    const { sessions } = await world.client.sessions.create({
      ...job,
      replicas: 2,
      onPlanned: ({ requests }) => told.push(...requests.map(({ name }) => name)),
      onCreated: ({ name }) => expect(told).toContain(name),
    });
    expect(told).toEqual(sessions.map(({ name }) => name));
  });

  test('cancelling reports what was launched and what was not', async () => {
    await using world = await testPlatform();
    const abort = new AbortController();
    const reason = new Error('Ctrl-C');
    const client = world.connect({ concurrency: 2 });
    const error = await rejection(
      client.sessions.create({
        ...job,
        replicas: 50,
        signal: abort.signal,
        onCreated: ({ index }) => {
          if (index === 5) abort.abort(reason);
        },
      }),
    );
    expect(error).toMatchObject({ code: 'partial.failure', cause: reason });
    const { done, failed } = error as PartialError<{ id: string }>;
    expect(done.length + failed.length).toBe(50);
    expect(failed.map((item) => item.error.code)).toEqual(failed.map(() => 'request.aborted'));
    const listed = (await world.client.sessions.fetch()).map(({ id }) => id).sort();
    expect(done.map(({ id }) => id).sort()).toEqual(listed);
  });

  test("the platform's own bounds are checked, and asked for once", async () => {
    await using world = await testPlatform();
    for (const cores of [100, 101]) {
      const error = await rejection(world.client.sessions.create({ ...job, cores }));
      expect(error).toMatchObject({
        code: 'request.invalid',
        message: expect.stringMatching(/This platform offers .* cores/),
      });
    }
    const asked = world.platform.requests.filter(({ path }) => path.endsWith('/context'));
    expect(asked.length).toBe(1);
    expect(world.platform.requests.some(({ method }) => method === 'POST')).toBe(false);
  });

  test("an image without a host gets the platform's registry and the tag latest", async () => {
    await using world = await testPlatform();
    const { ids } = await world.client.sessions.create({ ...job, image: 'skaha/node' });
    const [info] = await world.client.sessions.info(ids);
    expect(info?.image).toBe('images.canfar.net/skaha/node:latest');
  });

  test('an unknown image is refused in words', async () => {
    await using world = await testPlatform();
    const error = await rejection(world.client.sessions.create({ ...job, image: 'skaha/nothing' }));
    expect(error).toMatchObject({
      code: 'request.rejected',
      status: 400,
      message: 'The platform does not know this image, or it is private.',
    });
  });

  test('what the wire cannot carry is refused before anything is sent', async () => {
    await using world = await testPlatform();
    const error = await rejection(
      world.client.sessions.create({ ...job, args: ['a b', '$HOME'], env: { A: 'x=y' } }),
    );
    expect(error).toMatchObject({ code: 'request.invalid', hint: expect.any(String) });
    expect(world.platform.requests).toEqual([]);
  });
});

describe('create against scripted replies', () => {
  test('parameters go in the body, in order, never in the address', async () => {
    const { answer } = launcher((_name, add) => {
      add('aaaa1111');
      return { headers: { 'content-type': 'text/plain' }, body: 'aaaa1111\n' };
    });
    await using server = await testServer(answer);
    const core = coreFor(server.url);
    await createSessions(core, { ...job, args: ['-m', 'w'], env: { KEY: 's3cret' } });
    const [post] = posts(server.received);
    expect(post?.path).toBe('/skaha/v1/session');
    expect(post?.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(post?.body).toBe(
      new URLSearchParams(
        planCreate({ ...job, args: ['-m', 'w'], env: { KEY: 's3cret' } }).requests[0]?.form.map(
          ([name, value]): [string, string] => [name, value],
        ),
      ).toString(),
    );
    await core.close();
  });

  test('a launch whose reply is lost is never sent twice', async () => {
    const { answer } = launcher((_name, add) => {
      add('aaaa1111');
      return 'drop';
    });
    await using server = await testServer(answer);
    const core = coreFor(server.url, { clock: new JumpingClock() });
    expect((await createSessions(core, job)).ids).toEqual(['aaaa1111']);
    expect(posts(server.received).length).toBe(1);
    await core.close();
  });

  test('a lost reply without a session is an unknown outcome', async () => {
    await using server = await testServer(launcher(() => 'drop').answer);
    const core = coreFor(server.url, { clock: new JumpingClock() });
    expect(await rejection(createSessions(core, job))).toMatchObject({
      code: 'session.outcome_unknown',
      message: expect.stringContaining('no new session of that name'),
      cause: { code: 'transport.failure' },
    });
    expect(posts(server.received).length).toBe(1);
    await core.close();
  });

  test('where a server only says that it finds launches, nothing is taken for one', async () => {
    const { answer, sessions } = launcher((_name, add, count) => {
      if (count === 1)
        return { headers: { ...keys, 'content-type': 'text/plain' }, body: 'aaaa1111' };
      add('bbbb2222');
      return 'drop';
    });
    const keys = { 'accept-launch-key': '1' };
    sessions.push(wireSession('cccc3333', { name: 'job' }));
    await using server = await testServer(answer);
    const core = coreFor(server.url, { clock: new JumpingClock() });
    await createSessions(core, job);
    expect(await rejection(createSessions(core, job))).toMatchObject({
      code: 'session.outcome_unknown',
    });
    expect(
      posts(server.received).map(({ headers }) => headers['launch-key'] !== undefined),
    ).toEqual([false, true]);
    await core.close();
  });

  test('two new sessions of the name are named, not guessed from', async () => {
    const { answer } = launcher((_name, add) => {
      add('aaaa1111');
      add('bbbb2222');
      return 'drop';
    });
    await using server = await testServer(answer);
    const core = coreFor(server.url, { clock: new JumpingClock() });
    expect(await rejection(createSessions(core, job))).toMatchObject({
      code: 'session.outcome_unknown',
      message: expect.stringContaining('aaaa1111, bbbb2222'),
    });
    await core.close();
  });

  test('an older session of the same name is not taken for the new one', async () => {
    const { answer, sessions } = launcher((_name, add) => {
      add('bbbb2222');
      return 'drop';
    });
    sessions.push(wireSession('aaaa1111', { name: 'job' }));
    await using server = await testServer(answer);
    const core = coreFor(server.url, { clock: new JumpingClock() });
    expect((await createSessions(core, job)).ids).toEqual(['bbbb2222']);
    await core.close();
  });

  test.each([
    ['an HTML page', { headers: { 'content-type': 'text/html' }, body: '<html>log in</html>' }],
    ['a sentence', { headers: { 'content-type': 'text/plain' }, body: 'Not an id\n' }],
  ])('%s is not taken for an id', async (_what, reply) => {
    await using server = await testServer(launcher(() => reply).answer);
    const core = coreFor(server.url, { clock: new JumpingClock() });
    expect(await rejection(createSessions(core, job))).toMatchObject({
      code: 'session.outcome_unknown',
      cause: { code: 'response.invalid' },
    });
    await core.close();
  });

  test.each([
    [400, 'User ada has reached the maximum of 3 active sessions.', 'quota.exceeded'],
    [403, 'Not authorized to use the skaha system', 'authentication.denied'],
    [500, 'unexpected exception: java.lang.RuntimeException: ApiException', 'server.error'],
    [503, 'temporarily unavailable: null', 'server.unavailable'],
  ])('HTTP %i is final: %s', async (status, body, code) => {
    const headers = { 'content-type': 'text/plain' };
    await using server = await testServer(launcher(() => ({ status, headers, body })).answer);
    const core = coreFor(server.url, { clock: new JumpingClock() });
    expect(await rejection(createSessions(core, job))).toMatchObject({ code, status });
    expect(posts(server.received).length).toBe(1);
    await core.close();
  });

  test('an authentication error stops the batch', async () => {
    const { answer } = launcher(() => ({ status: 401, body: 'Token has expired' }));
    await using server = await testServer(answer);
    const core = coreFor(server.url, { concurrency: 1 });
    expect(await rejection(createSessions(core, { ...job, replicas: 20 }))).toMatchObject({
      code: 'authentication.expired',
    });
    expect(posts(server.received).length).toBe(1);
    await core.close();
  });

  test('the registry secret goes with images of its registry only', async () => {
    const { answer } = launcher((_name, add) => {
      add('aaaa1111');
      return { headers: { 'content-type': 'text/plain' }, body: 'aaaa1111\n' };
    });
    await using server = await testServer(answer);
    const registries = { 'images.canfar.net': { username: 'ü', secret: 'shh' } };
    const core = coreFor(server.url, {}, { registries });
    await createSessions(core, job);
    await createSessions(core, { ...job, image: 'other.example.org/a/b:1' });
    const [own, other] = posts(server.received);
    expect(own?.headers['x-skaha-registry-auth']).toBe(Buffer.from('ü:shh').toString('base64'));
    expect(other?.headers).not.toHaveProperty('x-skaha-registry-auth');
    const gets = server.received.filter(({ method }) => method === 'GET');
    for (const { headers } of gets) expect(headers).not.toHaveProperty('x-skaha-registry-auth');
    await core.close();
  });

  test('a platform may offer more than the general bounds', async () => {
    const quantity = { default: 1, defaultRequest: 1, defaultLimit: 8, options: [1, 1024] };
    const offer = { cores: quantity, memoryGB: quantity, gpus: { options: [64] } };
    await using server = await testServer(({ method, path }) => {
      if (method === 'POST') return { headers: { 'content-type': 'text/plain' }, body: 'aaaa1111' };
      return { body: JSON.stringify(path.endsWith('/context') ? offer : []) };
    });
    const core = coreFor(server.url);
    const large = { ...job, cores: 1024, memoryGiB: 1024, gpus: 64 };
    expect((await createSessions(core, large)).ids).toEqual(['aaaa1111']);
    await core.close();
  });

  test('general bounds hold where the platform does not say what it offers', async () => {
    await using server = await testServer(({ path }) =>
      path.endsWith('/context') ? { status: 500 } : { body: '[]' },
    );
    const core = coreFor(server.url);
    expect(await rejection(createSessions(core, { ...job, cores: 257 }))).toMatchObject({
      code: 'request.invalid',
      message: 'cores may be at most 256, not 257.',
    });
    expect(posts(server.received)).toEqual([]);
    await core.close();
  });

  test('an unclear launch is never hidden behind the cancelling of others', async () => {
    const abort = new AbortController();
    const clock = new JumpingClock();
    await using server = await testServer(async ({ method }) => {
      if (method !== 'POST') return { body: '[]' };
      abort.abort();
      return new Promise<never>(() => {});
    });
    const core = coreFor(server.url, { clock, concurrency: 1 });
    const error = await rejection(
      createSessions(core, { ...job, replicas: 3, signal: abort.signal }),
    );
    expect(error).toMatchObject({
      code: 'partial.failure',
      done: [],
      failed: [
        { item: 'job-1', error: { code: 'session.outcome_unknown' } },
        { item: 'job-2', error: { code: 'request.aborted' } },
        { item: 'job-3', error: { code: 'request.aborted' } },
      ],
    });
    await core.close();
  });

  test('a fault in the function of the caller loses nothing', async () => {
    const { answer } = launcher((_name, add, count) => {
      add(`aaaa000${count}`);
      return { headers: { 'content-type': 'text/plain' }, body: `aaaa000${count}\n` };
    });
    await using server = await testServer(answer);
    const core = coreFor(server.url, { concurrency: 1 });
    const onCreated = () => {
      throw new Error('mine');
    };
    const { ids } = await createSessions(core, { ...job, replicas: 2, onCreated });
    expect(ids).toEqual(['aaaa0001', 'aaaa0002']);
    await core.close();
  });
});
