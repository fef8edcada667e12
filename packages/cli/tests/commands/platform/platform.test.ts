import { appendFile, readFile, rename, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describePlatform, startDetached, startPlatform } from 'skaha-platform';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { layKeys } from '../../../../../scripts/tests/platform-keys.js';
import { failure, temporaryDirectory } from '../../../../client/tests/config/fixtures.js';
import { loadPlatform } from '../../../src/commands/platform/module.js';
import { systemServices } from '../../../src/environment/services.js';
import { Interruption } from '../../../src/exit.js';
import { type Result, type RunOptions, runSkaha } from '../../harness.js';

let home: string;
let data: string;

beforeEach(async () => {
  home = await temporaryDirectory();
  data = join(home, 'state');
});

const skaha = (line: readonly string[], options: RunOptions = {}): Promise<Result> =>
  runSkaha(line, { ...options, terminal: { env: { HOME: home }, ...options.terminal } });

const platform = (line: readonly string[], options: RunOptions = {}): Promise<Result> =>
  skaha(['platform', ...line, '--data', data], options);

/** Starts a platform in the foreground and ends it as Ctrl-C would, once it has introduced itself. */
async function foreground(
  line: readonly string[],
  during: (text: string, ended: Promise<Result>) => Promise<void> = async () => undefined,
): Promise<Result> {
  const controller = new AbortController();
  let resolve: (text: string) => void = () => undefined;
  const introduced = new Promise<string>((done) => {
    resolve = done;
  });
  layKeys(data);
  const ended = platform(['start', ...line], {
    terminal: { env: { HOME: home }, signal: controller.signal },
    onOut: (text) => resolve(text),
  });
  try {
    const text = await Promise.race([introduced, ended.then(({ stderr }) => stderr)]);
    await during(text, ended);
  } finally {
    controller.abort(new Interruption('SIGINT'));
  }
  return ended;
}

/** A folder with keys of this run. */
function laid(path: string): string {
  layKeys(path);
  return path;
}

const contexts = async () => JSON.parse((await skaha(['context', 'ls', '--json'])).stdout);

test('in the foreground it runs until Ctrl-C and is a context meanwhile', async () => {
  const ended = await foreground(['--port', '0', '--user', 'ada', '--json'], async (text) => {
    const shown = JSON.parse(text);
    expect(Object.keys(shown)).toEqual([
      'url',
      'context',
      'ca',
      'certificate',
      'token',
      'tokenFile',
      'user',
      'home',
      'data',
      'pid',
      'port',
      'passwordFile',
      'issuer',
      'registry',
      'runner',
      'store',
    ]);
    expect(shown).toMatchObject({ context: 'local', user: 'ada', data, pid: process.pid });
    expect(shown.url).toBe(`https://127.0.0.1:${shown.port}/skaha`);
    expect((await readFile(shown.tokenFile, 'utf8')).trim()).toBe(shown.token);
    expect((await stat(shown.tokenFile)).mode & 0o077).toBe(0);
    expect(await contexts()).toMatchObject([
      { name: 'local', active: true, url: shown.url, mode: 'token', path: shown.tokenFile },
    ]);
    const status = await platform(['status', '--json']);
    expect(status.status).toBe(0);
    expect(JSON.parse(status.stdout)).toMatchObject({ ...shown, sessions: {} });
    const services = { connect: systemServices({ env: {} }).connect };
    const ps = await skaha(['ps', '--json', '--config', join(home, '.config/skaha/config.yaml')], {
      services,
    });
    expect(ps).toMatchObject({ status: 0, stdout: '[]\n', stderr: '' });
  });
  expect(ended).toMatchObject({ status: 0, stderr: '' });
  expect(await describePlatform(data)).toBeUndefined();
});

