import type { Socket } from 'node:net';
import { BackingLost, BackingUnreachable } from '@skaha/engine/ports/backing.js';
import { PlatformError } from '@skaha/service/errors.js';
import postgres from 'postgres';
import { type Address, wordsFor } from './address.js';
import { unreachable } from './failure.js';
import { openSocket } from './open-socket.js';

export type Sql = postgres.Sql;

/** Runs queries in a transaction. */
export type Transaction = Pick<Sql, 'unsafe'>;

/** How long a server may take to reply, in milliseconds. */
const silenceMs = 15_000;

/** Makes the server abort transactions that nobody waits for any more, which would block others. */
const serverLimits = { statement_timeout: 60_000, idle_in_transaction_session_timeout: 10_000 };

/** A connection to a database, which is opened again after each failure. */
export class Connection {
  readonly address: Address;
  #sql: Sql | undefined;
  #socket: Socket | undefined;
  #isClosed = false;

  constructor(address: Address) {
    this.address = address;
  }

  get name(): string {
    return wordsFor(this.address);
  }

  /**
   * Uses the connection.
   *
   * @param work - calls `alive` after each reply if it has more queries
   * @throws {BackingUnreachable} with the reason in words
   */
  async use<Result>(work: (sql: Sql, alive: () => void) => Promise<Result>): Promise<Result> {
    if (this.#isClosed) throw new BackingUnreachable('the connection is closed');
    const sql = this.#open();
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<never>((_, reject) => {
      const silent = Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' });
      timer = setTimeout(() => reject(silent), silenceMs);
    });
    const asked = work(sql, () => timer?.refresh());
    asked.catch(() => undefined);
    try {
      return await Promise.race([asked, silence]);
    } catch (error) {
      if (error instanceof BackingLost || error instanceof PlatformError) throw error;
      // Another connection may have been opened meanwhile.
      if (this.#sql === sql) this.#drop();
      throw unreachable(this.address, error);
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Runs several queries in a transaction.
   *
   * @param work - as for {@link use}
   * @throws {BackingUnreachable} with the reason in words
   */
  async transaction<Result>(
    work: (transaction: Transaction, alive: () => void) => Promise<Result>,
  ): Promise<Result> {
    const inOne = async (sql: Sql, alive: () => void) =>
      await sql.begin(async (own) => {
        const socket = this.#socket;
        const isOpen = () => socket?.destroyed === false;
        // On a closed connection the library throws an error that cannot be caught.
        const unsafe = ((...words: Parameters<Sql['unsafe']>) => {
          if (isOpen()) return own.unsafe(...words);
          throw Object.assign(new Error('the connection broke'), { code: 'ECONNRESET' });
        }) as Sql['unsafe'];
        try {
          return await work({ unsafe }, alive);
        } catch (error) {
          if (isOpen()) throw error;
          // It would roll back; closing the connection ends its waiting.
          return await new Promise<never>(() => undefined);
        }
      });
    return (await this.use(inOne)) as Result;
  }

  close(): void {
    this.#isClosed = true;
    this.#drop();
  }

  #drop(): void {
    const sql = this.#sql;
    this.#sql = undefined;
    this.#socket?.destroy();
    this.#socket = undefined;
    void sql?.end({ timeout: 0 }).catch(() => undefined);
  }

  #open(): Sql {
    const { user, password, database, connectSeconds } = this.address;
    this.#sql ??= postgres({
      username: user,
      database,
      max: 1,
      fetch_types: false,
      // Without one, the library would read a variable that is not meant for us.
      password: password ?? '',
      connect_timeout: connectSeconds,
      connection: { application_name: 'skaha-platform', ...serverLimits },
      onnotice: () => undefined,
      socket: async () => {
        const signal = AbortSignal.timeout(connectSeconds * 1000);
        this.#socket = await openSocket(this.address, signal);
        return this.#socket;
      },
    } as postgres.Options<Record<string, never>>);
    return this.#sql;
  }
}
