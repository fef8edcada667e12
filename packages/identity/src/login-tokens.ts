import { createHmac, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '@skaha/base/clock.js';
import type { DataLayout } from '@skaha/service/data.js';
import { storedSecret } from '@skaha/service/tokens.js';

/** How long a login token is valid, in seconds (CADC login service: 48 hours). */
export const loginSeconds = 172_800;

/** The user of a login token, or why it is invalid in the words of the real service. */
export type LoginProof =
  | { readonly user: string }
  | 'expired'
  | 'cannot verify signature'
  | 'missing signature'
  | 'missing expirytime'
  | 'invalid numeric field'
  | 'failed to decode token';

/** Issues and verifies login tokens: `base64(expirytime=…&userid=…&…&signature=…)`. */
export class LoginTokens {
  readonly #key: Buffer;
  readonly #clock: Clock;

  constructor(layout: DataLayout, clock: Clock) {
    const path = join(layout.secrets, 'login.key');
    this.#key = Buffer.from(storedSecret(path, 'base64url'), 'base64url');
    this.#clock = clock;
  }

  /** A token for a user. */
  issue(user: string, scope: string): string {
    const claims = new URLSearchParams({
      expirytime: String(this.#clock.now() + loginSeconds * 1000),
      userid: user,
      scope,
      domain: 'localhost',
    }).toString();
    const signed = `${claims}&signature=${encodeURIComponent(this.#sign(claims))}`;
    return Buffer.from(signed).toString('base64');
  }

  /** Whether a text has the form of our tokens; do not pass others to {@link check}. */
  static isLoginToken(token: string): boolean {
    return decode(token).startsWith('expirytime=') || decode(token).startsWith('userid=');
  }

  /** Verifies a token. */
  check(token: string): LoginProof {
    const text = decode(token);
    if (!text.includes('=')) return 'failed to decode token';
    const [claims = '', signature] = text.split('&signature=');
    if (signature === undefined) return 'missing signature';
    const fields = new URLSearchParams(claims);
    const expiry = fields.get('expirytime');
    if (expiry === null) return 'missing expirytime';
    if (!/^\d{1,16}$/.test(expiry)) return 'invalid numeric field';
    if (!this.#signed(claims, signature)) return 'cannot verify signature';
    if (Number(expiry) <= this.#clock.now()) return 'expired';
    return { user: fields.get('userid') ?? '' };
  }

  #sign(claims: string): string {
    return createHmac('sha256', this.#key).update(claims).digest('base64');
  }

  #signed(claims: string, signature: string): boolean {
    const expected = Buffer.from(this.#sign(claims), 'base64');
    const given = Buffer.from(percentDecoded(signature), 'base64');
    return given.length === expected.length && timingSafeEqual(given, expected);
  }
}

function decode(token: string): string {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(token)) return '';
  return Buffer.from(token, 'base64').toString('latin1');
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
