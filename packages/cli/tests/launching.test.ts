import { SkahaClient } from 'skaha/internal/client.js';
import { describe, expect, test } from 'vitest';
import type { Reply } from '../../client/tests/fixtures.js';
import { type Fields, session, standIn } from './stand-in.js';

const plain = { 'content-type': 'text/plain' };
const digest = `sha256:${'5b'.repeat(32)}`;

interface World {
  /** What the server offers; nothing can be found out when left out. */
  offers?: unknown;
  sessions?: readonly Fields[];
  launch?: Reply;
}

/** A server of one registry, which launches whatever is asked for unless told otherwise. */
async function world({ offers, sessions = [], launch }: World = {}) {
  let launched = 0;
  const all = sessions.map((fields, index) => session(`sess000${index + 1}`, fields));
  const found = await standIn(({ method, path }) => {
    if (method === 'POST' && !/session\/\w/.test(path)) {
      launched += 1;
      return launch ?? { headers: plain, body: `made000${launched}\n` };
    }
    if (path.includes('/repository')) return { body: '["r.example"]' };
    if (path.includes('/context')) {
      return offers === undefined ? { status: 500, body: '' } : { body: JSON.stringify(offers) };
    }
    const id = /session\/(\w+)/.exec(path)?.[1];
    const one = all.find((each) => each.id === id);
    if (id !== undefined && one === undefined)
      return { status: 404, headers: plain, body: `session ${id} not found\n` };
    if (method === 'DELETE') return { headers: plain, body: '' };
    if (path.includes('view=')) return { headers: plain, body: 'text\n' };
    return { body: JSON.stringify(id === undefined ? all : one) };
  });
  const launches = () =>
    found.server.received
      .filter(({ method }) => method === 'POST')
      .map(({ body }) => new URLSearchParams(body));
  return { ...found, launches };
}

const job = (...words: string[]) => ['create', 'headless', 'x/y', '-n', 'fit', ...words];

test('17: one request for each replica, numbered only when there are several', async () => {
  const { skaha, launches } = await world();
  expect((await skaha(job('--', 'ls'))).status).toBe(0);
  expect((await skaha(job('-r', '2', '--', 'ls'))).status).toBe(0);
  const sent = launches().map((parameters) => [...parameters]);
  const common = (name: string): string[][] => [
    ['name', name],
    ['image', 'r.example/x/y:latest'],
    ['type', 'headless'],
    ['cmd', 'ls'],
  ];
  const numbers = (at: number, of: number) => [
    ['env', `REPLICA_ID=${at}`],
    ['env', `REPLICA_COUNT=${of}`],
  ];
  expect(sent[0]).toEqual([...common('fit'), ...numbers(1, 1)]);
  expect(sent.slice(1)).toHaveLength(2);
  expect(sent.slice(1)).toEqual(
    expect.arrayContaining([
      [...common('fit-1'), ...numbers(1, 2)],
      [...common('fit-2'), ...numbers(2, 2)],
    ]),
  );
});

test.each([
  ['skaha/x', 'r.example/skaha/x:latest'],
  ['skaha/x:2', 'r.example/skaha/x:2'],
  ['h.example/skaha/x', 'h.example/skaha/x:latest'],
  ['h.example:5000/skaha/x:2', 'h.example:5000/skaha/x:2'],
  [`skaha/x@${digest}`, `r.example/skaha/x@${digest}`],
])('19: %s is sent as %s', async (typed, image) => {
  const { skaha, launches } = await world();
  expect((await skaha(['create', 'headless', typed, '-n', 'fit', '--', 'ls'])).status).toBe(0);
  expect(launches()[0]?.get('image')).toBe(image);
});

test.each(['desktop', 'firefly'])(
  '20: %s cannot have replicas, and sizes are ignored with a warning',
  async (kind) => {
    const { skaha, server, launches } = await world();
    const words = ['create', kind, 'x/y', '-n', 'page'];
    expect(await skaha([...words, '-r', '2'])).toMatchObject({ status: 2, stdout: '' });
    expect(launches()).toEqual([]);
    const made = await skaha([...words, '-c', '2', '-m', '4'], {
      services: {
        connect: async (given) =>
          new SkahaClient({ ...given, url: `${server.url}/v1`, anonymous: true }),
      },
    });
    expect(made.status).toBe(0);
    expect(made.stderr).toMatch(/^Warning: .*size/m);
    const keys = [...(launches()[0]?.keys() ?? [])];
    expect(keys).not.toContain('cores');
    expect(keys).not.toContain('ram');
  },
);

