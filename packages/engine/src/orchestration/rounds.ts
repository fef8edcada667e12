import type { SessionRecord } from '../sessions/record.js';

/** How long a change may wait to be written with others, in milliseconds. */
const patienceMs = 40;

/** What is done in a round. */
export interface RoundWork {
  /** Writes new sessions in one transaction; throws and stores none if that fails. */
  accept(records: readonly SessionRecord[]): void;
  /** Applies changes and what follows from them, and writes everything in one transaction. */
  change(changes: readonly (() => void)[]): void;
  /**
   * Resolves once everything written is on disk; without this function, writes are durable when
   * they return. New sessions that arrive meanwhile form the next round; changes continue, unless
   * new sessions are being flushed.
   */
  settle?(): Promise<void>;
  /** Removes new sessions that were written but did not reach the disk. */
  withdraw?(records: readonly SessionRecord[]): void;
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

interface Failure {
  readonly error: unknown;
}

type Arrival = Waiting & { readonly record: SessionRecord };
type Change = Waiting & { readonly make: () => void };

/**
 * Collects the sessions that arrive while earlier ones are flushed to the disk, and the changes of
 * one moment, so that they share a transaction. Changes do not wait until earlier changes are
 * flushed; a caller gets its reply once its own change is on disk.
 */
export class Rounds {
  readonly #work: RoundWork;
  #arrivals: Arrival[] = [];
  #changes: Change[] = [];
  #next: NodeJS.Immediate | undefined;
  #patience: NodeJS.Timeout | undefined;
  /** Flushes in progress. */
  readonly #settling = new Set<Promise<void>>();
  /** Whether new sessions are being flushed: they have no effects before they are on disk. */
  #isAccepting = false;
  /** Gives every second turn to changes, however many sessions arrive. */
  #owesChanges = false;

  constructor(work: RoundWork) {
    this.#work = work;
  }

  /**
   * Stores a new session.
   *
   * @returns once it is on disk
   * @throws the store's error if it cannot be written; it is not stored then
   */
  async arrive(record: SessionRecord): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#arrivals.push({ record, resolve, reject });
      this.#wake();
    });
  }

  /** Applies a change in the next round; resolves once it is on disk. */
  async happen(make: () => void): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#changes.push({ make, resolve, reject });
      this.#wake();
    });
  }

  /**
   * Applies a change together with those of another round, but after a short time in any case: for
   * changes that nobody waits for and that others often follow immediately.
   */
  async happenSoon(make: () => void): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#changes.push({ make, resolve, reject });
      this.#patience ??= setTimeout(() => this.#wake(), patienceMs);
    });
  }

  /** Resolves once everything that is visible now is on disk. */
  async settled(): Promise<void> {
    await Promise.all(this.#settling);
  }

  /** Processes everything that was collected, at once. */
  async finish(): Promise<void> {
    clearImmediate(this.#next);
    this.#next = undefined;
    const accepted = this.#accept();
    const answer = this.#change();
    answer(await this.#settle(accepted));
  }

  #wake(): void {
    if (this.#isAccepting) return;
    this.#next ??= setImmediate(() => {
      this.#next = undefined;
      this.#turn();
    });
  }

  /** Callers with new sessions get their replies before processes are started. */
  #turn(): void {
    const isForArrivals = this.#arrivals.length > 0 && !this.#owesChanges;
    this.#owesChanges = isForArrivals;
    const accepted = isForArrivals ? this.#accept() : [];
    const answer = isForArrivals ? undefined : this.#change();
    const isOwed = isForArrivals || this.#arrivals.length > 0;
    if (this.#work.settle === undefined) {
      for (const arrival of accepted) arrival.resolve();
      answer?.(undefined);
      if (isOwed) this.#wake();
      return;
    }
    this.#isAccepting = isForArrivals;
    const settling = this.#settle(accepted).then((failure) => {
      this.#settling.delete(settling);
      answer?.(failure);
      if (!isForArrivals) return;
      this.#isAccepting = false;
      this.#wake();
    });
    this.#settling.add(settling);
    if (isOwed) this.#wake();
  }

  /** @returns why the writes did not become durable; undefined if they did */
  async #settle(accepted: readonly Arrival[]): Promise<Failure | undefined> {
    try {
      await this.#work.settle?.();
      for (const arrival of accepted) arrival.resolve();
      return undefined;
    } catch (error) {
      if (accepted.length > 0) this.#work.withdraw?.(accepted.map(({ record }) => record));
      for (const arrival of accepted) arrival.reject(error);
      return { error };
    }
  }

  /** @returns the sessions that were written */
  #accept(): readonly Arrival[] {
    const arrivals = this.#arrivals;
    this.#arrivals = [];
    if (arrivals.length === 0) return [];
    try {
      this.#work.accept(arrivals.map(({ record }) => record));
      return arrivals;
    } catch {
      // One session that cannot be written must not affect the others.
      return arrivals.filter((arrival) => this.#isAccepted(arrival));
    }
  }

  #isAccepted({ record, reject }: Arrival): boolean {
    try {
      this.#work.accept([record]);
      return true;
    } catch (error) {
      reject(error);
      return false;
    }
  }

  /** @returns a function that resolves or rejects the callers' promises */
  #change(): (failure: Failure | undefined) => void {
    clearTimeout(this.#patience);
    this.#patience = undefined;
    const changes = this.#changes;
    this.#changes = [];
    try {
      this.#work.change(changes.map(({ make }) => make));
      return (failure) => {
        for (const { resolve, reject } of changes) {
          if (failure === undefined) resolve();
          else reject(failure.error);
        }
      };
    } catch (error) {
      return () => {
        for (const { reject } of changes) reject(error);
      };
    }
  }
}
