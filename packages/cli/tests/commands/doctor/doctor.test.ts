import { appendFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { systemClock } from '@skaha/base/clock.js';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { testServer } from '../../../../client/tests/fixtures.js';
import type { Finding } from '../../../src/commands/doctor/run.js';
import { systemServices } from '../../../src/environment/services.js';
import { Interruption } from '../../../src/exit.js';
import { sharedPlatform } from '../../harness.js';
import { Home } from '../../identity.js';

const shell = sharedPlatform();
let home: Home;

beforeEach(async () => {
  home = await Home.make();
  await home.knows(shell.platform);
});

/** Logs in, so that there is a context whose provider has a registry of its own. */
async function loggedIn(): Promise<void> {
  const { certificate } = shell.platform;
  expect((await home.run(['login', 'pass', '--certificate', certificate])).status).toBe(0);
}

async function findings(line: readonly string[] = [], options = {}) {
  const result = await home.run(['doctor', '--json', ...line], options);
  expect(result.stderr).toBe('');
  const all: Finding[] = JSON.parse(result.stdout);
  const of = (check: string) => all.find((one) => one.check === check);
  return { all, of, status: result.status };
}

describe('the doctor', () => {
  test('finds everything well', async () => {
    await loggedIn();
    const { all, of, status } = await findings();
    expect(all.map(({ check, status }) => `${check} ${status}`)).toEqual([
      'configuration ok',
      'login ok',
      'dns ok',
      'proxy ok',
      'authorities ok',
      'tls ok',
      'availability ok',
      'clock ok',
      'access ok',
      'registry pass ok',
    ]);
    expect(status).toBe(0);
    expect(of('tls')?.message).toMatch(/^TLSv1\.[23]; the certificate of the server expires at 20/);
    expect(of('login')?.message).toContain('(context pass)');
    expect(all.every((one) => Object.keys(one).join() === 'check,status,message,hint')).toBe(true);
    const people = await home.run(['doctor']);
    expect(people).toMatchObject({ status: 0, stderr: '' });
    expect(people.stdout).toMatch(/^ok {4}configuration {2}/);
    expect((await home.run(['doctor', '-o', 'name'])).stdout).toBe('');
  });

  test('works logged out: nothing is broken', async () => {
    const { of } = await findings(['--timeout', '1s']);
    expect(of('configuration')?.status).toBe('ok');
    expect(of('login')).toMatchObject({
      status: 'warn',
      hint: expect.stringContaining('skaha login'),
    });
    expect(of('dns')).toBeUndefined();
    expect(of('registry pass')?.status).toBe('ok');
  });

  test('works with a broken configuration, and names it: 1', async () => {
    await home.write('contexts: [unclosed');
    const { of, status } = await findings(['--timeout', '1s']);
    expect(status).toBe(1);
    expect(of('configuration')).toMatchObject({
      status: 'fail',
      message: expect.stringContaining(home.config),
    });
    expect(of('login')?.status).toBe('warn');
  });

  test('warns of settings that mean nothing, and of variables', async () => {
    await loggedIn();
    await appendFile(home.config, 'colour: never\n');
    const env = {
      SKAHA_TIME_OUT: '3',
      CANFAR_ACTIVE: '{}',
      canfar_servers__x__url: 'x',
      CANFAR_CONSOLE__WIDTH: 'wide',
      CANFAR_CONSOLE__BANNER: 'perhaps',
    };
    const { of, status } = await findings([], { terminal: { env } });
    expect(status).toBe(0);
    expect(of('configuration')?.status).toBe('warn');
    expect(of('configuration')?.message).toContain("'colour'");
    expect(of('configuration')?.message).toContain('SKAHA_TIME_OUT');
    expect(of('configuration')?.message).toContain('CANFAR_ACTIVE');
    expect(of('configuration')?.message).toContain('canfar_servers__x__url');
    expect(of('configuration')?.message).toContain('CANFAR_CONSOLE__WIDTH is ignored');
    expect(of('configuration')?.message).toContain('CANFAR_CONSOLE__BANNER is ignored');
    expect(of('configuration')?.hint).toBe(
      "Correct the file with 'skaha config edit'. Correct or unset the variables.",
    );
  });

  test('half an account for a registry stops only what needs the whole', async () => {
    await loggedIn();
    const terminal = { env: { CANFAR_REGISTRY__USERNAME: 'ada' } };
    vi.stubEnv('CANFAR_REGISTRY__USERNAME', 'ada');
    onTestFinished(() => void vi.unstubAllEnvs());
    expect((await home.run(['ps'], { terminal })).status).toBe(0);
    const { of, status } = await findings([], { terminal });
    expect(status).toBe(0);
    expect(of('configuration')).toMatchObject({
      status: 'warn',
      message: 'No secret is known for the user name of the registry images.canfar.net.',
    });
    const words = ['create', 'headless', 'images.canfar.net/skaha/terminal:1.1.2', '--', 'true'];
    const refused = await home.run(words, { terminal });
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain('There is no secret for the registry images.canfar.net.');
    expect((await home.run(['ps', '--all', '-q'])).stdout).toBe('');
    await appendFile(
      home.config,
      'registries: { images.canfar.net: { username: eve, secret: hush } }\n',
    );
    expect((await findings([], { terminal })).of('configuration')?.status).toBe('ok');
    const made = await home.run([...words.slice(0, 3), '-q', ...words.slice(3)], { terminal });
    expect(made.status, made.stderr).toBe(0);
    await home.run(['delete', made.stdout.trim(), '--yes']);
  });

  test('a bad variable hides neither another nor what the file lacks', async () => {
    await loggedIn();
    await appendFile(home.config, 'colour: never\n');
    const env = {
      SKAHA_TIMEOUT: '0',
      SKAHA_CONCURRENCY: 'x',
      SKAHA_TIME_OUT: '3',
      CANFAR_REGISTRY__SECRET: 'hush',
      CANFAR_CONSOLE__WIDTH: 'wide',
    };
    const { all, of, status } = await findings([], { terminal: { env } });
    expect(status).toBe(1);
    const found = of('configuration');
    expect(found?.status).toBe('fail');
    for (const word of [
      'SKAHA_TIMEOUT must',
      'SKAHA_CONCURRENCY must',
      'SKAHA_TIME_OUT',
      "'colour'",
      'No user name is known',
      'CANFAR_CONSOLE__WIDTH',
    ])
      expect(found?.message).toContain(word);
    expect(JSON.stringify(all)).not.toContain('hush');
    expect(of('registry pass')?.status).toBe('ok');
  });

  test('tells an expired login, and that the server is well all the same: 1', async () => {
    const { url, ca, user } = shell.platform;
    const certificate = await shell.platform.issueCertificate(user, -60_000);
    const words = ['--url', url, '--ca', ca, '--certificate', certificate];
    const { of, status } = await findings(words);
    expect(status).toBe(1);
    expect(of('login')?.status).toBe('fail');
    expect(of('login')?.message).toMatch(/expired/);
  });

  test('warns of a login that ends soon', async () => {
    await loggedIn();
    const days = 86_400_000;
    const { certificate } = shell.platform;
    const { notAfter } = await import('skaha/internal/auth/certificate.js').then((auth) =>
      auth.certificateReader(certificate, systemClock)(),
    );
    const late = { now: () => notAfter.getTime() - days, sleep: systemClock.sleep };
    const { of } = await findings([], { services: { clock: late } });
    expect(of('login')).toMatchObject({ status: 'warn' });
    expect(of('login')?.hint).toContain('skaha login --force');
  });

  test('tells a wrong clock', async () => {
    await loggedIn();
    const at = (off: number) => ({
      services: { clock: { now: () => Date.now() + off, sleep: systemClock.sleep } },
    });
    expect((await findings([], at(120_000))).of('clock')).toMatchObject({
      status: 'warn',
      message: expect.stringMatching(/1(19|20|21) seconds ahead of/),
    });
    const wrong = await findings([], at(-400_000));
    expect(wrong.of('clock')).toMatchObject({ status: 'fail', hint: expect.any(String) });
    expect(wrong.status).toBe(1);
  });

  test('tells a server that does not answer, within the time it is given', async () => {
    const silent = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const { certificate } = shell.platform;
    const url = `https://127.0.0.1:${port}/skaha`;
    const words = ['--url', url, '--certificate', certificate, '--timeout', '1s'];
    const { of, status } = await findings(words);
    await new Promise((resolve) => silent.close(resolve));
    expect(status).toBe(1);
    for (const check of ['tls', 'availability', 'access']) expect(of(check)?.status).toBe('fail');
    expect(of('tls')?.message).toContain('within 1 seconds');
  });

  test('tells that nothing is there, and an authority that is not trusted', async () => {
    const { url, certificate } = shell.platform;
    const untrusted = await findings(['--url', url, '--certificate', certificate]);
    expect(untrusted.of('tls')).toMatchObject({
      status: 'fail',
      message: expect.stringContaining('is not signed by an authority that this machine trusts'),
    });
    const server = await testServer(() => 'drop');
    await server[Symbol.asyncDispose]();
    const gone = server.url.replace('http:', 'https:');
    const { of } = await findings(['--url', gone, '--certificate', certificate]);
    expect(of('tls')?.message).toMatch(/^Nothing answers at 127\.0\.0\.1:\d+\.$/);
  });

  test('tells a platform that is not available, and one that refuses the login', async () => {
    await loggedIn();
    const lift = shell.platform.faults.inject({ kind: 'status-503', retryAfterSeconds: 1 });
    const { of, status } = await findings();
    lift();
    expect(status).toBe(1);
    expect(of('access')).toMatchObject({ status: 'fail', hint: expect.any(String) });
  });

  test('ends when it is cancelled: 130', async () => {
    const controller = new AbortController();
    const { connect } = systemServices({ env: {} });
    const ended = await home.run(['doctor'], {
      terminal: { signal: controller.signal },
      services: {
        connect: (given) => {
          controller.abort(new Interruption('SIGINT'));
          return connect({ config: home.config, ...given });
        },
      },
    });
    expect(ended).toMatchObject({ status: 130, stdout: '' });
  });
});
