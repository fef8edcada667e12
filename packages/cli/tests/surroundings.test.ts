import { spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { makeServerPair } from '../../client/tests/auth/tls.js';
import { proxyServer } from '../../client/tests/transport/proxy-server.js';
import { startSkaha } from './child.js';

const pair = makeServerPair('skaha.example');
const folder = mkdtempSync(join(tmpdir(), 'skaha-surroundings-'));
const ca = join(folder, 'ca.pem');
writeFileSync(ca, pair.cert);

const availability = `<?xml version="1.0"?><vosi:availability
  xmlns:vosi="http://www.ivoa.net/xml/VOSIAvailability/v1.0"><vosi:available>true</vosi:available>
  </vosi:availability>`;

async function hiddenServer(page?: string): Promise<number> {
  const server = https.createServer(pair, (incoming, outgoing) => {
    if (page !== undefined) {
      outgoing.writeHead(200, { 'content-type': 'text/html', server: 'gate/1' }).end(page);
      return;
    }
    const isAvailability = incoming.url?.endsWith('/availability') === true;
    outgoing.setHeader('content-type', isAvailability ? 'text/xml' : 'application/json');
    outgoing.end(isAvailability ? availability : '[]');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Answers everything with a page, whatever is said to it. */
async function plainServer(): Promise<number> {
  const server = net.createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\n<html>Sign in'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

const environment = (more: Record<string, string>) => ({
  HOME: folder,
  SKAHA_URL: 'https://skaha.example/skaha',
  SKAHA_TOKEN: 'a-token',
  SKAHA_CA: ca,
  ...more,
});

async function run(
  argv: readonly string[],
  env: Record<string, string>,
  nodeOptions: string[] = [],
) {
  const child = startSkaha(argv, environment(env), { nodeOptions });
  const status = await child.ended;
  return { status, stdout: child.stdout(), stderr: child.stderr() };
}

describe('the command behind a proxy', () => {
  // Where Node has a proxy of its own, the result is the same.
  test.each([{}, { NODE_USE_ENV_PROXY: '1' }])('goes through it (%o)', async (more) => {
    await using proxy = await proxyServer({ port: await hiddenServer(), login: 'jo:hush' });
    const env = { HTTPS_PROXY: `http://jo:hush@${proxy.address}`, ...more };
    const { status, stdout, stderr } = await run(['ps', '--json'], env);
    expect({ status, stdout }).toEqual({ status: 0, stdout: '[]\n' });
    // Node 22 says of its own proxy support that it is experimental.
    expect(stderr.replace(/^\(.*\n/gm, '')).toBe('');
    expect(proxy.asked).toEqual(['CONNECT skaha.example:443']);
  });

  test('doctor shows it and tests it, and so does what it checks', async () => {
    await using proxy = await proxyServer({ port: await hiddenServer(), login: 'jo:hush' });
    const env = { HTTPS_PROXY: `http://jo:hush@${proxy.address}` };
    const { stdout } = await run(['doctor', '--json', '--timeout', '20s'], env);
    const findings: { check: string; status: string; message: string }[] = JSON.parse(stdout);
    const of = (name: string) => findings.find(({ check }) => check === name);
    expect(of('proxy')).toMatchObject({
      status: 'ok',
      message: `http://${proxy.address} (HTTPS_PROXY) connects to skaha.example.`,
    });
    expect(of('dns')?.message).toBe('The proxy looks skaha.example up.');
    expect(of('tls')).toMatchObject({ status: 'ok' });
    expect(of('availability')).toMatchObject({ status: 'ok' });
    expect(of('access')).toMatchObject({ status: 'ok' });
    expect(of('authorities')?.message).toContain('--ca or SKAHA_CA: 1');
    expect(stdout).not.toContain('hush');
  });

  test('doctor takes a login page for no login', async () => {
    const port = await hiddenServer('<!doctype html><title>Sign in</title>');
    await using proxy = await proxyServer({ port });
    const env = { HTTPS_PROXY: `http://${proxy.address}` };
    const { status, stdout } = await run(['doctor', '--json', '--timeout', '20s'], env);
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toEqual(
      expect.arrayContaining(
        ['availability', 'access'].map((check) =>
          expect.objectContaining({
            check,
            status: 'fail',
            message: expect.stringContaining('(server: gate/1) answered for skaha.example'),
          }),
        ),
      ),
    );
  });

  test('what is no proxy is told by every check that needs one', async () => {
    const { stdout } = await run(['doctor', '--json', '--timeout', '20s'], {
      HTTPS_PROXY: 'http://jo:hu/sh@127.0.0.1:1',
    });
    const findings: { check: string; message: string }[] = JSON.parse(stdout);
    const told = findings.filter(({ message }) =>
      message.includes('The value of HTTPS_PROXY is not'),
    );
    expect(told.map(({ check }) => check)).toEqual(
      expect.arrayContaining(['dns', 'proxy', 'tls', 'availability', 'access']),
    );
    expect(stdout).not.toMatch(/unexpected|UNKNOWN|hu\/sh/);
  });

  test('a page in place of a tunnel is told as no TLS', async () => {
    const port = await plainServer();
    await using proxy = await proxyServer({ port });
    const env = { HTTPS_PROXY: `http://${proxy.address}` };
    const { status, stderr } = await run(['ps', '--retries', '0'], env);
    expect(status).toBe(6);
    expect(stderr).toMatch(
      /What answers at skaha\.example does not speak TLS .+\(through the proxy/,
    );
  });

  test('is told when the proxy wants another login: 6', async () => {
    await using proxy = await proxyServer({ port: await hiddenServer(), login: 'jo:hush' });
    const env = { HTTPS_PROXY: `http://jo:wrong-word@${proxy.address}` };
    const { status, stderr } = await run(['ps', '--retries', '0', '--json'], env);
    expect(status).toBe(6);
    expect(JSON.parse(stderr)).toMatchObject({ code: 'proxy.authentication_required' });
    const doctor = await run(['doctor', '--timeout', '20s'], env);
    expect(doctor.stdout).toMatch(/fail {2}proxy +The proxy http:\/\/127\.0\.0\.1:\d+ requires/);
    expect(`${stderr}${doctor.stdout}${doctor.stderr}`).not.toContain('wrong-word');
  });

  test('logs in and looks for servers through it', async () => {
    await using proxy = await proxyServer({ port: await hiddenServer(), status: 403 });
    const env = { HTTPS_PROXY: `http://${proxy.address}`, SKAHA_USERNAME: 'ada' };
    const { status } = await run(['login', 'cadc', '--password-stdin', '--no-input'], env);
    expect(status).not.toBe(0);
    expect(proxy.asked.length).toBeGreaterThan(0);
    expect(proxy.asked.every((line) => /^CONNECT [\w.-]+:443$/.test(line))).toBe(true);
  });
});

// Only there can a test take the number of a user that the system does not know.
describe.runIf(process.getuid?.() === 0 && process.platform === 'linux')(
  'a user whom the system does not know, without HOME',
  () => {
    // A copy: a clone may lie where other users may not enter.
    const shipped = () => {
      const source = fileURLToPath(new URL('../../client/', import.meta.url));
      const copy = mkdtempSync(join(tmpdir(), 'skaha-shipped-'));
      onTestFinished(() => rmSync(copy, { recursive: true, force: true }));
      chmodSync(copy, 0o755);
      for (const part of ['bin', 'dist/command', 'package.json'])
        cpSync(join(source, part), join(copy, part), { recursive: true });
      return join(copy, 'bin/skaha.js');
    };
    const alone = async (program: string, argv: readonly string[], env: Record<string, string>) => {
      const child = spawn(process.execPath, [program, ...argv], {
        uid: 54_321,
        gid: 54_321,
        cwd: '/',
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { PATH: process.env['PATH'], ...env },
      });
      let stdout = '';
      let stderr = '';
      child.stdout?.on('data', (chunk) => {
        stdout += chunk;
      });
      child.stderr?.on('data', (chunk) => {
        stderr += chunk;
      });
      const status = await new Promise((resolve) => child.once('close', resolve));
      return { status, stdout, stderr };
    };

    test('works with address and token, and is told what is missing where it is needed', async () => {
      const secure = await hiddenServer();
      chmodSync(folder, 0o755);
      const env = {
        SKAHA_URL: `https://localhost:${secure}/skaha`,
        SKAHA_TOKEN: 'a-token',
        SKAHA_CA: ca,
      };
      const program = shipped();
      const listed = await alone(program, ['ps', '--json'], env);
      expect(listed).toEqual({ status: 0, stdout: '[]\n', stderr: '' });
      const saved = await alone(program, ['config', 'set', 'console.width', '90'], env);
      expect(saved).toMatchObject({ status: 1, stdout: '' });
      expect(saved.stderr).toContain('There is no home directory: HOME is not set.');
      expect(saved.stderr).toContain('Set HOME');
      const platform = await alone(program, ['platform', 'status'], env);
      expect(platform.stderr).not.toMatch(/unexpected|uv_os_homedir/);
      for (const line of [['history'], ['jobs', 'ls']]) {
        const { status, stderr } = await alone(program, line, env);
        expect(status).toBe(1);
        expect(stderr).toContain('There is no home directory: HOME is not set.');
      }
      const nothing = await alone(program, ['ps'], {});
      expect(nothing.status).toBe(3);
      expect(nothing.stderr).not.toContain('unexpected');
    });
  },
);
