import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import type { Clock } from '@skaha/base/clock.js';

/** How failures slow down the sender who causes them. */
export interface AttemptRules {
  /** Failures that cost nothing. */
  readonly free: number;
  /** Pause after the first one beyond those, in milliseconds; each further one doubles it. */
  readonly firstMs: number;
  readonly longestMs: number;
  /** Without a failure for this long, everything is forgotten. */
  readonly forgetMs: number;
}

interface Failures {
  count: number;
  last: number;
}

/** Beyond this many names the one that failed least lately is forgotten: memory has a bound too. */
const mostNames = 10_000;

/** Slows down repeated failures, each name for itself. */
export class AttemptLimit {
  readonly #rules: AttemptRules;
  readonly #clock: Clock;
  readonly #failures = new Map<string, Failures>();

  constructor(rules: AttemptRules, clock: Clock) {
    this.#rules = rules;
    this.#clock = clock;
  }

  /** How long nothing more is looked at, in milliseconds; 0 when an attempt is allowed. */
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
 * Who sends a request, before anything is proved: the address and, on this machine, the user of the
 * system that made the connection. All users of a machine have one address, and must not be able to
 * lock each other out.
 */
export function senderOf({ socket }: IncomingMessage): string {
  const { remoteAddress = 'unknown', remotePort = 0 } = socket;
  const uid = process.platform === 'linux' ? systemUserOf(remoteAddress, remotePort) : undefined;
  return uid === undefined ? remoteAddress : `${remoteAddress} ${uid}`;
}

/** Linux lists who has made a connection: `0: 0100007F:A1B2 0100007F:01BB 01 … UID …`. */
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
    // Not available here: then all callers from one address count as one.
  }
  return undefined;
}
