import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { Semaphore } from '@skaha/base/semaphore.js';

/** Cost of one check: 16 MiB of memory and some tens of milliseconds (RFC 7914). */
const cost = { N: 16_384, r: 8, p: 1 } as const;
const keyLength = 32;

/** `scrypt$N$r$p$salt$key`, the last two in base64url. */
export const passwordHashPattern =
  /^scrypt\$(\d{4,6})\$(\d{1,2})\$(\d{1,2})\$([\w-]{16,86})\$([\w-]{43})$/;

/** Each check takes memory for its whole duration, so a flood of them waits in line. */
const checks = new Semaphore(4);

const neverAborted = new AbortController().signal;

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);

const keyOf = (password: string, salt: Buffer, options: ScryptOptions): Promise<Buffer> =>
  checks.run(neverAborted, () => derive(password.normalize('NFC'), salt, keyLength, options));

/**
 * Hashes a password for `users[].password` in the configuration file of a platform.
 *
 * @param password - any text; it is not stored
 * @returns `scrypt$…`, different on every call
 * @example
 * ```ts
 * import { hashPassword } from 'skaha-platform';
 *
 * console.log(await hashPassword('correct horse battery staple'));
 * ```
 */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await keyOf(password, salt, cost);
  const { N, r, p } = cost;
  return `scrypt$${N}$${r}$${p}$${salt.toString('base64url')}$${key.toString('base64url')}`;
}

/** Checks a password; an invalid hash matches nothing. */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  const [, N, r, p, salt = '', expected = ''] = passwordHashPattern.exec(hash) ?? [];
  if (N === undefined) return false;
  const options = { N: Number(N), r: Number(r), p: Number(p), maxmem: 256 * 1024 * 1024 };
  const key = await keyOf(password, Buffer.from(salt, 'base64url'), options);
  return timingSafeEqual(key, Buffer.from(expected, 'base64url'));
}

/** A password for people to type: 80 random bits in four groups, without similar characters. */
export function newPassword(): string {
  const letters = '0123456789abcdefghjkmnpqrstvwxyz';
  const text = Array.from(randomBytes(16), (byte) => letters[byte % 32]).join('');
  return (text.match(/.{4}/g) ?? []).join('-');
}
