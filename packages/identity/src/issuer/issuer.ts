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

/** The least time between two fetches, so that invalid tokens do not cause a request each. */
const pauseMs = 10_000;

/** If the issuer cannot be reached for this long, its keys are no longer trusted. */
const keysEndMs = 86_400_000;

/** The clocks of two machines may differ. */
const toleranceSeconds = 30;

/** How long the issuer's reply about a user is cached, unless the token expires earlier. */
const claimsLastMs = 300_000;
const mostRemembered = 10_000;

/** Longer tokens are refused unchecked. */
const longestToken = 16_384;

/** The claims of a verified token, and what its issuer says about the user. */
export type Claims = JWTPayload & { readonly sub: string };

/** A token is not accepted; the message says why, without containing the token. */
export class TokenRefused extends Error {
  /** `unknown` if it is not a token of this issuer at all. */
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

/** Where an issuer is asked, and the authorities to trust there (PEM). */
interface Endpoints {
  readonly ca: string | undefined;
  readonly keysUrl: string;
  readonly userUrl: string | undefined;
}

const invalidSettings = (why: string, cause?: unknown) =>
  new PlatformError('config.invalid', why, {
    hint: 'Correct identity.oidc in the configuration.',
    cause,
  });

/** A site's own identity provider: verifies its tokens. */
export class Issuer {
  readonly #settings: IssuerSettings;
  readonly #endpoints: Endpoints;
  #keys: Keys;
  /** When keys were last requested, in milliseconds since the epoch. */
  #askedAt: number;
  #asking: Promise<void> | undefined;
  readonly #claims = new Map<string, { readonly claims: Claims; readonly until: number }>();

  private constructor(settings: IssuerSettings, endpoints: Endpoints, keys: Keys) {
    this.#settings = settings;
    this.#endpoints = endpoints;
    this.#keys = keys;
    this.#askedAt = keys.at;
  }

  /**
   * Fetches the metadata and keys of an issuer.
   *
   * @param now - milliseconds since the epoch
   * @throws {PlatformError} `platform.start_failed` if it cannot be used; `config.invalid` if the
   *   authorities cannot be read
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
      return new Issuer(settings, { ca, keysUrl, userUrl }, keys);
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
   * Verifies a token.
   *
   * @param now - milliseconds since the epoch
   * @throws {TokenRefused} if it is not accepted; {@link IssuerFault} if the issuer cannot be
   *   reached
   */
  async check(token: string, now: number): Promise<Claims> {
    if (token.length > longestToken) throw new TokenRefused('Token is too long');
    if (issuerOf(token) !== this.#settings.issuer) throw strange;
    const age = now - this.#keys.at;
    if (age > keysLastMs) {
      const fresh = this.#refresh(now).catch(() => undefined);
      // Nobody waits for a slow issuer while its previous keys are still trusted.
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
    // The issuer may have a new key since.
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
    // An ID token says who logged in; it does not permit acting for them.
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

  /** Fetches the current keys, one request at a time and not too often. */
  async #refresh(now: number): Promise<void> {
    this.#asking ??= this.#fetch(now).finally(() => {
      this.#asking = undefined;
    });
    await this.#asking;
  }

  async #fetch(now: number): Promise<void> {
    // If the clock was set back, this must not wait for ever.
    if (now >= this.#askedAt && now - this.#askedAt < pauseMs) return;
    this.#askedAt = now;
    const { keysUrl, ca } = this.#endpoints;
    this.#keys = { get: await fetchKeys(keysUrl, ca), at: now };
  }

  /** Asks the issuer about the user, with a cache. */
  async #asked(token: string, claims: Claims, now: number): Promise<Claims> {
    const { user } = this.#settings.claims;
    const { sub, exp = 0 } = claims;
    const key = createHash('sha256').update(token).digest('base64');
    const remembered = this.#claims.get(key);
    if (remembered !== undefined && now < remembered.until) return remembered.claims;
    const { userUrl, ca } = this.#endpoints;
    if (userUrl === undefined) throw new TokenRefused(`Token has no claim ${user}`);
    let more: Readonly<Record<string, unknown>>;
    try {
      more = await fetchJson(userUrl, { ca, token });
    } catch (error) {
      const status = error instanceof IssuerFault ? (error.status ?? 0) : 0;
      // The issuer no longer accepts the token, or it does not permit this request.
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

/** The issuer in an unverified token. */
function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

/** A claim by its name, or by a path of names separated by dots. */
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

/** An address in the metadata; only https, because tokens are sent there. */
function endpoint(document: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = document[name];
  if (value === undefined) return undefined;
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol === 'https:' && url.username === '' && url.password === '') return url.href;
  throw new IssuerFault(`its metadata has a ${name} that is not an https address`);
}

/** Foreign text, made safe for a header. */
function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : 'none';
  return text.replace(/[^\w.:/@+ -]/g, '?').slice(0, 100);
}
