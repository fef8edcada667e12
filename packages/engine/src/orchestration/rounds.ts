import type { SessionRecord } from '../sessions/record.js';

/** How long a change may wait for others to come with it. */
const patienceMs = 40;

/** What is done with all that came together. */
export interface RoundWork {
  /** Writes new sessions in one step; throws, and keeps none, when they cannot be written. */
  accept(records: readonly SessionRecord[]): void;
  /** Makes changes, and what follows from them, and writes all of it in one step. */
  change(changes: readonly (() => void)[]): void;
  /**
   * Resolves once the disk has what was written. Without it, it has when writing returns. New
   * sessions that arrive meanwhile are the next round; changes go on, unless the disk is taking in new
   * sessions.
   */
  settle?(): Promise<void>;
  /** Takes back new sessions that were written and never reached the disk. */
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
 * Gathers the sessions that arrive while the disk takes in earlier ones, and the changes of one moment,
 * so that all of them cost one transaction. Changes do not wait for the disk to take in earlier
 * changes; a caller learns that its own is done once it is on disk.
 */
export class Rounds {
  readonly #work: RoundWork;
  #arrivals: Arrival[] = [];
  #changes: Change[] = [];
  #next: NodeJS.Immediate | undefined;
  #patience: NodeJS.Timeout | undefined;
  /** What is on its way to the disk. */
  readonly #settling = new Set<Promise<void>>();
  /** Whether new sessions are among it: nothing follows from them before they are there. */
  #isAccepting = false;
  /** However many go on arriving, changes have every second turn. */
  #owesChanges = false;

  constructor(work: RoundWork) {
    this.#work = work;
  }

  /**
   * Keeps a new session.
   *
   * @returns once it is on disk
   * @throws the store's error when it cannot be written; it is not kept then
   */
  async arrive(record: SessionRecord): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#arrivals.push({ record, resolve, reject });
      this.#wake();
    });
  }

  /** Makes a change in the next round; resolves when it is made. */
  async happen(make: () => void): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#changes.push({ make, resolve, reject });
      this.#wake();
    });
  }

  /**
   * Makes a change with those of another round, which a short time later there is in any case: for
   * what nobody waits for, and what is often followed by something else at once.
   */
  async happenSoon(make: () => void): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#changes.push({ make, resolve, reject });
      this.#patience ??= setTimeout(() => this.#wake(), patienceMs);
    });
  }

  /** Resolves once the disk has all that can be seen now. */
  async settled(): Promise<void> {
    await Promise.all(this.#settling);
  }

  /** Does at once all that was gathered. */
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

  /** Those who brought new sessions have their replies before processes are started. */
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

  /** @returns why what was written is not kept for good; undefined when it is */
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

  /** @returns those that were written */
  #accept(): readonly Arrival[] {
    const arrivals = this.#arrivals;
    this.#arrivals = [];
    if (arrivals.length === 0) return [];
    try {
      this.#work.accept(arrivals.map(({ record }) => record));
      return arrivals;
    } catch {
      // One that cannot be written must not be the fault of the others.
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

  /** @returns tells those who brought the changes, and what made them fail in the end */
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
