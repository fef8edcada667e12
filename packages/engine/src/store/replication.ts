import { Alarm } from '@skaha/base/alarm.js';
import type { Clock } from '@skaha/base/clock.js';
import type { Logger } from '@skaha/base/logger.js';
import type Database from 'libsql';
import { type Backing, BackingLost, BackingUnreachable } from '../ports/backing.js';
import { Outbox } from './outbox.js';

/** How often to look for changes that nobody waits for, in milliseconds. */
const lookMs = 250;

/** How often to check, at least, whether the backing can be reached and is still ours. */
const checkMs = 2_000;

/** The first and the longest pause between attempts to reach it again. */
const [firstPauseMs, longestPauseMs] = [250, 5_000];

/** How long the end of a platform waits for changes to be sent. */
const lastSendMs = 10_000;

/** The state of the backing, as shown to the owner of the platform. */
export interface BackingState {
  /** Where it is, without secrets. */
  readonly name: string;
  /** Why it currently cannot be written to. */
  readonly trouble: string | undefined;
  /** How many changes have not been sent yet. */
  readonly pending: number;
}

/**
 * Keeps a backing in step with the working copy. Callers who wait for their changes share a
 * transaction with all who came meanwhile; changes that nobody waits for are sent soon after.
 */
export class Replication {
  readonly #outbox: Outbox;
  readonly #backing: Backing;
  readonly #logger: Logger;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #trouble: BackingUnreachable | undefined;
  readonly #clock: Clock;
  readonly #nextLook: Alarm;
  #pauseMs = firstPauseMs;
  #checkedAt: number;
  #isClosed = false;
  readonly #whenBack = new Set<() => void>();

  constructor(database: Database.Database, backing: Backing, logger: Logger, clock: Clock) {
    this.#outbox = new Outbox(database);
    this.#backing = backing;
    this.#logger = logger;
    this.#clock = clock;
    this.#checkedAt = clock.now();
    this.#nextLook = new Alarm(clock, () => void this.#look());
  }

  /**
   * Starts watching all existing tables.
   *
   * @param sent - names of tables whose rows the backing has already
   */
  async watch(sent?: ReadonlySet<string>): Promise<void> {
    const changed = this.#outbox.watch(sent);
    if (changed.length > 0) await this.#backing.prepare(changed);
  }

  /** Starts sending changes that nobody waits for. */
  start(): void {
    this.#plan(lookMs);
  }

  get state(): BackingState {
    const { name } = this.#backing;
    return { name, trouble: this.#trouble?.message, pending: this.#outbox.size };
  }

  /**
   * Resolves once the backing has everything that was written until now.
   *
   * @throws {BackingUnreachable} at once if it is known to be unreachable
   * @throws {BackingLost}
   */
  async reach(): Promise<void> {
    this.refuseInTrouble();
    if (this.#running === undefined && this.#next === undefined) return await this.#run();
    // The transaction in progress may not include what was just written.
    this.#next ??= Promise.resolve(this.#running)
      .catch(() => undefined)
      .then(async () => {
        this.#next = undefined;
        this.refuseInTrouble();
        await this.#run();
      });
    await this.#next;
  }

  /** @throws the reason why nothing can be written at the moment */
  refuseInTrouble(): void {
    if (this.#backing.lost.aborted) throw this.#backing.lost.reason;
    if (this.#trouble !== undefined) throw this.#trouble;
  }

  /** Calls a function once, when the backing can be reached again. */
  whenBack(callback: () => void): void {
    this.#whenBack.add(callback);
  }

  /** Sends the remaining changes, and gives up after a while. */
  async sendRemaining(): Promise<void> {
    const until = this.#clock.now() + lastSendMs;
    while (!this.#outbox.isEmpty && !this.#backing.lost.aborted && !this.#isClosed) {
      try {
        await (this.#running ?? this.#run());
      } catch (error) {
        if (this.#clock.now() > until) {
          const { size } = this.#outbox;
          this.#logger.error(`${size} changes could not be stored: ${messageOf(error)}`);
          return;
        }
        await this.#clock.sleep(firstPauseMs);
      }
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#nextLook.clear();
    this.#backing.close();
  }

  async #run(): Promise<void> {
    this.#running = this.#send().finally(() => {
      this.#running = undefined;
    });
    await this.#running;
  }

  async #send(): Promise<void> {
    const taken = this.#outbox.take();
    if (taken.count === 0) return;
    try {
      await this.#backing.write(taken.batches);
    } catch (error) {
      this.#failed(error);
      throw error;
    }
    if (!this.#isClosed) taken.done();
    this.#succeeded();
  }

  #failed(error: unknown): void {
    if (error instanceof BackingLost || this.#isClosed) return;
    const trouble =
      error instanceof BackingUnreachable ? error : new BackingUnreachable(messageOf(error));
    const isNew = this.#trouble === undefined;
    this.#trouble = trouble;
    if (isNew) {
      this.#logger.error(`nothing new can be stored: ${trouble.message}`);
      this.#pauseMs = firstPauseMs;
    }
    this.#plan(this.#pauseMs);
  }

  #succeeded(): void {
    this.#checkedAt = this.#clock.now();
    if (this.#trouble === undefined) return;
    this.#trouble = undefined;
    this.#logger.info(`${this.#backing.name} can be reached again`);
    const waiting = [...this.#whenBack];
    this.#whenBack.clear();
    for (const callback of waiting) callback();
  }

  #plan(pauseMs: number): void {
    if (!this.#isClosed) this.#nextLook.set(this.#clock.now() + pauseMs);
  }

  /** Sends changes that nobody waits for, and checks the backing. */
  async #look(): Promise<void> {
    try {
      if (this.#trouble !== undefined) await this.#tryAgain();
      else if (!this.#outbox.isEmpty) await this.reach();
      else if (this.#clock.now() - this.#checkedAt > checkMs) await this.#check();
    } catch (error) {
      if (error instanceof BackingLost) return;
    }
    this.#plan(this.#trouble === undefined ? lookMs : this.#pauseMs);
  }

  async #tryAgain(): Promise<void> {
    this.#pauseMs = Math.min(this.#pauseMs * 1.6, longestPauseMs);
    if (this.#outbox.isEmpty) await this.#check();
    else await (this.#running ?? this.#run());
  }

  async #check(): Promise<void> {
    try {
      await this.#backing.check();
    } catch (error) {
      this.#failed(error);
      throw error;
    }
    this.#succeeded();
  }
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
