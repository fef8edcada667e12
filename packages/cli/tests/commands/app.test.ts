import { describe, expect, test } from 'vitest';
import { session, standIn } from '../stand-in.js';

const text = { 'content-type': 'text/plain' };
const app = (appid: string, name: string) => ({
  ...session('desk0001', { type: 'desktop-app', name, status: 'Running' }),
  appid,
});
const desktop = session('desk0001', { name: 'desk', type: 'desktop', status: 'Running' });

/** A platform with a desktop and a notebook; programs as given. */
const platform = (apps: readonly ReturnType<typeof app>[]) =>
  standIn(({ method, path }) => {
    if (method === 'POST') return { headers: text, body: 'new\n' };
    if (method === 'DELETE') return { headers: text, body: '' };
    if (path.endsWith('/repository')) return { body: '["r.example"]' };
    const id = /\/app\/(\w+)$/.exec(path)?.[1];
    if (id !== undefined) return { body: JSON.stringify(apps.find((one) => one.appid === id)) };
    if (path.endsWith('/app')) return { body: JSON.stringify(apps) };
    const notebook = session('note0001', { name: 'nb', type: 'notebook', status: 'Running' });
    return { body: JSON.stringify([desktop, notebook, ...apps]) };
  });

describe('app ls', () => {
  test('lists the programs of a desktop', async () => {
    const { skaha } = await platform([app('abc', 'xterm'), app('def', 'topcat')]);
    const listed = await skaha(['app', 'ls', 'desk']);
    expect(listed.status).toBe(0);
    expect(listed.stdout).toMatch(/^APP +NAME +STATUS +IMAGE +STARTED\n/);
    expect(listed.stdout).toMatch(/^abc +xterm +Running/m);
    expect((await skaha(['app', 'ls', 'desk0001', '-q'])).stdout).toBe('def\nabc\n');
    const json = JSON.parse((await skaha(['apps', 'list', 'desk', '--json'])).stdout);
    expect(json).toMatchObject([{ appid: 'def' }, { appid: 'abc' }]);
  });

  test('says how to start one', async () => {
    const { skaha } = await platform([]);
    const none = await skaha(['app', 'ls', 'desk']);
    expect(none).toMatchObject({ status: 0, stdout: '' });
    expect(none.stderr).toContain("'skaha app create desk IMAGE'");
    expect((await skaha(['app', 'ls', 'desk', '--json'])).stdout).toBe('[]\n');
  });

  test.each([
    ['nb', 2, /only desktops can run programs/],
    ['dask', 4, /Did you mean 'desk'/],
  ])('%s', async (word, status, message) => {
    const { skaha } = await platform([]);
    const refused = await skaha(['app', 'ls', word]);
    expect(refused).toMatchObject({ status, stdout: '' });
    expect(refused.stderr).toMatch(message);
  });
});

describe('app create', () => {
  test('starts a program', async () => {
    const { skaha, server } = await platform([]);
    const words = ['app', 'create', 'desk', 'skaha/xterm', '-c', '2', '-m', '1500Mi'];
    const made = await skaha(words);
    expect(made).toMatchObject({ status: 0, stdout: 'created new on desk0001\n' });
    expect(made.stderr).toContain('rounded up');
    expect(server.received.find(({ method }) => method === 'POST')).toMatchObject({
      path: '/skaha/v1/session/desk0001/app',
      body: 'image=r.example%2Fskaha%2Fxterm%3Alatest&cores=2&ram=2',
    });
    expect((await skaha([...words, '-q'])).stdout).toBe('new\n');
    expect(JSON.parse((await skaha([...words, '--json'])).stdout)).toEqual({
      ...{ id: 'desk0001', appid: 'new', image: 'skaha/xterm' },
    });
  });

  test('refuses what is no image before it asks', async () => {
    const { skaha, server } = await platform([]);
    expect((await skaha(['app', 'create', 'desk'])).status).toBe(2);
    expect((await skaha(['app', 'create', 'desk', 'skaha/xterm', '-c', 'x'])).status).toBe(2);
    expect(server.received).toEqual([]);
  });
});

describe('app delete', () => {
  const paths = (received: readonly { method: string; path: string }[]) =>
    received.filter(({ method }) => method === 'DELETE').map(({ path }) => path);

  test('ends programs by id or name, after asking', async () => {
    const { skaha, server } = await platform([app('abc', 'xterm'), app('def', 'topcat')]);
    const words = ['app', 'delete', 'desk', 'abc', 'topcat'];
    expect((await skaha(words)).status).toBe(2);
    const declined = await skaha(words, { terminal: { inIsTty: true }, stdin: 'n\n' });
    expect(declined.stderr).toContain('End 2 programs on the desktop: xterm (abc), topcat (def)?');
    expect(paths(server.received)).toEqual([]);
    const ended = await skaha([...words, '--yes']);
    expect(ended).toMatchObject({ status: 0, stdout: 'ended abc (xterm)\nended def (topcat)\n' });
    expect(paths(server.received)).toEqual([
      '/skaha/v1/session/desk0001/app/abc',
      '/skaha/v1/session/desk0001/app/def',
    ]);
  });

  test('names what is not there', async () => {
    const { skaha } = await platform([app('abc', 'xterm')]);
    const some = await skaha(['app', 'delete', 'desk', 'abc', 'xtrem2', '-y', '--json']);
    expect(some.status).toBe(7);
    expect(JSON.parse(some.stdout)).toMatchObject([
      { id: 'abc', name: 'xterm', ok: true, action: 'delete', error: null },
      { id: 'xtrem2', name: null, ok: false, error: { code: 'session.not_found' } },
    ]);
    const none = await skaha(['app', 'delete', 'desk', 'xtern', '-y']);
    expect(none).toMatchObject({ status: 4, stdout: '' });
    expect(none.stderr).toContain("Did you mean 'xterm'?");
  });
});
