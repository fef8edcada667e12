import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { UserSettings } from '../config/settings.js';
import { type DataLayout, readIfPresent, writeFileAtomically } from '../data.js';
import { hashPassword, newPassword, passwordHashPattern, verifyPassword } from './passwords.js';

interface Account {
  /** File with the password that was made for the user. */
  readonly file?: string | undefined;
  /** The hash, made when it is needed first: it takes its time. */
  hash(): Promise<string>;
}

/**
 * The passwords of a platform's users. One set in the configuration file (hashed) counts; else one
 * is made at the first start, in a file that only the owner of the platform can read, for that owner
 * to read it. The first login leaves its hash beside it; from then on the file may be removed.
 */
export class Accounts {
  readonly #accounts: ReadonlyMap<string, Account>;
  /** Compared against when the user is unknown, so that both answers take the same time. */
  readonly #nobody = once(() => hashPassword(''));

  private constructor(accounts: ReadonlyMap<string, Account>) {
    this.#accounts = accounts;
  }

  /** Reads the passwords of all users, and makes those that are missing. */
  static open(layout: DataLayout, users: readonly UserSettings[]): Accounts {
    const directory = join(layout.secrets, 'users');
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const accounts = users.map(({ name, password }): [string, Account] => [
      name,
      password === undefined
        ? openGenerated(join(directory, `${name}.password`))
        : { hash: () => Promise.resolve(password) },
    ]);
    return new Accounts(new Map(accounts));
  }

  /** True when there is such a user. */
  has(user: string): boolean {
    return this.#accounts.has(user);
  }

  /** File with the password that was made for a user; undefined when the user chose another. */
  passwordFile(user: string): string | undefined {
    const file = this.#accounts.get(user)?.file;
    return file !== undefined && existsSync(file) ? file : undefined;
  }

  /**
   * The user whom a name and a password prove, or undefined. An unknown name and a wrong password
   * look and take the same.
   */
  async check(name: string, password: string): Promise<string | undefined> {
    const account = this.#accounts.get(name);
    const hash = await (account === undefined ? this.#nobody() : account.hash());
    const matches = await verifyPassword(password, hash);
    return matches && account !== undefined ? name : undefined;
  }
}

function openGenerated(file: string): Account {
  const hashFile = `${file}-hash`;
  const hash = readIfPresent(hashFile)?.trim() ?? '';
  if (passwordHashPattern.test(hash)) return { file, hash: () => Promise.resolve(hash) };
  let password = readIfPresent(file)?.trim() ?? '';
  if (password === '') {
    password = newPassword();
    writeFileAtomically(file, `${password}\n`);
  }
  const make = once(async () => {
    const made = await hashPassword(password);
    writeFileAtomically(hashFile, `${made}\n`);
    return made;
  });
  return { file, hash: make };
}

/** Does the work at the first call; all calls share the result. */
function once<Result>(work: () => Promise<Result>): () => Promise<Result> {
  let result: Promise<Result> | undefined;
  return () => {
    result ??= work();
    return result;
  };
}
