import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { UserSettings } from '../config/settings.js';
import { type DataLayout, readIfPresent, writeFileAtomically } from '../data.js';
import { hashPassword, newPassword, passwordHashPattern, verifyPassword } from './passwords.js';

/**
 * The passwords of a platform's users. One set in the configuration file (hashed) counts; else one
 * is made at the first start. What is made is kept twice: hashed, and in a file that only the owner
 * of the platform can read, for that owner to read it. The second may be removed.
 */
export class Accounts {
  readonly #hashes: ReadonlyMap<string, string>;
  readonly #files: ReadonlyMap<string, string>;
  /** Compared against when the user is unknown, so that both answers take the same time. */
  #nobody: Promise<string> | undefined;

  private constructor(hashes: ReadonlyMap<string, string>, files: ReadonlyMap<string, string>) {
    this.#hashes = hashes;
    this.#files = files;
  }

  /** Reads the passwords of all users, and makes those that are missing. */
  static async open(layout: DataLayout, users: readonly UserSettings[]): Promise<Accounts> {
    const directory = join(layout.secrets, 'users');
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const files = users
      .filter(({ password }) => password === undefined)
      .map(({ name }) => [name, join(directory, `${name}.password`)] as const);
    const made = files.map(async ([name, file]) => [name, await openGenerated(file)] as const);
    const chosen = users.flatMap(({ name, password }) =>
      password === undefined ? [] : [[name, password] as const],
    );
    return new Accounts(new Map([...chosen, ...(await Promise.all(made))]), new Map(files));
  }

  /** True when there is such a user. */
  has(user: string): boolean {
    return this.#hashes.has(user);
  }

  /** File with the password that was made for a user; undefined when the user chose another. */
  passwordFile(user: string): string | undefined {
    const path = this.#files.get(user);
    return path !== undefined && existsSync(path) ? path : undefined;
  }

  /**
   * The user whom a name and a password prove, or undefined. An unknown name and a wrong password
   * look and take the same.
   */
  async check(name: string, password: string): Promise<string | undefined> {
    const hash = this.#hashes.get(name);
    this.#nobody ??= hashPassword('');
    const nobody = await this.#nobody;
    const matches = await verifyPassword(password, hash ?? nobody);
    return matches && hash !== undefined ? name : undefined;
  }
}

async function openGenerated(file: string): Promise<string> {
  const hashFile = `${file}-hash`;
  const kept = readIfPresent(hashFile)?.trim();
  if (kept !== undefined && passwordHashPattern.test(kept)) return kept;
  const password = newPassword();
  const hash = await hashPassword(password);
  writeFileAtomically(file, `${password}\n`);
  writeFileAtomically(hashFile, `${hash}\n`);
  return hash;
}
