import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type CertificateRequest, fetchCertificate } from '../../src/auth/certificate-service.js';
import { writePrivateFile } from '../../src/config/private-file.js';
import { JumpingClock, rejection } from '../fixtures.js';
import { makePair } from './fixtures.js';
import { type Answer, type StandIn, startStandIn } from './stand-in.js';

let standIn: StandIn;
let path: string;
const hour = 3_600_000;
const now = new JumpingClock().now();
const valid = makePair(new Date(now - hour), new Date(now + 24 * hour));
const other = makePair(new Date(now - hour), new Date(now + 24 * hour));
const old = makePair(new Date(now - 2 * hour), new Date(now - hour));
const tomorrow = makePair(new Date(now + 24 * hour), new Date(now + 48 * hour));
const good = `${valid.certificate}${valid.key}`;

beforeEach(async () => {
  standIn = await startStandIn();
  path = join(standIn.home, '.ssl', 'cadcproxy.pem');
});
afterEach(() => standIn[Symbol.asyncDispose]());

const request = (extra: Partial<CertificateRequest> = {}): CertificateRequest => ({
  transport: standIn.transport,
  endpoint: `${standIn.origin}/cred/generate`,
  proof: { type: 'password', username: ' ada ', password: 'SECRET-pass\n' },
  path,
  clock: new JumpingClock(),
  ...extra,
});

const answers = (...list: Answer[]) =>
  standIn.on('GET /cred/generate', (_request, count) => list[count - 1] ?? list.at(-1) ?? 'drop');

describe('a certificate', () => {
  test('is asked for by name and password, saved as it came, with its dates', async () => {
    answers({ body: good });
    const fetched = await fetchCertificate(request({ daysValid: 7 }));
    expect(fetched).toEqual({
      path,
      notBefore: new Date(now - hour),
      notAfter: new Date(now + 24 * hour),
    });
    expect(await readFile(path, 'utf8')).toBe(good);
    const [asked] = standIn.requests;
    expect(asked?.query.toString()).toBe('daysValid=7');
    expect(asked?.headers.authorization).toBe(
      `Basic ${Buffer.from('ada:SECRET-pass').toString('base64')}`,
    );
  });

  test('is asked for with a token', async () => {
    answers({ body: good });
    await fetchCertificate(request({ proof: { type: 'token', token: 'abc' } }));
    expect(standIn.requests[0]?.headers.authorization).toBe('Bearer abc');
  });

  test('of a shorter life is taken when the service gives no longer one', async () => {
    const notices: string[] = [];
    answers({ status: 400, body: 'daysValid larger than maximum allowed: 10.0\n' }, { body: good });
    await fetchCertificate(request({ onNotice: (text) => notices.push(text) }));
    expect(standIn.requests.map(({ query }) => query.get('daysValid'))).toEqual(['30', '10']);
    expect(notices).toEqual([`${standIn.host} issues certificates for at most 10 days.`]);
  });

  test('is waited for while the service is busy', async () => {
    const clock = new JumpingClock(30_000);
    answers({ status: 503, headers: { 'retry-after': '3' } }, 'drop', { body: good });
    await fetchCertificate(request({ clock }));
    expect(clock.pauses).toEqual([3000, 2000]);
  });

  test('is not waited for beyond half a minute', async () => {
    const clock = new JumpingClock(60_000);
    answers({ status: 503, headers: { 'retry-after': '20' } });
    expect(await rejection(fetchCertificate(request({ clock })))).toMatchObject({
      code: 'server.unavailable',
      retryable: true,
    });
    expect(clock.pauses).toEqual([20_000]);
  });
});

