import { beforeEach, expect, test } from 'vitest';
import { Home, person } from '../../identity.js';

let home: Home;

beforeEach(async () => {
  home = await Home.make();
});

const secret = 'SENTINEL-registry';

test('login saves user and secret of a host; ls shows no secret; logout forgets them', async () => {
  const line = ['registry', 'login', 'https://R.example.org:5000/', '--username', 'ada'];
  const saved = await home.run([...line, '--secret-stdin'], { stdin: `${secret}\n` });
  expect(saved).toMatchObject({
    status: 0,
    stdout: '',
    stderr: 'The credentials of ada for r.example.org:5000 were saved.\n',
  });
  expect((await home.settings()).registries).toEqual({
    'r.example.org:5000': { username: 'ada', secret },
  });
  expect((await home.run(['registry', 'ls'])).stdout).toBe(
    'REGISTRY            USER\nr.example.org:5000  ada\n',
  );
  const json = (await home.run(['registry', 'list', '--json'])).stdout;
  expect(JSON.parse(json)).toEqual([{ host: 'r.example.org:5000', username: 'ada' }]);
  expect((await home.run(['registry', 'logout', 'r.example.org:5000'])).stderr).toBe(
    'Logged out of r.example.org:5000.\n',
  );
  expect((await home.run(['registry', 'logout'])).stderr).toBe(
    'You were not logged in to images.canfar.net.\n',
  );
  expect((await home.run(['registry', 'ls'])).stdout).toBe('');
});

test('on a terminal it asks, and the secret is not shown', async () => {
  const who = person('ada', secret);
  const result = await home.ask(['registry', 'login'], who);
  expect(result.status).toBe(0);
  expect(who.asked).toEqual(['User name for images.canfar.net', 'Secret of ada']);
  expect(result.stdout + result.stderr).not.toContain(secret);
  const cancelled = await home.ask(['registry', 'login', 'x.org'], person('ada', undefined));
  expect(cancelled.status).toBe(130);
  expect((await home.settings()).registries).not.toHaveProperty('x.org');
});

test('without a terminal what is missing is named: 3', async () => {
  expect((await home.run(['registry', 'login'])).stderr).toContain('--username NAME');
  const line = ['registry', 'login', '-u', 'ada', '--json'];
  expect((await home.run(line.slice(0, -1))).status).toBe(3);
  expect((await home.run(line.slice(0, -1))).stderr).toContain('--secret-stdin');
});

test.each([
  ['a:b', secret, 'user name'],
  ['ada', 'SENTINEL:x', 'secret'],
  ['ada', ' SENTINEL', 'secret'],
  ['ada', 'SENTINEL\u0007', 'secret'],
  ['ada', '', 'secret'],
  [' ada', secret, 'user name'],
])('user %j with secret %j is refused, because it would not arrive', async (user, stdin, what) => {
  const line = ['registry', 'login', '-u', user, '--secret-stdin'];
  const result = await home.run(line, { stdin });
  expect(result.status).toBe(2);
  expect(result.stderr).toContain(`The ${what} must`);
  expect(result.stderr).not.toContain('SENTINEL');
  expect(await home.text()).toBeUndefined();
});

test('a host that is none is refused', async () => {
  expect((await home.run(['registry', 'login', 'a b'])).status).toBe(2);
});
