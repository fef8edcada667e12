import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { netrcLogin, parseNetrc } from '../../src/auth/netrc.js';
import { rejection } from '../fixtures.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skaha-netrc-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function file(text: string, mode = 0o600): Promise<string> {
  const path = join(folder, 'netrc');
  await writeFile(path, text);
  await chmod(path, mode);
  return path;
}

test.each([
  ['on one line', 'machine a.org login ada password secret'],
  ['on several lines', 'machine a.org\n  login ada\n  account x\n  password secret\n'],
  ['in quotes', 'machine a.org login "ada" password "secret"'],
  [
    'after a comment',
    '# machine a.org login eve password no\nmachine a.org login ada password secret',
  ],
  [
    'after a macro',
    'macdef init\nmachine a.org login eve\n\nmachine a.org login ada password secret',
  ],
])('an entry %s', (_how, text) => {
  expect(parseNetrc(text)).toEqual([{ machine: 'a.org', login: 'ada', password: 'secret' }]);
});

test('words that are keywords, quotes and hashes can be passwords', () => {
  expect(parseNetrc('machine a login b password login machine c login d password #x')).toEqual([
    { machine: 'a', login: 'b', password: 'login' },
    { machine: 'c', login: 'd', password: '#x' },
  ]);
  expect(parseNetrc('machine a login b password "s p\\"\\\\"')[0]?.password).toBe('s p"\\');
});

test('whatever is written in quotes is read back', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (password) => {
      fc.pre(!/[\r\n]/.test(password));
      const quoted = `"${password.replace(/["\\]/g, '\\$&')}"`;
      expect(parseNetrc(`machine a login b password ${quoted}`)).toEqual([
        { machine: 'a', login: 'b', password },
      ]);
    }),
  );
});

test('any text is read without failing', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => Array.isArray(parseNetrc(text))));
});

test('the machine must match exactly, the user too when one is named', async () => {
  const path = await file(`
machine a.org login eve password first
machine a.org login ada password second
default login anybody password never
`);
  expect(await netrcLogin(path, 'a.org')).toEqual({ username: 'eve', password: 'first' });
  expect(await netrcLogin(path, 'a.org', 'ada')).toEqual({ username: 'ada', password: 'second' });
  expect(await rejection(netrcLogin(path, 'b.org'))).toMatchObject({
    code: 'authentication.credential_missing',
    message: `The netrc file ${path} has no password at b.org.`,
  });
});

test('a file that others can read is refused, named or not', async () => {
  const path = await file('machine a.org login ada password SECRET', 0o640);
  const error = await rejection(netrcLogin(path, 'a.org'));
  expect(error).toMatchObject({
    code: 'authentication.credential_invalid',
    message: `The netrc file ${path} can be read by others.`,
    hint: `Make it private: chmod 600 '${path}'`,
  });
});

test('a file that is not there is said to be', async () => {
  expect(await rejection(netrcLogin(join(folder, 'none'), 'a.org'))).toMatchObject({
    code: 'authentication.credential_missing',
  });
});

// Only there can a test give a file away.
test.runIf(process.getuid?.() === 0)(
  'a file of another user is refused as what it is',
  async () => {
    const path = await file('machine a.org login ada password SECRET');
    await chown(path, 12_345, 12_345);
    const error = await rejection(netrcLogin(path, 'a.org'));
    expect(error).toMatchObject({
      code: 'authentication.credential_invalid',
      message: `The netrc file ${path} belongs to another user (number 12345), who could change it.`,
      hint: expect.stringContaining('install -m 600'),
    });
  },
);
