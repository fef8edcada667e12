import { describe, expect, test } from 'vitest';
import { type Fields, lists, session, standIn } from '../stand-in.js';

const hours = (count: number) =>
  new Date(Date.parse('2026-08-06T12:00:00Z') + count * 3_600_000).toISOString();
const job = (name: string, status: string): Fields => ({ name, status, type: 'headless' });
const existing = [
  session('done0001', job('fit-1', 'Completed')),
  session('done0002', job('fit-2', 'Failed')),
  session('runs0001', { ...job('fit-3', 'Running'), expiryTime: hours(5) }),
  session('note0001', { name: 'nb', type: 'notebook', status: 'Running', expiryTime: hours(50) }),
  session('desk0001', { name: 'desk', type: 'desktop', status: 'Pending' }),
  session('desk0001', { name: 'xterm', type: 'desktop-app', status: 'Running', appid: 'abc' }),
];

/** A platform with these sessions that can be deleted and renewed. */
const platform = () =>
  standIn(({ method, path }) => {
    const id = /session\/(\w+)/.exec(path)?.[1];
    if (method !== 'GET') return { headers: { 'content-type': 'text/plain' }, body: '' };
    const found = existing.find((one) => one['id'] === id);
    if (id === undefined) return { body: JSON.stringify(existing) };
    return found === undefined
      ? {
          status: 404,
          headers: { 'content-type': 'text/plain' },
          body: `session ${id} not found\n`,
        }
      : { body: JSON.stringify(found) };
  });

const changed = (received: readonly { method: string; path: string }[]) =>
  received
    .filter(({ method }) => method !== 'GET')
    .map(({ path }) => path.split('/').at(-1))
    .sort();

describe('delete by conditions', () => {
  test.each<[string[], string[]]>([
    [['--all'], ['desk0001', 'done0001', 'done0002', 'note0001', 'runs0001']],
    [['--kind', 'headless', '--status', 'Completed'], ['done0001']],
    [['--status', 'succeeded'], ['done0001']],
    [
      ['--filter', 'name=fit-*', '--filter', 'status=Completed,Failed'],
      ['done0001', 'done0002'],
    ],
    [
      ['--filter', 'status!=Running', '-k', 'headless'],
      ['done0001', 'done0002'],
    ],
  ])('%j', async (words, ids) => {
    const { skaha, server } = await platform();
    const deleted = await skaha(['delete', '--yes', ...words, '--json']);
    expect(deleted.status).toBe(0);
    expect(changed(server.received)).toEqual(ids);
    const documents: { id: string; ok: boolean }[] = JSON.parse(deleted.stdout);
    expect(documents.map(({ id }) => id).sort()).toEqual(ids);
    expect(documents.every(({ ok }) => ok)).toBe(true);
  });

  test.each([
    [['--all', 'nb'], /cannot be used together/],
    [[], /SESSION is missing/],
    [['--filter', 'staus!=Running'], /There is no field 'staus'/],
    [['--filter', 'name'], /is not a filter/],
    [['--kind', 'nootbook'], /Did you mean 'notebook'/],
  ])('refused: %j', async (words, message) => {
    const { skaha, server } = await platform();
    const refused = await skaha(['delete', '--yes', ...words]);
    expect(refused).toMatchObject({ status: 2, stdout: '' });
    expect(refused.stderr).toMatch(message);
    expect(changed(server.received)).toEqual([]);
  });

  test('asks with the names', async () => {
    const { skaha, server } = await platform();
    const declined = await skaha(['delete', '--kind', 'headless'], {
      terminal: { inIsTty: true },
      stdin: 'n\n',
    });
    expect(declined.stderr).toContain('Delete 3 sessions: fit-1 (done0001)');
    expect(changed(server.received)).toEqual([]);
  });

  test('nothing fits', async () => {
    const { skaha } = await platform();
    const none = await skaha(['delete', '--yes', '--kind', 'carta']);
    expect(none).toMatchObject({ status: 0, stdout: '', stderr: 'No session matches.\n' });
    expect((await skaha(['delete', '-y', '-k', 'carta', '--json'])).stdout).toBe('[]\n');
  });

  test('tells how far it is', async () => {
    const { skaha } = await platform();
    const deleted = await skaha(['delete', '-y', '-k', 'headless', '-q', '--progress', 'json']);
    const steps = deleted.stderr.trimEnd().split('\n');
    expect(steps.map((line) => JSON.parse(line))).toMatchObject([
      { event: 'delete', phase: 'deleted', done: 1, total: 3 },
      { done: 2 },
      { done: 3, total: 3 },
    ]);
  });
});

