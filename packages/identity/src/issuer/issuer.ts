import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { PlatformError, storageReason } from '@skaha/service/errors.js';
import {
  createLocalJWKSet,
  decodeJwt,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose';
import { fetchJson, IssuerFault } from './fetching.js';
import type { IssuerSettings } from './settings.js';

/** Keys older than this are fetched again. */
const keysLastMs = 600_000;

/** Between two fetches at least, whatever tokens come: the issuer is not asked for each bad one. */
const pauseMs = 10_000;

/** An issuer that cannot be asked for this long has no keys any more: they might be withdrawn. */
const keysEndMs = 86_400_000;

/** Clocks of two machines differ. */
const toleranceSeconds = 30;

/** What an issuer said about a user is remembered for as long as its token lasts, or this long. */
const claimsLastMs = 300_000;
const mostRemembered = 10_000;

/** A longer token is not looked at. */
const longestToken = 16_384;

/** What a token says once it was checked, and what its issuer says about its bearer. */
export type Claims = JWTPayload & { readonly sub: string };

/** Why a token proves nothing: a sentence without the token. */
export class TokenRefused extends Error {
  /** `unknown` for what is no token of this issuer at all. */
  readonly kind: 'refused' | 'expired' | 'unknown';

  constructor(message: string, kind: TokenRefused['kind'] = 'refused') {
    super(message);
    this.kind = kind;
  }
}

interface Keys {
  readonly get: JWTVerifyGetKey;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

const invalidSettings = (why: string, cause?: unknown) =>
  new PlatformError('config.invalid', why, {
    hint: 'Correct identity.oidc in the configuration.',
    cause,
  });

/** A site's own identity provider: it says who its tokens prove. */
export class Issuer {
  readonly #settings: IssuerSettings;
  readonly #ca: string | undefined;
  readonly #keysUrl: string;
  readonly #userUrl: string | undefined;
  #keys: Keys;
  /** When keys were asked for last, in milliseconds since the epoch. */
  #askedAt: number;
  #asking: Promise<void> | undefined;
  readonly #claims = new Map<string, { readonly claims: Claims; readonly until: number }>();

  private constructor(parts: {
    settings: IssuerSettings;
    ca: string | undefined;
    keysUrl: string;
    userUrl: string | undefined;
    keys: Keys;
  }) {
    this.#settings = parts.settings;
    this.#ca = parts.ca;
    this.#keysUrl = parts.keysUrl;
    this.#userUrl = parts.userUrl;
    this.#keys = parts.keys;
    this.#askedAt = parts.keys.at;
  }

  /**
   * Asks an issuer for its metadata and its keys.
   *
   * @param now - milliseconds since the epoch
   * @throws {PlatformError} `platform.start_failed` when it cannot be used, in one sentence;
   *   `config.invalid` for authorities that cannot be read
   */
  static async open(settings: IssuerSettings, now: number, signal?: AbortSignal): Promise<Issuer> {
    const ca = authoritiesOf(settings);
    const { issuer } = settings;
    try {
      const discovery = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
      const document = await fetchJson(discovery, { ca, signal });
      if (document['issuer'] !== issuer) {
        throw new IssuerFault(`its metadata is for another issuer: ${shown(document['issuer'])}`);
      }
      const keysUrl = endpoint(document, 'jwks_uri');
      if (keysUrl === undefined) throw new IssuerFault('its metadata has no jwks_uri');
      const keys = { get: await fetchKeys(keysUrl, ca, signal), at: now };
      const userUrl = endpoint(document, 'userinfo_endpoint');
      return new Issuer({ settings, ca, keysUrl, userUrl, keys });
    } catch (error) {
      if (!(error instanceof IssuerFault)) throw error;
      const message = `The identity provider ${issuer} cannot be used: ${error.message}.`;
      throw new PlatformError('platform.start_failed', message, {
        hint: 'Check identity.oidc in the configuration, and whether the provider is running.',
        cause: error,
      });
    }
  }

  /**
   * What a token proves.
   *
   * @param now - milliseconds since the epoch
   * @throws {TokenRefused} when it proves nothing; {@link IssuerFault} when the issuer cannot be asked
   */
  async check(token: string, now: number): Promise<Claims> {
    if (token.length > longestToken) throw new TokenRefused('Token is too long');
    if (issuerOf(token) !== this.#settings.issuer) throw strange;
    const age = now - this.#keys.at;
    if (age > keysLastMs) {
      const fresh = this.#refresh(now).catch(() => undefined);
      // Nobody waits for an issuer that is slow while its keys of before are good.
      if (age > keysEndMs) await fresh;
    }
    const claims = await this.#verified(token, now);
    if (claimAt(claims, this.#settings.claims.user) !== undefined) return claims;
    return await this.#asked(token, claims, now);
  }

  async #verified(token: string, now: number): Promise<Claims> {
    try {
      return await this.#verify(token, now);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw this.#refusal(error, token);
    }
    // The issuer may have another key since.
    await this.#refresh(now);
    try {
      return await this.#verify(token, now);
    } catch (error) {
      throw this.#refusal(error, token);
    }
  }

  async #verify(token: string, now: number): Promise<Claims> {
    const { issuer, audience, algorithms } = this.#settings;
    if (now - this.#keys.at > keysEndMs) {
      throw new IssuerFault(`the keys of ${issuer} could not be fetched for a day`);
    }
    const { payload } = await jwtVerify(token, this.#keys.get, {
      issuer,
      algorithms: [...algorithms],
      clockTolerance: toleranceSeconds,
      currentDate: new Date(now),
      requiredClaims: ['exp', 'sub'],
      ...(audience === 'any' ? {} : { audience: [...audience] }),
    });
    const { sub } = payload;
    if (sub === undefined || sub === '') throw new TokenRefused('Token names nobody');
    // An ID token says who logged in; it is no permission to act for them.
    if (payload['nonce'] !== undefined || payload['at_hash'] !== undefined) {
      throw new TokenRefused('Token is an ID token, where an access token is needed');
    }
    return { ...payload, sub };
  }

  #refusal(error: unknown, token: string): Error {
    const { issuer, audience } = this.#settings;
    if (error instanceof TokenRefused || error instanceof IssuerFault) return error;
    if (error instanceof errors.JWTExpired) return new TokenRefused('Token has expired', 'expired');
    if (error instanceof errors.JWTClaimValidationFailed) {
      if (error.claim === 'aud') {
        const others = [decodeJwt(token).aud ?? 'nobody in particular'].flat().map(shown);
        const wanted = audience === 'any' ? '' : audience.join(' or ');
        return new TokenRefused(`Token is for ${others.join(', ')}, not for ${wanted}`);
      }
      if (error.claim === 'nbf') return new TokenRefused('Token is not valid yet');
      return new TokenRefused(`Token has no claim ${error.claim} that can be used`);
    }
    if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported) {
      return new TokenRefused('Token is signed with an algorithm that is not accepted');
    }
    if (error instanceof errors.JWKSNoMatchingKey) {
      return new TokenRefused(`Token is signed with a key that ${issuer} does not have`);
    }
    return strange;
  }

  /** Keys as they are now; asked for once at a time, and not too often. */
  async #refresh(now: number): Promise<void> {
    this.#asking ??= this.#fetch(now).finally(() => {
      this.#asking = undefined;
    });
    await this.#asking;
  }

  async #fetch(now: number): Promise<void> {
    // A clock that was set back must not make it wait for ever.
    if (now >= this.#askedAt && now - this.#askedAt < pauseMs) return;
    this.#askedAt = now;
    this.#keys = { get: await fetchKeys(this.#keysUrl, this.#ca), at: now };
  }

  /** What the issuer says about the bearer besides the token; remembered for a while. */
  async #asked(token: string, claims: Claims, now: number): Promise<Claims> {
    const { user } = this.#settings.claims;
    const { sub, exp = 0 } = claims;
    const key = createHash('sha256').update(token).digest('base64');
    const remembered = this.#claims.get(key);
    if (remembered !== undefined && now < remembered.until) return remembered.claims;
    if (this.#userUrl === undefined) throw new TokenRefused(`Token has no claim ${user}`);
    let more: Readonly<Record<string, unknown>>;
    try {
      more = await fetchJson(this.#userUrl, { ca: this.#ca, token });
    } catch (error) {
      const status = error instanceof IssuerFault ? (error.status ?? 0) : 0;
      // The issuer does not know the token any more, or it holds no leave to ask.
      if (status === 401 || status === 403) {
        throw new TokenRefused('Token was refused by its issuer');
      }
      throw error;
    }
    if (more['sub'] !== sub)
      throw new TokenRefused('Token is of another user than its issuer says');
    const all: Claims = { ...more, ...claims };
    if (claimAt(all, user) === undefined) throw new TokenRefused(`Token has no claim ${user}`);
    this.#remember(key, all, Math.min(exp * 1000, now + claimsLastMs));
    return all;
  }

  #remember(key: string, claims: Claims, until: number): void {
    this.#claims.delete(key);
    this.#claims.set(key, { claims, until });
    const [oldest] = this.#claims.keys();
    if (this.#claims.size > mostRemembered && oldest !== undefined) this.#claims.delete(oldest);
  }
}

