import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { systemServices } from '../src/environment/services.js';
import { type Result, runSkaha, sharedPlatform } from './harness.js';

const folder = mkdtempSync(join(tmpdir(), 'skaha-cli-failures-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const { connect } = systemServices({ env: {} });
const direct = (argv: readonly string[]) => runSkaha(argv, { services: { connect } });
const shell = sharedPlatform();

/** One line that says what failed, one that says what to do, and nothing else. */
function expectClear({ stdout, stderr }: Result): void {
  expect(stdout).toBe('');
  expect(stderr).toMatch(/^Error: .+\n( {2}.+\n)*Hint: .+\n$/);
  expect(stderr).not.toContain('    at ');
}

/** Runs it for people and for programs: both must end in the same way. */
async function both(run: (words: string[]) => Promise<Result>, code: string, status: number) {
  const people = await run([]);
  expectClear(people);
  const programs = await run(['--json']);
  expect([people.status, programs.status]).toEqual([status, status]);
  expect(programs.stdout).toBe('');
  expect(JSON.parse(programs.stderr)).toMatchObject({ code, hint: expect.any(String) });
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('what goes wrong', () => {
  test('the platform is not running: 6', async () => {
    const token = file('token', 'abc');
    const url = `https://127.0.0.1:${await freePort()}/skaha`;
    await both(
      (words) => direct(['ps', '--url', url, '--token-file', token, ...words]),
      'transport.failure',
      6,
    );
  });

  test('an expired certificate: 3, for every command', async () => {
    const { url, ca, user } = shell.platform;
    const certificate = await shell.platform.issueCertificate(user, -60_000);
    const common = ['--url', url, '--ca', ca, '--certificate', certificate];
    for (const words of [
      ['ps'],
      ['stats'],
      ['create', 'headless', 'skaha/terminal:1.1.2', '--', 'ls'],
      ['delete', '-y', 'ab12cd34'],
    ]) {
      const [name = '', ...others] = words;
      await both(
        (more) => direct([name, ...common, ...more, ...others]),
        'authentication.expired',
        3,
      );
    }
  });

  test('an expired token: 3', async () => {
    const { url, ca, user } = shell.platform;
    const token = file('expired', shell.platform.issueToken(user, -60_000));
    await both(
      (words) => direct(['ps', '--url', url, '--ca', ca, '--token-file', token, ...words]),
      'authentication.expired',
      3,
    );
  });

  test('a token file that is not there: 3', async () => {
    const { url } = shell.platform;
    await both(
      (words) => direct(['ps', '--url', url, '--token-file', join(folder, 'none'), ...words]),
      'authentication.credential_missing',
      3,
    );
  });

  test('a corrupt configuration: 1, naming the file', async () => {
    const config = file('corrupt.yaml', 'contexts: [unclosed\n');
    await both((words) => direct(['ps', '--config', config, ...words]), 'config.invalid', 1);
    expect((await direct(['ps', '--config', config])).stderr).toContain(config);
    expect((await direct(['version', '--config', config])).status).toBe(0);
    const report = await direct(['version', '--debug', '--config', config]);
    expect(report.status).toBe(0);
    expect(report.stdout).toContain('config.invalid');
  });

  test('a context that does not exist', async () => {
    const config = file('empty.yaml', '');
    const wrong = await direct(['ps', '--config', config, '--context', 'nowhere']);
    expectClear(wrong);
    expect(wrong.status).not.toBe(0);
  });

  test('nothing configured: the hint says how to begin', async () => {
    const config = file('nothing.yaml', '');
    const wrong = await direct(['ps', '--config', config]);
    expectClear(wrong);
    expect([2, 3]).toContain(wrong.status);
    expect(wrong.stderr).toMatch(/skaha (platform start|context add|login)/);
  });

  test('no load figures: 6, unknown rather than zero', async () => {
    const lift = shell.platform.faults.inject({ kind: 'status-503', retryAfterSeconds: 1 });
    try {
      const ask = (words: string[]) => shell.skaha(['stats', '--retries', '0', ...words]);
      await both(ask, 'server.unavailable', 6);
    } finally {
      lift();
    }
  });

  test('wrong usage is a document for programs too: 2', async () => {
    const wrong = await direct(['ps', '--json', '--bogus']);
    expect(wrong).toMatchObject({ status: 2, stdout: '' });
    expect(JSON.parse(wrong.stderr)).toMatchObject({ code: 'command.usage' });
  });

  test('--debug shows where an error comes from, and no secret', async () => {
    const { url, ca, token } = shell.platform;
    const path = file('good-token', token);
    const words = ['info', 'zzzzzzz9', '--url', url, '--ca', ca, '--token-file', path, '--debug'];
    const { status, stderr } = await direct(words);
    expect(status).toBe(4);
    expect(stderr).toContain('    at ');
    expect(stderr).toContain('debug: ');
    expect(stderr).not.toContain(token);
  });
});
