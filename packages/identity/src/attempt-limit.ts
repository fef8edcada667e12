import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import type { Clock } from '@skaha/base/clock.js';

/** How failures slow down their sender. */
export interface AttemptRules {
  /** Number of failures without a pause. */
  readonly free: number;
  /** Pause after the first failure beyond these, in milliseconds; each further one doubles it. */
  readonly firstMs: number;
  readonly longestMs: number;
  /** After this long without a failure, all failures are forgotten, in milliseconds. */
  readonly forgetMs: number;
}

interface Failures {
  count: number;
  last: number;
}

/** Beyond this many names, the one whose last failure is oldest is forgotten. */
const mostNames = 10_000;

/** Slows down repeated failures, separately for each name. */
export class AttemptLimit {
  readonly #rules: AttemptRules;
  readonly #clock: Clock;
  readonly #failures = new Map<string, Failures>();

  constructor(rules: AttemptRules, clock: Clock) {
    this.#rules = rules;
    this.#clock = clock;
  }

  /** How long attempts are refused, in milliseconds; 0 if an attempt is allowed. */
  waitMs(name: string): number {
    const { free, firstMs, longestMs, forgetMs } = this.#rules;
    const failures = this.#failures.get(name);
    if (failures === undefined) return 0;
    const since = this.#clock.now() - failures.last;
    if (since >= forgetMs || since < 0) {
      this.#failures.delete(name);
      return 0;
    }
    if (failures.count < free) return 0;
    const pause = Math.min(longestMs, firstMs * 2 ** Math.min(30, failures.count - free));
    return Math.max(0, pause - since);
  }

  /** Counts a failed attempt. */
  fail(name: string): void {
    const count = (this.#failures.get(name)?.count ?? 0) + 1;
    this.#failures.delete(name);
    this.#failures.set(name, { count, last: this.#clock.now() });
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > mostNames && oldest !== undefined) this.#failures.delete(oldest);
  }

  /** Forgets the failures of a name. */
  forget(name: string): void {
    this.#failures.delete(name);
  }
}

/**
 * Identifies the sender of a request before authentication: by the address and, on this machine, by
 * the system user that made the connection. All users of a machine have the same address, and must
 * not be able to lock each other out.
 */
export function senderOf({ socket }: IncomingMessage): string {
  const { remoteAddress = 'unknown', remotePort = 0 } = socket;
  const uid = process.platform === 'linux' ? systemUserOf(remoteAddress, remotePort) : undefined;
  return uid === undefined ? remoteAddress : `${remoteAddress} ${uid}`;
}

/** Linux lists the users of connections: `0: 0100007F:A1B2 0100007F:01BB 01 … UID …`. */
function systemUserOf(address: string, port: number): string | undefined {
  const bytes = address
    .replace(/^::ffff:/, '')
    .split('.')
    .map(Number);
  if (bytes.length !== 4) return undefined;
  const hex = (value: number, digits: number) =>
    value.toString(16).toUpperCase().padStart(digits, '0');
  const local = `${bytes
    .reverse()
    .map((byte) => hex(byte, 2))
    .join('')}:${hex(port, 4)}`;
  try {
    for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
      for (const line of readFileSync(table, 'utf8').split('\n')) {
        const words = line.trim().split(/\s+/);
        if (words[1]?.endsWith(local)) return words[7];
      }
    }
  } catch {
    // Not available: all callers with the same address count as one sender.
  }
  return undefined;
}
