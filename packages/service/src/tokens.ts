import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { replaceFileSync } from '@skaha/base/private-file.js';
import { readIfPresent } from './data.js';

const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest();

/** A new bearer token: 256 random bits. */
export const newToken = (): string => `skt_${randomBytes(32).toString('base64url')}`;

/** The secret in a file, 256 random bits; created if the file is missing or damaged. */
export function storedSecret(path: string, encoding: 'hex' | 'base64url'): string {
  const existing = readIfPresent(path)?.trim() ?? '';
  if (Buffer.from(existing, encoding).length === 32) return existing;
  const secret = randomBytes(32).toString(encoding);
  replaceFileSync(path, `${secret}\n`);
  return secret;
}

/** Compares two secrets in constant time. */
export const sameSecret = (one: string, other: string): boolean =>
  timingSafeEqual(digestOf(one), digestOf(other));

interface Entry {
  readonly digest: Buffer;
  readonly user: string;
  readonly expiresAt: number;
}

/** Bearer tokens by their SHA-256 digest; the tokens themselves are not kept. */
export class TokenRegister {
  readonly #entries = new Map<string, Entry>();

  /**
   * @param expiresAt - milliseconds since the epoch; never by default
   */
  add(token: string, user: string, expiresAt = Number.POSITIVE_INFINITY): void {
    const digest = digestOf(token);
    this.#entries.set(digest.toString('hex'), { digest, user, expiresAt });
  }

  /** The user of a token, or why it is invalid. */
  find(token: string, now: number): { user: string } | 'unknown' | 'expired' {
    const digest = digestOf(token);
    const entry = this.#entries.get(digest.toString('hex'));
    if (entry === undefined || !timingSafeEqual(entry.digest, digest)) return 'unknown';
    return entry.expiresAt <= now ? 'expired' : { user: entry.user };
  }
}