describe('refusals', () => {
  test.each([
    [
      401,
      'Invalid username or password',
      'authentication.denied',
      'The user name or password was refused by',
    ],
    [
      403,
      'Renewing certificate using certificate authentication not permitted: x\n',
      'authentication.denied',
      'does not issue a certificate to you',
    ],
    [404, 'User not found', 'request.rejected', 'answered with HTTP 404'],
    [
      500,
      'unexpected exception: CONFIG: login failed',
      'server.error',
      'is not working (HTTP 500)',
    ],
    [302, '', 'response.redirect', 'redirects elsewhere, and your password is not sent there'],
  ])('%i is one sentence', async (status, body, code, message) => {
    answers({ status, body, headers: { location: 'https://evil.example.org/' } });
    const error = await rejection(fetchCertificate(request()));
    expect(error).toMatchObject({ code, message: expect.stringContaining(message), status });
  });

  test('S10: what the service said is cut to one line that can be shown', async () => {
    answers({ status: 401, body: `\u001b[31mInvalid\u0007 password${'!'.repeat(500)}\nmore` });
    const error = await rejection(fetchCertificate(request()));
    expect(error).toMatchObject({
      serverMessage: `[31mInvalid password${'!'.repeat(500)}`.slice(0, 200),
    });
  });

  test('S6: a service that repeats the password, or the header with it, gets neither shown', async () => {
    const encoded = Buffer.from('ada:SECRET-pass').toString('base64');
    for (const status of [400, 401, 403, 500]) {
      for (const body of ['SECRET-pass is wrong', `what is Basic ${encoded}?`]) {
        answers({ status, body });
        const error = await rejection(fetchCertificate(request()));
        expect(error).toMatchObject({ status, serverMessage: undefined });
        expect(JSON.stringify(error) + String(error)).not.toMatch(/SECRET|YWRh/);
      }
    }
  });

  test.each([
    [{ daysValid: 0 }, 'daysValid must be a whole number from 1 to 30.'],
    [{ daysValid: 31 }, 'daysValid must be a whole number from 1 to 30.'],
    [{ daysValid: 1.5 }, 'daysValid must be a whole number from 1 to 30.'],
    [{ proof: { type: 'password', username: '', password: 'x' } }, 'The user name is empty.'],
    [{ proof: { type: 'password', username: 'ada', password: ' ' } }, 'The password is empty.'],
    [
      { proof: { type: 'password', username: 'a:b', password: 'x' } },
      'The user name contains a character that is not allowed.',
    ],
  ] as const)('%j is refused before anything is sent', async (extra, message) => {
    expect(await rejection(fetchCertificate(request(extra)))).toMatchObject({
      code: 'request.invalid',
      message,
    });
    expect(standIn.requests).toEqual([]);
  });
});

describe('S21: an answer that is no good certificate leaves the old one', () => {
  const ours = 'the old certificate';
  test.each([
    ['nothing', ''],
    ['a web page', '<html>Log in here</html>'],
    ['no key', valid.certificate],
    ['no certificate', valid.key],
    ['the key of another', `${valid.certificate}${other.key}`],
    ['two keys', `${good}${other.key}`],
    ['one cut short', good.slice(0, good.length / 2)],
  ])('%s', async (_what, body) => {
    await writePrivateFile(path, ours);
    answers({ body });
    expect(await rejection(fetchCertificate(request()))).toMatchObject({
      code: 'response.invalid',
    });
    expect(await readFile(path, 'utf8')).toBe(ours);
    expect(await readdir(join(standIn.home, '.ssl'))).toEqual(['cadcproxy.pem']);
  });

  test.each([
    ['one that has ended', old, 'has already expired'],
    ['one of tomorrow', tomorrow, 'is not valid yet'],
  ])('%s, with the clock as a suspect', async (_what, { certificate, key }, state) => {
    await writePrivateFile(path, ours);
    answers({ body: `${certificate}${key}` });
    expect(await rejection(fetchCertificate(request()))).toMatchObject({
      code: 'authentication.credential_invalid',
      message: `The certificate sent by ${standIn.host} ${state} according to the clock of this machine. Nothing was saved.`,
      hint: expect.stringContaining('date and time'),
    });
    expect(await readFile(path, 'utf8')).toBe(ours);
  });

  test('S15: one that never ends', async () => {
    await writePrivateFile(path, ours);
    answers({ body: new Uint8Array(256 * 1024 + 1).fill(65) });
    expect(await rejection(fetchCertificate(request()))).toMatchObject({
      code: 'response.invalid',
    });
    expect(await readFile(path, 'utf8')).toBe(ours);
  });
});

describe('a private file', () => {
  test('S1: is never readable by others, nor its new directory', async () => {
    await writePrivateFile(path, 'x');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(standIn.home, '.ssl'))).mode & 0o777).toBe(0o700);
  });

  test('S1: a looser one is tightened when it is written', async () => {
    await mkdir(join(standIn.home, '.ssl'));
    await writeFile(path, 'old', { mode: 0o644 });
    await chmod(path, 0o644);
    await writePrivateFile(path, 'new');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  test('S2: a link keeps pointing where it points', async () => {
    const real = join(standIn.home, 'real.pem');
    await writeFile(real, 'old');
    await mkdir(join(standIn.home, '.ssl'));
    await symlink(real, path);
    await writePrivateFile(path, 'new');
    expect(await readFile(real, 'utf8')).toBe('new');
    expect(await readFile(path, 'utf8')).toBe('new');
  });

  test('that cannot be written is said why', async () => {
    await writeFile(join(standIn.home, '.ssl'), 'a file where a directory should be');
    expect(await rejection(writePrivateFile(path, 'x'))).toMatchObject({
      code: 'config.unwritable',
      message: `The file ${path} cannot be written: a part of its path is a file.`,
    });
  });
});