describe('renew by conditions', () => {
  test.each<[string[], string[]]>([
    [['--all'], ['note0001', 'runs0001']],
    [['--filter', 'name=nb'], ['note0001']],
    [['--when-below', '24h'], ['runs0001']],
    [['--when-below', '24h', 'nb', 'fit-3'], ['runs0001']],
    [['--kind', 'notebook', '--when-below', '1h'], []],
  ])('%j', async (words, ids) => {
    const { skaha, server } = await platform();
    const renewed = await skaha(['renew', ...words, '--json']);
    expect({ status: renewed.status, stderr: renewed.stderr }).toEqual({ status: 0, stderr: '' });
    expect(changed(server.received)).toEqual(ids);
    const documents: { id: string }[] = JSON.parse(renewed.stdout);
    expect(documents.map(({ id }) => id).sort()).toEqual(ids);
  });

  test('what has enough time left is mentioned', async () => {
    const { skaha } = await platform();
    const renewed = await skaha(['renew', '--when-below', '24h']);
    expect(renewed.stderr).toBe('1 session not renewed: at least 1d left.\n');
  });
});

describe('mistyped sessions', () => {
  test.each([
    ['note0O01', "Did you mean 'note0001'?"],
    ['fit-3x', "Did you mean 'fit-3'?"],
    ['runs001', "Did you mean 'runs0001'?"],
  ])('%s', async (word, hint) => {
    const { skaha } = await platform();
    for (const command of ['info', 'open', 'delete --yes', 'renew']) {
      const missing = await skaha([...command.split(' '), word]);
      expect(missing).toMatchObject({ status: 4, stdout: '' });
      expect(missing.stderr).toContain(hint);
    }
  });

  test('one of several', async () => {
    const { skaha } = await platform();
    const some = await skaha(['info', 'note0001', 'runs0002', '--json']);
    expect(some.status).toBe(7);
    const { items } = JSON.parse(some.stderr);
    expect(items[0].error.hint).toContain("Did you mean 'runs0001'?");
  });
});

describe('wait --for expired', () => {
  const states = (...times: [status: string, hoursLeft: number][]) =>
    lists(
      // The first list finds out which session is meant.
      ...times.map(([status, left]) => [
        session('note0001', { name: 'nb', status, expiryTime: hours(left) }),
      ]),
      [],
    );

  test('is over when the lifetime is, or a platform has deleted what expired', async () => {
    const { skaha, clock } = await states(['Running', 0.0005], ['Running', 0.0005]);
    const waited = await skaha(['wait', 'nb', '--for', 'expired', '-q'], { services: { clock } });
    expect(waited).toMatchObject({ status: 0, stdout: 'note0001\n' });
  });

  test('a session that ends before ends the command with 8', async () => {
    const { skaha, clock } = await states(['Running', 9], ['Running', 9], ['Completed', 9]);
    const waited = await skaha(['wait', 'nb', '--for', 'expired'], { services: { clock } });
    expect(waited.status).toBe(8);
    expect(waited.stderr).toContain('ended as Completed before its lifetime was over');
  });

  test('gone before that is no expiry', async () => {
    const { skaha, clock } = await states(['Running', 9], ['Running', 9]);
    const waited = await skaha(['wait', 'nb', '--for', 'expired'], { services: { clock } });
    expect(waited.status).toBe(8);
    expect(waited.stderr).toContain('was deleted before its lifetime was over');
  });
});
