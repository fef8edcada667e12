import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, lstatSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Platform } from '../../src/types.js';
import { type Answer, temporaryDirectory, testPlatform } from '../fixtures.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

const socketOf = ({ socket }: Platform): string => {
  if (socket === undefined) throw new Error('there is no socket');
  return socket;
};

/** One request over the socket. */
const ask = (socketPath: string, path: string, headers: Record<string, string>): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, path, headers, agent: false }, (incoming) => {
      let body = '';
      incoming.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      incoming.on('end', () =>
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end();
  });

const userAt = async (platform: Platform): Promise<unknown> => {
  const headers = { host: `127.0.0.1:${platform.port}`, authorization: `Bearer ${platform.token}` };
  const { headers: told } = await ask(socketOf(platform), '/skaha/v1/context', headers);
  return told['x-vo-authenticated'];
};

/** A socket whose program was killed: the file stays. */
async function leaveSocket(path: string): Promise<void> {
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log('listening'))`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(lstatSync(path).isSocket()).toBe(true);
}

describe('the socket of a platform', () => {
  test('is for its owner alone, asks for a credential, and goes with the platform', async () => {
    const platform = await testPlatform();
    const path = socketOf(platform);
    expect(lstatSync(path).mode & 0o777).toBe(0o600);
    expect(lstatSync(dirname(path)).mode & 0o777).toBe(0o700);
    expect(path.startsWith(platform.data)).toBe(true);
    expect(await userAt(platform)).toBe('adastra');
    const host = `127.0.0.1:${platform.port}`;
    expect((await ask(path, '/skaha/v1/session', { host })).status).toBe(401);
    await platform.stop();
    expect(existsSync(path)).toBe(false);
  });

  test('tells the addresses of today to who knows those of yesterday', async () => {
    const platform = await testPlatform();
    for (const host of ['127.0.0.1:1', 'evil.example', `127.0.0.1:${platform.port}`]) {
      const { body } = await ask(socketOf(platform), '/skaha/capabilities', { host });
      expect(body).toContain(`"https://127.0.0.1:${platform.port}/skaha`.slice(1));
      expect(body).not.toContain('127.0.0.1:1/');
      expect(body).not.toContain('evil');
    }
  });

  test('two platforms have one each', async () => {
    const [one, other] = await Promise.all([testPlatform(), testPlatform({ user: 'bob' })]);
    expect(socketOf(one)).not.toBe(socketOf(other));
    expect([await userAt(one), await userAt(other)]).toEqual(['adastra', 'bob']);
    await one.stop();
    expect(await userAt(other)).toBe('bob');
  });

  test('replaces what a killed platform left', async () => {
    const data = temporaryDirectory();
    const first = await testPlatform({ data });
    const path = socketOf(first);
    await first.stop();
    await leaveSocket(path);
    const second = await testPlatform({ data });
    expect(socketOf(second)).toBe(path);
    expect(await userAt(second)).toBe('adastra');
  });

  test('a second start on the same data takes nothing from the first', async () => {
    const platform = await testPlatform();
    const before = lstatSync(socketOf(platform)).ino;
    await expect(testPlatform({ data: platform.data })).rejects.toMatchObject({
      code: 'platform.already_running',
    });
    expect(lstatSync(socketOf(platform)).ino).toBe(before);
    expect(await userAt(platform)).toBe('adastra');
  });

  test('a stop removes its own socket only', async () => {
    const platform = await testPlatform();
    const path = socketOf(platform);
    const other = createServer();
    onTestFinished(() => void other.close());
    const made = join(dirname(path), 'other.sock');
    await new Promise<void>((resolve) => other.listen(made, resolve));
    const { renameSync } = await import('node:fs');
    renameSync(made, path);
    await platform.stop();
    expect(lstatSync(path).isSocket()).toBe(true);
  });

  test.each([
    ['a file', (path: string) => writeFileSync(path, 'precious')],
    ['a folder', (path: string) => mkdirSync(path)],
    ['a link', (path: string) => symlinkSync('/etc/passwd', path)],
  ])('%s in its place is told and left alone', async (_, put) => {
    const data = temporaryDirectory();
    mkdirSync(join(data, 'private'), { mode: 0o700 });
    const path = join(data, 'private/api.sock');
    put(path);
    const before = lstatSync(path);
    await expect(testPlatform({ data })).rejects.toMatchObject({ code: 'platform.storage' });
    expect(lstatSync(path)).toMatchObject({ ino: before.ino, mode: before.mode });
  });
});

describe('a data folder too deep for a socket', () => {
  const deepFolder = () => {
    const data = join(temporaryDirectory(), 'd'.repeat(60), 'e'.repeat(60));
    mkdirSync(data, { recursive: true });
    return data;
  };

  test('has it in the folder of the login, in a private one of its own', async () => {
    const runtime = temporaryDirectory();
    vi.stubEnv('XDG_RUNTIME_DIR', runtime);
    const platform = await testPlatform({ data: deepFolder() });
    const path = socketOf(platform);
    expect(dirname(dirname(path))).toBe(runtime);
    expect(lstatSync(dirname(path)).mode & 0o777).toBe(0o700);
    expect(await userAt(platform)).toBe('adastra');
    await platform.stop();
    expect(existsSync(dirname(path))).toBe(false);
  });

  test('has it in the folder for temporary files where there is none for the login', async () => {
    const temporary = temporaryDirectory();
    vi.stubEnv('XDG_RUNTIME_DIR', '');
    vi.stubEnv('TMPDIR', temporary);
    const platform = await testPlatform({ data: deepFolder() });
    expect(dirname(dirname(socketOf(platform)))).toBe(temporary);
    expect(await userAt(platform)).toBe('adastra');
  });

  test('has none where somebody else has made that folder, and is reached over TCP', async () => {
    const runtime = temporaryDirectory();
    const temporary = temporaryDirectory();
    vi.stubEnv('XDG_RUNTIME_DIR', runtime);
    vi.stubEnv('TMPDIR', temporary);
    const data = deepFolder();
    const first = await testPlatform({ data });
    const folder = dirname(socketOf(first));
    await first.stop();
    mkdirSync(folder);
    chmodSync(folder, 0o777);
    const elsewhere = join(temporary, `skaha-${process.getuid?.()}-${folder.split('-').at(-1)}`);
    mkdirSync(elsewhere);
    chmodSync(elsewhere, 0o770);
    const second = await testPlatform({ data });
    expect(second.socket).toBeUndefined();
    expect(existsSync(join(folder, 'api.sock'))).toBe(false);
  });
});