test('people see where everything is, but not the token', async () => {
  const { stdout, stderr } = await foreground(['--port', '0'], async () => {
    const token = (await describePlatform(data))?.token ?? '';
    expect(token.length).toBeGreaterThan(10);
    const status = await platform(['status']);
    expect(status.stdout).toContain('Sessions     none');
    expect(status.stdout).toMatch(/^Token .*\.token$/m);
    expect(status.stdout).not.toContain(token);
  });
  expect(stdout).toMatch(/^The local platform runs at https:\/\/127\.0\.0\.1:\d+\/skaha, .*\n$/);
  expect(stderr).toMatch(
    /'skaha create headless .* --attach -- date'\n(?:.*\n)?.*'skaha platform status'/,
  );
  expect(stderr).toContain('Press Ctrl-C');
  expect(stdout + stderr).not.toMatch(/"token"/);
});

test('a slip in the name of a runner is told before anything starts', async () => {
  const { status, stderr } = await platform(['start', '--runner', 'sandbx']);
  expect(status).toBe(2);
  expect(stderr).toContain("'sandbx' is not a valid value for --runner.");
  expect(stderr).toContain("Did you mean 'sandbox'?");
});

test.each([
  ['in the background', ['--detach']],
  ['in the foreground', []],
])('a password in the address of a store is refused %s', async (_, words) => {
  const password = 'hunter2';
  const address = `postgres://ada:${password}@db/skaha`;
  const refused = await platform(['start', ...words, '--store', address]);
  expect(refused).toMatchObject({ status: 1, stdout: '' });
  expect(refused.stderr).toContain('it contains a password');
  expect(refused.stderr).toContain('PGPASSWORD');
  expect(refused.stderr).not.toContain(password);
});

test('stop from elsewhere ends the one in the foreground', async () => {
  const ended = await foreground(['--port', '0'], async (_text, end) => {
    expect((await platform(['stop'])).stderr).toBe('The platform was stopped.\n');
    expect((await end).status).toBe(0);
  });
  expect(ended.status).toBe(0);
});

test('status, logs and stop find the platform that the active context points to', async () => {
  const words = (...line: readonly string[]) => skaha(['platform', ...line]);
  vi.stubEnv('XDG_DATA_HOME', join(home, 'share'));
  onTestFinished(() => void vi.unstubAllEnvs());
  await foreground(['--port', '0', '--user', 'ada'], async (_text, end) => {
    // Another runs where they would look otherwise.
    const usual = await startPlatform({
      data: laid(join(home, 'share/skaha/platform')),
      port: 0,
      runner: 'process',
    });
    onTestFinished(() => usual.stop());
    await writeFile(join(data, 'platform.log'), 'of this one\n');
    expect(JSON.parse((await words('status', '--json')).stdout)).toMatchObject({ data });
    expect(await words('logs')).toMatchObject({ status: 0, stdout: 'of this one\n' });
    const add = ['context', 'add', 'far', '--url', 'https://x.org/skaha', '--token-file', 't'];
    await skaha(add);
    await skaha(['context', 'use', 'far']);
    // A context of another server leads to no platform of this machine: the usual one is meant.
    expect(JSON.parse((await words('status', '--json')).stdout)).toMatchObject({
      data: usual.data,
    });
    await skaha(['context', 'use', 'local']);
    expect((await words('stop')).stderr).toBe('The platform was stopped.\n');
    expect((await end).status).toBe(0);
    expect(await describePlatform(usual.data)).toMatchObject({ data: usual.data });
  });
});

test('an active context stays active unless --use is given', async () => {
  const add = ['context', 'add', 'canfar', '--url', 'https://x.org/skaha', '--token-file', 't'];
  await skaha(add);
  const { stderr } = await foreground(['--port', '0', '--context', 'mine']);
  expect(stderr).toContain("Use this one: 'skaha context use mine'.");
  expect(await contexts()).toMatchObject([{ name: 'canfar', active: true }, { name: 'mine' }]);
  data = join(home, 'another');
  const again = await foreground(['--port', '0', '--context', 'mine', '--use']);
  expect(again).toMatchObject({ status: 0 });
  expect(await contexts()).toMatchObject([{ active: false }, { name: 'mine', active: true }]);
});