describe('bounds', () => {
  test.each(['0', '513', '-1', 'many'])('22: %s replicas: 2', async (count) => {
    const { skaha, launches } = await world();
    expect(await skaha(job('--replicas', count, '--', 'ls'))).toMatchObject({ status: 2 });
    expect(launches()).toEqual([]);
  });

  test.each([
    ['--cpu', '256', '257'],
    ['--memory', '512', '513'],
    ['--gpu', '28', '29'],
  ])('22: without an offer %s is at most %s', async (option, most, more) => {
    const { skaha, launches } = await world();
    expect(await skaha(job(option, more, '--', 'ls'))).toMatchObject({ status: 2, stdout: '' });
    expect(launches()).toEqual([]);
    expect((await skaha(job(option, most, '--', 'ls'))).status).toBe(0);
  });
});

test.each([
  [400, 1, 'request.rejected', 'The moon is full.'],
  [401, 3, 'authentication.required', 'Who are you?'],
  [403, 3, 'authentication.denied', 'Not authorized to use the skaha system'],
  [400, 5, 'quota.exceeded', 'User ada has reached the maximum of 3 active sessions.'],
  [500, 1, 'server.error', 'Something broke.'],
])('24: HTTP %d ends with %d and shows the words of the server', async (...expected) => {
  const [status, exit, code, text] = expected;
  const launch = { status, headers: plain, body: `${text}\n` };
  const { skaha } = await world({ launch });
  const people = await skaha(job('--', 'ls'));
  expect(people).toMatchObject({ status: exit, stdout: '' });
  expect(people.stderr).toContain(text);
  expect(people.stderr).toContain(`HTTP ${status}`);
  const programs = await skaha(job('--json', '--', 'ls'));
  expect(programs).toMatchObject({ status: exit, stdout: '' });
  expect(JSON.parse(programs.stderr)).toMatchObject({ code, status, server_message: text });
});

const one: Fields = {
  ...{ name: 'nb', type: 'notebook', status: 'Running' },
  connectURL: 'https://host.example/nb',
};

test.each([['info'], ['logs'], ['events'], ['open', '--print'], ['delete', '--yes'], ['renew']])(
  '28: %s of none: 4; of some: 7; each is named',
  async (...words) => {
    const { skaha } = await world({ sessions: [one] });
    const none = await skaha([...words, 'none0001', 'none0002']);
    expect(none).toMatchObject({ status: 4, stdout: '' });
    expect(none.stderr).toContain('none0001');
    expect(none.stderr).toContain('none0002');
    const some = await skaha([...words, 'none0001', 'sess0001']);
    expect(some.status).toBe(7);
    expect(some.stdout).not.toBe('');
    expect(some.stderr).toContain('none0001');
  },
);

test.each([
  ['delete', 'sess0001'],
  ['prune', 'nb', 'notebook', 'Running'],
  ['delete', '--all'],
])('31: %s without a terminal and --yes: 2, and nothing is deleted', async (...words) => {
  const { skaha, server } = await world({ sessions: [one] });
  const refused = await skaha(words);
  expect(refused.status).toBe(2);
  expect(refused.stderr).toContain('--yes');
  expect(server.received.filter(({ method }) => method === 'DELETE')).toEqual([]);
});

test.each([
  ['4Gi', '4'],
  ['4G', '4'],
  ['4096Mi', '4'],
  ['4', '4'],
  ['1500Mi', '2'],
])('56: --memory %s sends %s', async (typed, ram) => {
  const { skaha, launches } = await world();
  const made = await skaha(job('-m', typed, '--', 'ls'));
  expect(made.status).toBe(0);
  expect(launches()[0]?.get('ram')).toBe(ram);
  expect(made.stderr.includes('rounded up')).toBe(typed === '1500Mi');
  const small = await skaha(job('-m', '0.2Gi', '--', 'ls'));
  expect(small).toMatchObject({ status: 2, stdout: '' });
});