const strange = new TokenRefused('Invalid JWT token', 'unknown');

/** The issuer that a token names, before anything of it is believed. */
function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

/** A claim by its name, or by names that lead into objects. */
export function claimAt(claims: Readonly<Record<string, unknown>>, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name] ?? undefined;
  let found: unknown = claims;
  for (const word of name.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, word)) {
      return undefined;
    }
    found = (found as Readonly<Record<string, unknown>>)[word];
  }
  return found ?? undefined;
}

function authoritiesOf({ ca }: IssuerSettings): string | undefined {
  if (ca === undefined) return undefined;
  try {
    return readFileSync(ca, 'utf8');
  } catch (error) {
    const why = storageReason(error) ?? 'it cannot be read';
    throw invalidSettings(`The authorities in identity.oidc.ca cannot be used: ${why}.`, error);
  }
}

async function fetchKeys(
  url: string,
  ca: string | undefined,
  signal?: AbortSignal,
): Promise<JWTVerifyGetKey> {
  const document = await fetchJson(url, { ca, signal });
  try {
    return createLocalJWKSet(document as unknown as Parameters<typeof createLocalJWKSet>[0]);
  } catch (error) {
    throw new IssuerFault(`${url} returned something that is not a set of keys`, { cause: error });
  }
}

/** An address of the metadata; a token is sent over no other than https. */
function endpoint(document: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = document[name];
  if (value === undefined) return undefined;
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol === 'https:' && url.username === '' && url.password === '') return url.href;
  throw new IssuerFault(`its metadata has a ${name} that is not an https address`);
}

/** Text of somebody else's, fit to stand in a header. */
function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : 'none';
  return text.replace(/[^\w.:/@+ -]/g, '?').slice(0, 100);
}
