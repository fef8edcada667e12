import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const markName = 'kubernetes-events';

/** How often it is written down. */
const everyMs = 5_000;

/**
 * How far the events of the cluster were reported, so that the next platform goes on from there: events
 * last an hour, and nobody wants to hear them twice.
 */
export class EventMark {
  readonly #path: string;
  #written = '';

  constructor(folder: string) {
    this.#path = join(folder, markName);
  }

  read(): string | undefined {
    try {
      const version = readFileSync(this.#path, 'utf8').trim();
      return /^\d{1,20}$/.test(version) ? version : undefined;
    } catch {
      return undefined;
    }
  }

  write(version: string): void {
    if (version === '' || version === this.#written) return;
    this.#written = version;
    try {
      writeFileSync(this.#path, version, { mode: 0o600 });
    } catch {
      // Then some are reported twice.
    }
  }

  /** Writes it down from time to time. */
  keep(version: () => string, signal: AbortSignal): void {
    const timer = setInterval(() => this.write(version()), everyMs).unref();
    signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  }
}