test('a context of another server is never overwritten, and nothing is started', async () => {
  const add = ['context', 'add', 'local', '--url', 'https://x.org/skaha', '--token-file', 't'];
  await skaha(add);
  const { status, stderr } = await platform(['start']);
  expect(status).toBe(1);
  expect(stderr).toContain("'local' already exists and is for https://x.org/skaha");
  expect((await platform(['start', '--context', 'a.b'])).status).toBe(2);
  await expect(stat(data)).rejects.toThrow('ENOENT');
});

test('what stands in the way of a start is told in one line with a hint', async () => {
  const other = await startPlatform({ data: laid(join(home, 'other')), port: 0 });
  onTestFinished(() => other.stop());
  const busy = await platform(['start', '--port', String(other.port)]);
  expect(busy.status).toBe(1);
  expect(busy.stderr).toMatch(/^Error: Port \d+ is in use\.\nHint: .*\n$/);
  const twice = await skaha(['platform', 'start', '--data', join(home, 'other'), '--json']);
  expect(twice.status).toBe(1);
  expect(JSON.parse(twice.stderr)).toMatchObject({ code: 'platform.already_running' });
  await writeFile(join(home, 'file'), '');
  const unwritable = await skaha(['platform', 'start', '--data', join(home, 'file')]);
  expect(unwritable.status).toBe(1);
  expect(unwritable.stderr).toMatch(/^Error: .*\nHint: .*\n$/);
  expect((await platform(['start', '--port', '70000'])).status).toBe(2);
});

test('a configuration that is not valid is noticed before anything is started', async () => {
  const config = join(home, 'broken.yaml');
  await writeFile(config, 'x: [');
  const { status, stderr } = await platform(['start', '--config', config]);
  expect(status).toBe(1);
  expect(stderr).toContain('broken.yaml is not valid YAML');
  expect(await describePlatform(data)).toBeUndefined();
});

test('detached, its log can be read and followed', async () => {
  layKeys(data);
  const started = await platform(['start', '--detach', '--port', '0', '--json']);
  onTestFinished(async () => {
    await platform(['stop']);
  });
  expect(started).toMatchObject({ status: 0, stderr: '' });
  const shown = JSON.parse(started.stdout);
  expect(shown.pid).not.toBe(process.pid);
  const whole = await platform(['logs']);
  expect(whole.stdout).toContain(shown.url);
  const log = join(data, 'platform.log');
  await appendFile(log, 'one\ntwo\nthree');
  expect((await platform(['logs', '--tail', '2'])).stdout).toBe('two\nthree');
  expect((await platform(['logs', '--tail', '0'])).stdout).toBe('');
  expect((await platform(['logs', '--raw', '--tail', '100'])).stdout).toBe(
    await readFile(log, 'utf8'),
  );
  expect((await platform(['stop'])).stderr).toBe('The platform was stopped.\n');
});

test('following shows what is added, also after the log was emptied or replaced, until Ctrl-C', async () => {
  const started = await startDetached({ data: laid(data), port: 0 });
  onTestFinished(async () => {
    await platform(['stop']);
  });
  const log = join(data, 'platform.log');
  const controller = new AbortController();
  const onOut = (text: string) => {
    if (text.endsWith('replaced\n')) controller.abort(new Interruption('SIGINT'));
    else if (text.endsWith('emptied\n')) {
      void rename(log, `${log}.1`).then(() => writeFile(log, 'replaced\n'));
    } else if (text.endsWith('added\n')) {
      void truncate(log).then(() => appendFile(log, 'emptied\n'));
    } else void appendFile(log, 'added\n');
  };
  const result = await platform(['logs', '-f'], {
    terminal: { env: { HOME: home }, signal: controller.signal },
    onOut,
  });
  expect(result.status).toBe(130);
  expect(result.stdout).toContain(started.url);
  expect(result.stdout.endsWith('added\nemptied\nreplaced\n')).toBe(true);
});

