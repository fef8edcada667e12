import type { SessionRecord } from '../sessions/record.js';

/** How long a change may wait for others to come with it. */
const patienceMs = 40;

/** What is done with all that came together. */
export interface RoundWork {
  /** Writes new sessions in one step; throws, and keeps none, when they cannot be written. */
  accept(records: readonly SessionRecord[]): void;
  /** Makes changes, and what follows from them, and writes all of it in one step. */
  change(changes: readonly (() => void)[]): void;
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

type Arrival = Waiting & { readonly record: SessionRecord };
type Change = Waiting & { readonly make: () => void };

/**
 * Gathers what arrives and what happens while the disk is busy, so that all of it costs one wait for
 * the disk, however much it is. Whoever brought something learns that it is done once it is on disk.
 */
export class Rounds {
  readonly #work: RoundWork;
  #arrivals: Arrival[] = [];
  #changes: Change[] = [];
  #next: NodeJS.Immediate | undefined;
  #patience: NodeJS.Timeout | undefined;
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

  /** Does at once all that was gathered. */
  finish(): void {
    clearImmediate(this.#next);
    this.#next = undefined;
    this.#accept();
    this.#change();
  }

  #wake(): void {
    this.#next ??= setImmediate(() => {
      this.#next = undefined;
      this.#turn();
    });
  }

  /** Those who brought new sessions have their replies before processes are started. */
  #turn(): void {
    const isForArrivals = this.#arrivals.length > 0 && !this.#owesChanges;
    this.#owesChanges = isForArrivals;
    if (isForArrivals) this.#accept();
    else this.#change();
    if (isForArrivals || this.#arrivals.length > 0) this.#wake();
  }

  #accept(): void {
    const arrivals = this.#arrivals;
    this.#arrivals = [];
    if (arrivals.length === 0) return;
    try {
      this.#work.accept(arrivals.map(({ record }) => record));
      for (const { resolve } of arrivals) resolve();
    } catch {
      // One that cannot be written must not be the fault of the others.
      for (const arrival of arrivals) this.#acceptOne(arrival);
    }
  }

  #acceptOne({ record, resolve, reject }: Arrival): void {
    try {
      this.#work.accept([record]);
      resolve();
    } catch (error) {
      reject(error);
    }
  }

  #change(): void {
    clearTimeout(this.#patience);
    this.#patience = undefined;
    const changes = this.#changes;
    this.#changes = [];
    try {
      this.#work.change(changes.map(({ make }) => make));
      for (const { resolve } of changes) resolve();
    } catch (error) {
      for (const { reject } of changes) reject(error);
    }
  }
}
