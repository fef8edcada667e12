import { beforeEach, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { sharedPlatform } from '../../harness.js';
import { Home } from '../../identity.js';

const shell = sharedPlatform();
let home: Home;

beforeEach(async () => {
  home = await Home.make();
  await home.knows(shell.platform);
});

const add = (...more: string[]) => {
  const { url, ca } = shell.platform;
  return home.run(['server', 'add', 'lab', '--url', url, '--ca', ca, ...more]);
};

test('a server is added with what it says about itself, and can be used', async () => {
  const added = await add('--idp', 'pass', '--uri', 'ivo://lab.example/skaha');
  expect(added).toMatchObject({ status: 0, stdout: '' });
  expect(added.stderr).toBe("Server 'lab' was added. Use it with 'skaha server use lab'.\n");
  const { url, ca, certificate } = shell.platform;
  expect((await home.settings()).servers.lab).toEqual({
    url,
    version: 'v1',
    auths: expect.arrayContaining(['x509']),
    uri: 'ivo://lab.example/skaha',
    provider: 'pass',
    ca,
  });
  await home.run(['login', 'pass', '--certificate', certificate, '--server', 'lab']);
  expect(await home.run(['ps', '--json'])).toMatchObject({ status: 0, stdout: '[]\n' });
});

test('one that does not answer is added anyway, and said to be silent', async () => {
  const added = await home.run(['server', 'add', 'off', '--url', 'https://127.0.0.1:1/skaha/v0']);
  expect(added.status).toBe(0);
  expect(added.stderr).toMatch(/^Warning: Nothing answers .* The server was added anyway\.\n/);
  const expected = { url: 'https://127.0.0.1:1/skaha', version: 'v0' };
  expect((await home.settings()).servers.off).toEqual(expected);
});

test('one of that name is replaced only when that is wanted', async () => {
  await add();
  expect((await add()).status).toBe(2);
  const again = await add('--yes', '--idp', 'code');
  expect(again.stderr).toContain("Server 'lab' was replaced.");
  expect((await home.settings()).servers.lab.provider).toBe('code');
});

test.each([
  [['1st', '--url', 'https://h.example/skaha'], 2, 'must'],
  [['lab'], 2, 'address of the server is missing'],
  [['lab', '--url', 'http://h.example/skaha'], 2, 'https URL'],
  [['lab', '--url', 'https://ada:x@h.example/skaha'], 2, 'https URL'],
  [['lab', '--url', 'https://h.example/skaha', '--uri', 'h.example'], 2, 'not an IVOA identifier'],
  [['lab', '--url', 'https://h.example/skaha', '--idp', 'nobody'], 3, "'nobody'"],
])('add %j is refused: %d', async (words, status, why) => {
  const before = await home.text();
  const refused = await home.run(['server', 'add', ...words]);
  expect(refused).toMatchObject({ status, stdout: '' });
  expect(refused.stderr).toContain(why);
  expect(await home.text()).toBe(before);
});

test('a server is shown and used by its address, with or without an API version', async () => {
  const { url, certificate } = shell.platform;
  await home.run(['login', 'pass', '--certificate', certificate]);
  for (const address of [url, `${url}/`, `${url}/v1`]) {
    const shown = await home.run(['server', 'show', address, '--json']);
    expect(JSON.parse(shown.stdout)).toMatchObject({ name: 'pass', url });
    expect(await home.run(['server', 'use', address])).toMatchObject({ status: 0 });
    expect(await home.run(['ps', '--server', address])).toMatchObject({ status: 0 });
  }
});

test('rm removes a server, and asks before contexts go with it', async () => {
  await add();
  expect(await home.run(['server', 'rm', 'lab'])).toMatchObject({ status: 0, stdout: '' });
  expect((await home.settings()).servers?.lab).toBeUndefined();
  const { certificate } = shell.platform;
  await home.run(['login', 'pass', '--certificate', certificate]);
  const asked = await home.run(['server', 'rm', 'pass']);
  expect(asked.status).toBe(2);
  expect(asked.stderr).toContain("Remove the server 'pass' and 1 context: pass?");
  expect((await home.run(['server', 'remove', 'pass', '--yes'])).status).toBe(0);
  const { active, contexts, servers, credentials } = await home.settings();
  expect({ active, contexts, servers }).toEqual({ active: undefined, contexts: {}, servers: {} });
  expect(credentials.pass).toBeDefined();
  const gone = await home.run(['server', 'rm', 'pas', '--json']);
  expect(gone.status).toBe(2);
  expect((await home.run(['server', 'rm', 'pas'])).status).toBe(4);
});

test('ls --refresh tells who answers, and how quickly', async () => {
  await home.run(['login', 'pass', '--certificate', shell.platform.certificate]);
  const known = JSON.parse((await home.run(['server', 'ls', '--json'])).stdout);
  expect(known).toMatchObject([{ name: 'pass', status: null, latency_ms: null }]);
  await home.run(['server', 'add', 'off', '--url', 'https://127.0.0.1:1/skaha', '--idp', 'pass']);
  const fresh = await home.run(['server', 'ls', '--refresh', '--json']);
  expect(JSON.parse(fresh.stdout)).toMatchObject([
    { name: 'off', status: 'dead', latency_ms: null },
    { name: 'pass', status: 'live', latency_ms: expect.any(Number) },
  ]);
  const table = (await home.run(['server', 'ls', '-r'])).stdout;
  expect(table).toMatch(/live +\d+ ms\n/);
});

test('ls --all-idps warns of a provider whose registry is silent, on a line of its own', async () => {
  await home.run(['login', 'pass', '--certificate', shell.platform.certificate]);
  const settings = await home.settings();
  settings.credentials.code = { mode: 'token', path: '/t', provider: 'code' };
  settings.providers.code.registry = 'https://127.0.0.1:1/registry';
  await home.write(stringify(settings));
  const listed = await home.run(['server', 'ls', '--all-idps', '--refresh'], {
    terminal: { isTty: true, errIsTty: true },
  });
  expect(listed.status).toBe(0);
  expect(listed.stderr).toContain('\r\u001B[K\u001B[33mWarning:');
  expect(listed.stderr).not.toMatch(/…\S*Warning:/);
  expect(listed.stdout).toMatch(/pass.+live/);
});