test('when none runs: status 6, stop 0, logs 6', async () => {
  const status = await platform(['status', '--json']);
  expect(status).toMatchObject({ status: 6, stdout: '' });
  expect(JSON.parse(status.stderr)).toMatchObject({ code: 'platform.not_running' });
  expect(await platform(['stop'])).toMatchObject({
    status: 0,
    stderr: 'No platform is running.\n',
  });
  expect((await platform(['logs'])).status).toBe(6);
});

test('stop needs no configuration', async () => {
  // Where the usual platform is: that of whoever runs the tests goes on.
  vi.stubEnv('XDG_DATA_HOME', home);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const env = { HOME: home, SKAHA_CONFIG: '{"not": "a path"}' };
  expect(await skaha(['platform', 'stop'], { terminal: { env } })).toMatchObject({
    status: 0,
    stderr: 'No platform is running.\n',
  });
});

test('reset asks, refuses while it runs, and forgets what pointed there', async () => {
  expect((await platform(['reset'])).stderr).toBe(`There is nothing in ${data}.\n`);
  layKeys(data);
  expect((await platform(['start', '--detach', '--port', '0'])).status).toBe(0);
  onTestFinished(async () => {
    await platform(['stop']);
  });
  const refused = await platform(['reset', '--yes']);
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain('skaha platform stop');
  await platform(['stop']);
  await skaha(['context', 'add', 'far', '--url', 'https://x.org/skaha', '--token-file', 't']);
  expect((await platform(['reset'])).status).toBe(2);
  const terminal = { env: { HOME: home }, inIsTty: true };
  const declined = await platform(['reset'], { stdin: 'no\n', terminal });
  expect(declined.status).toBe(0);
  expect(declined.stderr).toContain('Nothing was removed.');
  expect((await stat(data)).isDirectory()).toBe(true);
  const done = await platform(['reset'], { stdin: 'y\n', terminal });
  expect(done.stderr).toContain("Context 'local' was removed.");
  expect(done.status).toBe(0);
  await expect(stat(data)).rejects.toThrow('ENOENT');
  expect(await contexts()).toMatchObject([{ name: 'far' }]);
});

test('reset never touches a directory that no platform made', async () => {
  const { status, stderr } = await skaha(['platform', 'reset', '--yes', '--data', home]);
  expect(status).toBe(1);
  expect(stderr).toMatch(/^Error: /);
  expect((await stat(home)).isDirectory()).toBe(true);
});

test('without the package the error says how to install it', async () => {
  const error = await failure(loadPlatform('skaha-platform-elsewhere'), 'platform.not_installed');
  expect(error.hint).toContain('npm install -g skaha-platform');
});

test('started twice in the background it is the same one, and a lost context comes back', async () => {
  const start = (...more: string[]) => platform(['start', '--detach', '--json', ...more]);
  layKeys(data);
  const first = await start('--port', '0', '--user', 'ada');
  expect(first.status).toBe(0);
  onTestFinished(async () => {
    await platform(['stop']);
  });
  await skaha(['context', 'rm', 'local']);
  expect(await contexts()).toEqual([]);
  const second = await start();
  expect(second).toMatchObject({ status: 0, stderr: '' });
  expect(JSON.parse(second.stdout)).toEqual(JSON.parse(first.stdout));
  expect(await contexts()).toMatchObject([{ name: 'local', active: true }]);
  const people = await platform(['start', '--detach', '--user', 'ada']);
  expect(people.stderr).toContain('It is already running, so nothing was started.');
  const other = await start('--user', 'eve');
  expect(other).toMatchObject({ status: 1, stdout: '' });
  expect(JSON.parse(other.stderr)).toMatchObject({ code: 'platform.already_running' });
  await skaha(['context', 'rm', 'local']);
  const foreground = await platform(['start']);
  expect(foreground.status).toBe(1);
  expect(foreground.stderr).toMatch(
    /^Error: A platform is already running, as process \d+\. .*\nHint: .*'local'/,
  );
  expect(await contexts()).toMatchObject([{ name: 'local' }]);
});
