import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { temporaryDirectory } from '../../client/tests/config/fixtures.js';
import { idsOf, sharedPlatform } from './harness.js';
import { Home, passwordOf } from './identity.js';

const shell = sharedPlatform();
let file: string;

beforeEach(async () => {
  file = join(await temporaryDirectory(), 'logs/skaha.log');
});

const records = async (): Promise<Record<string, unknown>[]> =>
  (await readFile(file, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

test.each([
  [],
  ['-v'],
  ['-vv'],
  ['--debug'],
  ['--log-level', 'Critical'],
  ['--log-level', 'debug', '--log-file'],
])('standard output is the same with %j', async (...words) => {
  const more = words.at(-1) === '--log-file' ? [...words, file] : words;
  const { status, stdout } = await shell.skaha([...more, 'ps', '--all', '--json']);
  expect({ status, stdout }).toEqual({ status: 0, stdout: '[]\n' });
});

test('every request has an id of its own, which its lines share', async () => {
  await shell.skaha(['info', 'nobody', '--log-level', 'debug', '--log-file', file]);
  const all = await records();
  const requests = all.filter(({ message }) => message === 'request');
  const replies = all.filter(({ message }) => message === 'reply');
  expect(requests.length).toBeGreaterThan(0);
  expect(replies.map((one) => one['request_id'])).toEqual(requests.map((one) => one['request_id']));
  expect(new Set(requests.map((one) => one['request_id'])).size).toBe(requests.length);
  expect(all.every((one) => typeof one['request_id'] === 'string')).toBe(true);
  expect(requests[0]).toMatchObject({
    level: 'DEBUG',
    method: 'GET',
    url: `${shell.platform.url}/v1/session`,
  });
});

test('what a session is given is in no log', async () => {
  const words = ['create', 'headless', 'skaha/terminal:1.1.2', '-n', 'quiet', '-q', '--debug'];
  const secret = ['-e', 'KEY=SENTINEL-value', '--log-file', file, '--', 'echo', 'SENTINEL-word'];
  const made = await shell.skaha([...words, ...secret]);
  expect(made.status).toBe(0);
  expect(idsOf(made)).toHaveLength(1);
  const log = await readFile(file, 'utf8');
  const text = made.stderr + log;
  expect(log).toContain('env=KEY=**********');
  expect(log).toContain('image=');
  expect(log).not.toContain('SENTINEL');
  expect(text).not.toContain('SENTINEL-value');
  expect(text).not.toContain(shell.platform.token);
  await shell.skaha(['delete', '-y', 'quiet']);
});

test('logging in is traced without what it sends', async () => {
  const home = await Home.make();
  await home.knows(shell.platform);
  const password = await passwordOf(shell.platform);
  const line = ['login', 'pass', '--username', 'ada', '--password-stdin', '--log-file', file];
  const done = await home.run([...line, '--log-level', 'debug', '--json'], { stdin: password });
  expect(done.status).toBe(0);
  expect(() => JSON.parse(done.stdout)).not.toThrow();
  const all = await records();
  expect(all.filter(({ message }) => message === 'request').length).toBeGreaterThan(2);
  expect(all.every((one) => one['headers'] === undefined && one['body'] === undefined)).toBe(true);
  expect(await readFile(file, 'utf8')).not.toContain(password);
});

test('an error that ends the command is in the file, too', async () => {
  const { status } = await shell.skaha(['info', 'nobody', '--log-file', file]);
  expect(status).toBe(4);
  const [last] = (await records()).slice(-1);
  expect(last).toMatchObject({ level: 'ERROR', logger: 'skaha.cli', code: 'session.not_found' });
});
