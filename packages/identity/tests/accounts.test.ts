import { readFileSync, rmSync, statSync } from 'node:fs';
import { dataLayout, prepareData } from '@skaha/service/data.js';
import { describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../../../scripts/tests/temporary-directory.js';
import { Accounts } from '../src/accounts.js';
import { hashPassword, newPassword, verifyPassword } from '../src/passwords.js';

const user = (name: string, password?: string) => ({
  name,
  uid: 1,
  groups: [],
  access: true,
  password,
});

function layoutOf(data: string) {
  const layout = dataLayout(data);
  prepareData(layout);
  return layout;
}

describe('passwords', () => {
  test('a hash says nothing, differs each time, and matches its password only', async () => {
    const [one, other] = [await hashPassword('swordfish'), await hashPassword('swordfish')];
    expect(one).toMatch(/^scrypt\$16384\$8\$1\$[\w-]{22}\$[\w-]{43}$/);
    expect(one).not.toBe(other);
    expect(await verifyPassword('swordfish', one)).toBe(true);
    expect(await verifyPassword('Swordfish', one)).toBe(false);
    expect(await verifyPassword('', one)).toBe(false);
    expect(await verifyPassword('swordfish', 'swordfish')).toBe(false);
  });

  test('composed and decomposed letters are the same letters', async () => {
    expect(await verifyPassword('caf\u0065\u0301', await hashPassword('caf\u00e9'))).toBe(true);
  });

  test('many checks at once all get their answer', async () => {
    const hash = await hashPassword('a');
    const answers = Array.from({ length: 12 }, (_, index) =>
      verifyPassword(index % 3 === 0 ? 'a' : 'b', hash),
    );
    expect((await Promise.all(answers)).filter((right) => right)).toHaveLength(4);
  });

  test('a new one is four groups of four', () => {
    const made = new Set(Array.from({ length: 50 }, newPassword));
    expect(made.size).toBe(50);
    for (const password of made)
      expect(password).toMatch(/^([0-9a-hjkmnp-tv-z]{4}-){3}[0-9a-hjkmnp-tv-z]{4}$/);
  });
});

describe('accounts', () => {
  test('a password is made once; its file is for the owner alone and may be removed', async () => {
    const layout = layoutOf(temporaryDirectory());
    const first = Accounts.open(layout, [user('alice')]);
    const file = first.passwordFile('alice') ?? '';
    const password = readFileSync(file, 'utf8').trim();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await first.check('alice', 'wrong')).toEqual({});
    expect(statSync(`${file}-hash`).mode & 0o777).toBe(0o600);
    expect(readFileSync(`${file}-hash`, 'utf8')).not.toContain(password);
    rmSync(file);
    const second = Accounts.open(layout, [user('alice')]);
    expect(await second.check('alice', password)).toEqual({ user: 'alice' });
    expect(second.passwordFile('alice')).toBeUndefined();
  });

  test('one that nobody used yet is read again', async () => {
    const layout = layoutOf(temporaryDirectory());
    const file = Accounts.open(layout, [user('alice')]).passwordFile('alice') ?? '';
    const password = readFileSync(file, 'utf8').trim();
    expect(await Accounts.open(layout, [user('alice')]).check('alice', password)).toEqual({
      user: 'alice',
    });
  });

  test('S29: a wrong password, an unknown user and an empty password prove nobody', async () => {
    const accounts = Accounts.open(layoutOf(temporaryDirectory()), [user('alice')]);
    expect(await accounts.check('alice', 'wrong')).toEqual({});
    expect(await accounts.check('bob', '')).toEqual({});
    expect(await accounts.check('alice', '')).toEqual({});
    expect([accounts.has('alice'), accounts.has('bob')]).toEqual([true, false]);
  });

  test('one from the configuration counts, and no file is made or shown', async () => {
    const layout = layoutOf(temporaryDirectory());
    Accounts.open(layout, [user('alice')]);
    const chosen = Accounts.open(layout, [user('alice', await hashPassword('swordfish'))]);
    expect(await chosen.check('alice', 'swordfish')).toEqual({ user: 'alice' });
    expect(chosen.passwordFile('alice')).toBeUndefined();
  });
});
