import type { RunUsage } from '../ports/runner.js';

/** What a session uses now. */
export interface SessionUsage {
  readonly cores: number;
  /** Bytes. */
  readonly memory: number;
  readonly peakMemory?: number | undefined;
  readonly processes?: number | undefined;
}

/** How often the usage of running sessions is read, in milliseconds. */
const intervalMs = 2_000;

type ReadUsage = (keys: readonly string[]) => Promise<ReadonlyMap<string, RunUsage>>;

interface Reading {
  /** On a clock that only goes forward, in milliseconds. */
  readonly at: number;
  readonly cpuSeconds: number;
}

interface Watch {
  /** Undefined for a run whose start was not observed. */
  last: Reading | undefined;
  usage: SessionUsage | undefined;
}

/**
 * Periodically reads what running sessions use, and turns counters into rates. It uses the time of
 * the machine, which processes go by, whatever the clock of the platform says.
 */
export class UsageMeter {
  readonly #read: ReadUsage;
  readonly #watches = new Map<string, Watch>();
  #timer: NodeJS.Timeout | undefined;
  readonly #changed: (key: string) => void;
  #isReading = false;

  /**
   * @param read - reads the counters of all given sessions
   * @param changed - called with the key of a session whose usage changed
   */
  constructor(read: ReadUsage, changed: (key: string) => void = () => undefined) {
    this.#read = read;
    this.#changed = changed;
  }

  /**
   * Starts or stops reading the usage of a session.
   *
   * @param isNew - true if it starts now, so that its counters start at 0
   */
  watch(key: string, isRunning: boolean, isNew = true): void {
    if (!isRunning) this.#watches.delete(key);
    else if (!this.#watches.has(key)) {
      const last = isNew ? { at: performance.now(), cpuSeconds: 0 } : undefined;
      this.#watches.set(key, { last, usage: undefined });
    }
    if (this.#watches.size === 0) this.close();
    else this.#timer ??= setInterval(() => void this.#readAll(), intervalMs).unref();
  }

  of(key: string): SessionUsage | undefined {
    return this.#watches.get(key)?.usage;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #readAll(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      for (const [key, counted] of await this.#read([...this.#watches.keys()])) {
        const watch = this.#watches.get(key);
        if (watch !== undefined && update(watch, counted)) this.#changed(key);
      }
    } finally {
      this.#isReading = false;
    }
  }
}

/** @returns whether the figures have changed */
function update(watch: Watch, counted: RunUsage): boolean {
  const before = watch.usage;
  const at = performance.now();
  const { cpuSeconds, ...rest } = counted;
  if (watch.last !== undefined) {
    const seconds = (at - watch.last.at) / 1000;
    // A counter that decreased has been reset.
    const used = Math.max(0, cpuSeconds - watch.last.cpuSeconds);
    watch.usage = { ...rest, cores: seconds > 0 ? used / seconds : 0 };
  }
  watch.last = { at, cpuSeconds };
  return before?.cores !== watch.usage?.cores || before?.memory !== watch.usage?.memory;
}
