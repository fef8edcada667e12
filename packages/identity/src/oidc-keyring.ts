import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type JsonWebKey,
  type KeyObject,
  randomBytes,
  randomUUID,
  sign,
  verify,
} from 'node:crypto';
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { replaceFileSync } from '@skaha/base/private-file.js';
import { isRecord } from '@skaha/base/record.js';
import { type DataLayout, readIfPresent } from '@skaha/service/data.js';

/** The secrets of an OIDC provider. */
export interface OidcKeys {
  /** Private signing keys (RFC 7517). */
  readonly signing: readonly JsonWebKey[];
  /** Secrets that sign cookies. */
  readonly cookies: readonly string[];
}

/** The claims of a token (RFC 9068). */
export interface TokenClaims {
  readonly iss: string;
  readonly sub: string;
  readonly client_id: string;
  readonly iat: number;
  readonly exp: number;
  /** The provider's own token. */
  readonly jti: string;
  readonly scope?: string | undefined;
}

const isText = (value: unknown): value is string => typeof value === 'string';

/** Checks the claims of a token of ours, which an earlier version may have written. */
function claimsOf(value: unknown): TokenClaims | undefined {
  if (!isRecord(value)) return undefined;
  const { iss, sub, client_id, iat, exp, jti, scope } = value;
  if (!isText(iss) || !isText(sub) || !isText(client_id) || !isText(jti)) return undefined;
  if (typeof iat !== 'number' || typeof exp !== 'number') return undefined;
  if (scope !== undefined && !isText(scope)) return undefined;
  return { iss, sub, client_id, iat, exp, jti, scope };
}

/**
 * The keys of the OIDC provider, and the outer form of its tokens. The provider's own tokens are
 * opaque, but earlier Python clients (canfar up to 1.3) read the expiry time from both tokens, as
 * they can with those of INDIGO IAM. So clients get them inside signed JSON Web Tokens.
 */
export class OidcKeyring {
  readonly #path: string;
  #keys: OidcKeys | undefined;
  #making: Promise<OidcKeys> | undefined;
  #private: KeyObject | undefined;
  #public: KeyObject | undefined;

  /** Reads the keys that an earlier platform on this data directory used. */
  constructor(layout: DataLayout) {
    this.#path = join(layout.secrets, 'oidc-keys.json');
    const text = readIfPresent(this.#path);
    if (text === undefined) return;
    try {
      this.#use(JSON.parse(text) as OidcKeys);
    } catch {
      // Damaged: new keys are created, which ends earlier logins.
      this.#keys = undefined;
      renameSync(this.#path, `${this.#path}.damaged`);
    }
  }

  /** The keys, created if there are none. */
  async open(): Promise<OidcKeys> {
    this.#making ??= this.#keys === undefined ? this.#make() : Promise.resolve(this.#keys);
    return await this.#making;
  }

  /** Signs a token with its claims. */
  seal(claims: TokenClaims): string {
    if (this.#private === undefined) throw new Error('The keys have not been opened.');
    const kid = this.#keys?.signing[0]?.['kid'];
    const signed = [{ alg: 'RS256', typ: 'at+jwt', kid }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    const signature = sign('sha256', Buffer.from(signed), this.#private);
    return `${signed}.${signature.toString('base64url')}`;
  }

  /** The claims of a token of ours; undefined for others. */
  unseal(token: string): TokenClaims | undefined {
    const parts = token.split('.');
    const [header = '', payload = '', signature = ''] = parts;
    if (parts.length !== 3 || this.#public === undefined) return undefined;
    const signed = Buffer.from(`${header}.${payload}`);
    // Only one algorithm and key, whatever the header says.
    if (!verify('sha256', signed, this.#public, Buffer.from(signature, 'base64url'))) {
      return undefined;
    }
    const text = Buffer.from(payload, 'base64url').toString('utf8');
    return claimsOf(JSON.parse(text));
  }

  /** The provider's own token inside one of ours; other text is returned unchanged. */
  inner(token: string): string {
    return this.unseal(token)?.jti ?? token;
  }

  async #make(): Promise<OidcKeys> {
    const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
    const jwk = privateKey.export({ format: 'jwk' });
    const signing = { ...jwk, kid: randomUUID(), use: 'sig', alg: 'RS256' };
    const keys = { signing: [signing], cookies: [randomBytes(32).toString('base64url')] };
    replaceFileSync(this.#path, `${JSON.stringify(keys)}\n`);
    this.#use(keys);
    return keys;
  }

  #use(keys: OidcKeys): void {
    const [key] = keys.signing;
    if (key === undefined) return;
    this.#keys = keys;
    this.#private = createPrivateKey({ key, format: 'jwk' });
    this.#public = createPublicKey(this.#private);
  }
}
