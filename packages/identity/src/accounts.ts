import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, systemClock } from '@skaha/base/clock.js';
import { replaceFileSync } from '@skaha/base/private-file.js';
import { type DataLayout, readIfPresent } from '@skaha/service/data.js';
import { type Reply, text, withHeaders } from '@skaha/service/reply.js';
import { AttemptLimit } from './attempt-limit.js';
import type { UserSettings } from './identities.js';
import { hashPassword, newPassword, passwordHashPattern, verifyPassword } from './passwords.js';

/** What a name and a password prove: a user, nothing, or that the caller has to wait. */
export type PasswordProof =
  | { readonly user: string; readonly retrySeconds?: undefined }
  | { readonly user?: undefined; readonly retrySeconds?: undefined }
  | { readonly user?: undefined; readonly retrySeconds: number };

/** Longer names and passwords are refused unchecked. */
const longestName = 256;
const longestPassword = 1_024;

const minute = 60_000;

/** How many wrong passwords are free, and how long the pauses after them become. */
const limitsOf = (clock: Clock) => ({
  bySender: new AttemptLimit(
    { free: 30, firstMs: 1_000, longestMs: 5 * minute, forgetMs: 15 * minute },
    clock,
  ),
  /** For a user and a sender. */
  byPair: new AttemptLimit(
    { free: 5, firstMs: 1_000, longestMs: 5 * minute, forgetMs: 15 * minute },
    clock,
  ),
  /** For a user, with short pauses, because the real user must still get in. */
  byUser: new AttemptLimit(
    { free: 60, firstMs: 1_000, longestMs: 5_000, forgetMs: 15 * minute },
    clock,
  ),
});

interface Account {
  /** File with the password that was made for the user. */
  readonly file?: string | undefined;
  /** The hash, calculated when it is first needed, because it takes long. */
  hash(): Promise<string>;
}

/**
 * The passwords of a platform's users: as hashed in the configuration file, otherwise generated at
 * the first start in a file that only the owner of the platform can read. The first login writes
 * its hash next to it; from then on the file may be removed.
 */
export class Accounts {
  readonly #accounts: ReadonlyMap<string, Account>;
  /** Used for unknown users, so that both answers take the same time. */
  readonly #nobody = once(() => hashPassword(''));

  readonly #limits: ReturnType<typeof limitsOf>;
  /** Pairs of senders and users with a successful login since the start. */
  readonly #known = new Set<string>();
  readonly #turns = new Map<string, Promise<void>>();

  private constructor(accounts: ReadonlyMap<string, Account>, clock: Clock) {
    this.#accounts = accounts;
    this.#limits = limitsOf(clock);
  }

  /** Reads the passwords of all users, and generates missing ones. */
  static open(
    layout: DataLayout,
    users: readonly UserSettings[],
    clock: Clock = systemClock,
  ): Accounts {
    const directory = join(layout.secrets, 'users');
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const accounts = users.map(({ name, password }): [string, Account] => [
      name,
      password === undefined
        ? openGenerated(join(directory, `${name}.password`))
        : { hash: () => Promise.resolve(password) },
    ]);
    return new Accounts(new Map(accounts), clock);
  }

  /** Whether there is such a user. */
  has(user: string): boolean {
    return this.#accounts.has(user);
  }

  /** The file with the generated password of a user; undefined if the user has chosen another. */
  passwordFile(user: string): string | undefined {
    const file = this.#accounts.get(user)?.file;
    return file !== undefined && existsSync(file) ? file : undefined;
  }

  /**
   * Checks a name and a password. An unknown name and a wrong password lead to the same answer
   * after the same time. After failures the sender has to wait, longer each time; attempts
   * meanwhile are not checked.
   *
   * @param sender - the sender as determined by {@link senderOf}
   */
  async check(name: string, password: string, sender = 'unknown'): Promise<PasswordProof> {
    // One after the other, so that simultaneous attempts do not evade the limit.
    const turn = (this.#turns.get(sender) ?? Promise.resolve()).then(() =>
      this.#inTurn(name, password, sender),
    );
    const over = turn.then(
      () => undefined,
      () => undefined,
    );
    this.#turns.set(sender, over);
    void over.then(() => {
      if (this.#turns.get(sender) === over) this.#turns.delete(sender);
    });
    return await turn;
  }

  async #inTurn(name: string, password: string, sender: string): Promise<PasswordProof> {
    const { bySender, byPair, byUser } = this.#limits;
    const pair = `${sender} ${name.slice(0, longestName)}`;
    const waits = [bySender.waitMs(sender), byPair.waitMs(pair)];
    // A sender who has logged in before is not locked out by the attempts of others.
    if (!this.#known.has(pair)) waits.push(byUser.waitMs(name.slice(0, longestName)));
    const waitMs = Math.max(...waits);
    if (waitMs > 0) return { retrySeconds: Math.ceil(waitMs / 1000) };
    if (await this.#matches(name, password)) {
      byPair.forget(pair);
      this.#known.add(pair);
      return { user: name };
    }
    bySender.fail(sender);
    byPair.fail(pair);
    byUser.fail(name.slice(0, longestName));
    return {};
  }

  async #matches(name: string, password: string): Promise<boolean> {
    if (name.length > longestName || password.length > longestPassword) return false;
    const account = this.#accounts.get(name);
    const hash = await (account === undefined ? this.#nobody() : account.hash());
    const matches = await verifyPassword(password, hash);
    return matches && account !== undefined;
  }
}

/** The reply to too many wrong passwords. */
export const tooManyPasswords = ({ retrySeconds }: { readonly retrySeconds: number }): Reply =>
  withHeaders(text(`Too many wrong passwords. Try again in ${retrySeconds} s.\n`, 429), {
    'retry-after': String(retrySeconds),
  });

function openGenerated(file: string): Account {
  const hashFile = `${file}-hash`;
  const hash = readIfPresent(hashFile)?.trim() ?? '';
  if (passwordHashPattern.test(hash)) return { file, hash: () => Promise.resolve(hash) };
  let password = readIfPresent(file)?.trim() ?? '';
  if (password === '') {
    password = newPassword();
    replaceFileSync(file, `${password}\n`);
  }
  const make = once(async () => {
    const hash = await hashPassword(password);
    replaceFileSync(hashFile, `${hash}\n`);
    return hash;
  });
  return { file, hash: make };
}

/** Does the work on the first call; all calls share the result. */
function once<Result>(work: () => Promise<Result>): () => Promise<Result> {
  let result: Promise<Result> | undefined;
  return () => {
    result ??= work();
    return result;
  };
}
