import { expect, test } from 'vitest';
import { type Fields, session, standIn } from '../stand-in.js';

const resources = { default: 2, defaultRequest: 1, defaultLimit: 8, options: [1, 2, 4, 8] };
const context = { cores: resources, memoryGB: resources, gpus: { options: [] } };
const imageOf = (name: string, types: string[]) => ({ id: `r.example/skaha/${name}`, types });
const images = [imageOf('astroml:latest', ['notebook']), imageOf('desktop:latest', ['desktop'])];
const plain = { 'content-type': 'text/plain' };

/** A platform with these sessions, that answers launches as told. */
const platform = (existing: readonly Fields[], launch: { status?: number; body: string }) =>
  standIn(({ method, path }) => {
    if (method === 'POST') return { headers: plain, ...launch };
    if (path.includes('/image')) return { body: JSON.stringify(images) };
    if (path.includes('/context')) return { body: JSON.stringify(context) };
    if (path.includes('/repository')) return { body: '["r.example"]' };
    const all = existing.map((fields, index) => session(`sess000${index + 1}`, fields));
    const id = /session\/(\w+)/.exec(path)?.[1];
    return { body: JSON.stringify(id === undefined ? all : all.find((one) => one.id === id)) };
  });

const running = (name: string, type = 'notebook'): Fields => ({
  ...{ name, type, status: 'Running' },
  connectURL: `https://host.example/${name}`,
});
const sent = (received: readonly { method: string; body: string }[]) =>
  received.filter(({ method }) => method === 'POST').map(({ body }) => new URLSearchParams(body));

test('an interactive session without name and image gets the usual ones', async () => {
  const { skaha, server } = await platform([running('notebook1'), running('Notebook3')], {
    body: 'sess0001\n',
  });
  const made = await skaha(['create', 'notebook']);
  expect(made).toMatchObject({ status: 0, stdout: 'created sess0001 (notebook2)\n' });
  expect(made.stderr).toContain('Using the image r.example/skaha/astroml:latest.');
  expect(sent(server.received)[0]?.get('image')).toBe('r.example/skaha/astroml:latest');
});

test('--open waits, then opens the page; where no browser is it says the address', async () => {
  const opened: string[] = [];
  const world = await platform([running('nb')], { body: 'sess0001\n' });
  const words = ['create', 'notebook', 'skaha/astroml', '-n', 'nb', '--open', '--json'];
  const openBrowser = async (url: string) => {
    opened.push(url);
    return true;
  };
  const made = await world.skaha(words, { services: { openBrowser } });
  expect(made).toMatchObject({ status: 0, stderr: '' });
  expect(JSON.parse(made.stdout)).toEqual(['sess0001']);
  expect(opened).toEqual(['https://host.example/nb']);
  const closed = await world.skaha(words.slice(0, -1), {
    services: { openBrowser: async () => false },
  });
  expect(closed.stderr).toContain('Open this address: https://host.example/nb');
});

test('open --wait tells how it goes', async () => {
  const { skaha } = await platform([running('nb')], { body: '' });
  const opened = await skaha(['open', 'nb', '--wait', '--print']);
  expect(opened).toMatchObject({ status: 0, stdout: 'https://host.example/nb\n' });
  expect(opened.stderr).toBe('nb (sess0001): Running\n');
});

test('too many interactive sessions: the hint names those that run', async () => {
  const text = 'User ada has reached the maximum of 2 active sessions.\n';
  const { skaha } = await platform(
    [running('nb'), running('job', 'headless'), running('desk', 'desktop')],
    { status: 400, body: text },
  );
  const refused = await skaha(['create', 'notebook', 'skaha/astroml']);
  expect(refused).toMatchObject({ status: 5, stdout: '' });
  expect(refused.stderr).toContain('You have nb (sess0001), desk (sess0003).');
  expect(refused.stderr).toContain('skaha delete sess0001');
  expect(refused.stderr).toContain('(HTTP 400)');
  const machine = await skaha(['create', 'notebook', 'skaha/astroml', '--json']);
  expect(JSON.parse(machine.stderr)).toMatchObject({ code: 'quota.exceeded', status: 400 });
});

test('a private image: the hint says how to give credentials', async () => {
  const text =
    'No authentication provided for unknown or private image.  Use x-skaha-registry-auth request header with base64Encode(username:secret).\n';
  const { skaha } = await platform([], { status: 400, body: text });
  const refused = await skaha(['create', 'headless', 'r.example/mine/secret:1', '--', 'ls']);
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain('--registry-user');
  expect(refused.stderr).toContain("'skaha registry login r.example'");
});

test('credentials of a registry go with this launch, and nowhere else', async () => {
  const { skaha, server } = await platform([], { body: 'sess0001\n' });
  const words = ['create', 'headless', 'r.example/mine/secret:1', '--registry-user', 'ada'];
  const made = await skaha(
    [...words, '--registry-secret-stdin', '-r', '2', '--debug', '--', 'true'],
    { stdin: 'hush-hush\n' },
  );
  const header = Buffer.from('ada:hush-hush').toString('base64');
  const launches = server.received.filter(({ method }) => method === 'POST');
  expect(launches.map(({ headers }) => headers['x-skaha-registry-auth'])).toEqual([header, header]);
  expect(made.stdout + made.stderr).not.toContain('hush');
  expect(made.stdout + made.stderr).not.toContain(header);
  const history = await skaha(['history', '--json']);
  expect(history.stdout).not.toContain('hush');
});

test('a server that repeats the secret does not make us repeat it', async () => {
  const { skaha } = await platform([], { status: 400, body: 'bad auth ada:hush-hush\n' });
  const words = ['create', 'headless', 'r.example/mine/secret:1', '--registry-user', 'ada'];
  const refused = await skaha([...words, '--registry-secret-stdin', '--', 'ls'], {
    stdin: 'hush-hush\n',
  });
  expect(refused.status).toBe(1);
  expect(refused.stderr).not.toContain('hush');
});

test.each<[string, string[], number, RegExp]>([
  ['a secret without a user', ['--registry-secret-stdin'], 2, /needs --registry-user/],
  ['a user without a secret', ['--registry-user', 'ada'], 3, /--registry-secret-stdin/],
  ['a colon', ['--registry-user', 'a:b', '--registry-secret-stdin'], 2, /colon/],
  [
    'two things on standard input',
    ['-f', '-', '--registry-user', 'a', '--registry-secret-stdin'],
    2,
    /Standard input/,
  ],
])('refused: %s', async (_what, words, status, message) => {
  const { skaha, server } = await platform([], { body: 'sess0001\n' });
  const refused = await skaha(['create', 'headless', 'r.example/a/b', ...words, '--', 'ls'], {
    stdin: 'hush\n',
  });
  expect(refused.status).toBe(status);
  expect(refused.stderr).toMatch(message);
  expect(server.received).toEqual([]);
});
