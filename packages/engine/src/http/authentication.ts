import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { claimsOf } from '@skaha/base/token-claims.js';
import { reasonOf } from '@skaha/service/errors.js';
import { faultOf, skewOf } from '../faults/fault.js';
import type { Faults } from '../faults/faults.js';
import type { Identity, TokenProof } from '../ports/identity.js';
import { Refusal } from '../sessions/refusal.js';
import type { EngineSettings } from '../settings.js';

/** Who sent a request: a user, an anonymous caller, or one with an invalid credential. */
export type Caller =
  | { readonly user: string; readonly by: 'certificate' | 'cookie' | 'token' }
  | { readonly user: undefined }
  | {
      readonly user: undefined;
      /** What is wrong with the credential, without containing it. */
      readonly fault: string;
      /** The `WWW-Authenticate` header that says so. */
      readonly challenge: string;
    };

const anonymous: Caller = { user: undefined };
const mask = '**********';

/** Part of a credential that may be shown to its sender; the real server repeats it. */
const shown = (credential: string, { settings }: Verifiers): string =>
  settings.oddities.has('credential-echo') ? credential : mask;

const refuse = (fault: string, error?: string): Caller => ({
  user: undefined,
  fault,
  challenge:
    error === undefined ? 'Bearer' : `Bearer error="${error}", error_description="${fault}"`,
});

/** What checks the credentials. */
export interface Verifiers {
  readonly identity: Identity;
  readonly settings: Pick<EngineSettings, 'oddities'>;
  /** Faults that affect requests. */
  readonly faults: Pick<Faults, 'of'>;
}

/**
 * Finds out who sent a request. A caller with an invalid certificate is refused, not treated as
 * anonymous; no header can name a user.
 *
 * @param now - milliseconds since the epoch
 * @throws {Refusal} 503 if the issuer that checks tokens cannot be reached
 */
export async function identify(
  request: IncomingMessage,
  verifiers: Verifiers,
  now: number,
): Promise<Caller> {
  const byCertificate = fromCertificate(request, verifiers);
  if (byCertificate !== undefined && 'fault' in byCertificate) return byCertificate;
  const byToken = await fromAuthorization(request, verifiers, now);
  if (byToken !== undefined) return byToken;
  return byCertificate ?? fromCookie(request, verifiers) ?? anonymous;
}

function fromCertificate(
  request: IncomingMessage,
  { identity, faults }: Verifiers,
): Caller | undefined {
  const certificate = (request.socket as TLSSocket).getPeerCertificate?.();
  if (certificate?.raw === undefined) return undefined;
  const { raw } = certificate;
  const isExpired = faultOf(faults.of(request), 'expired-certificate') !== undefined;
  const found = isExpired
    ? { fault: 'client certificate has expired' }
    : identity.byCertificate(raw);
  return 'user' in found
    ? { user: found.user, by: 'certificate' }
    : { user: undefined, fault: found.fault, challenge: 'ivoa_x509' };
}

function fromCookie(request: IncomingMessage, verifiers: Verifiers): Caller | undefined {
  const value = /(?:^|;\s*)CADC_SSO="?([^";]*)"?/.exec(request.headers.cookie ?? '')?.[1];
  if (value === undefined) return undefined;
  const found = verifiers.identity.byCookie(value);
  if ('user' in found) return { user: found.user, by: 'cookie' };
  const isEchoed = verifiers.settings.oddities.has('credential-echo');
  return refuse(isEchoed ? `${found.fault}${value}` : found.fault);
}

async function fromAuthorization(
  request: IncomingMessage,
  verifiers: Verifiers,
  now: number,
): Promise<Caller | undefined> {
  const values = authorizationHeaders(request);
  const [value, second] = values;
  if (value === undefined) return undefined;
  if (second !== undefined) {
    return refuse('Multiple authorization tokens not supported', 'invalid_request');
  }
  const words = value.trim().split(/\s+/);
  const [scheme = '', token] = words;
  if (/^basic$/i.test(scheme)) return undefined;
  if (token === undefined || words.length !== 2) {
    return refuse(`BUG: invalid authorization ${shown(value, verifiers)}`);
  }
  if (!/^bearer$/i.test(scheme)) {
    return refuse(`unhandled auth: Authorization ${shown(value, verifiers)}`);
  }
  const { identity, faults } = verifiers;
  const met = faults.of(request);
  const isExpired = faultOf(met, 'expired-token') !== undefined;
  const found = isExpired ? 'expired' : await proofOf(identity, token, now + skewOf(met));
  if (found === 'expired') return refuse('Token has expired', 'invalid_token');
  if (found !== 'unknown') {
    return 'user' in found
      ? { user: found.user, by: 'token' }
      : refuse(found.fault, 'invalid_token');
  }
  const issuer = issuerOf(token);
  if (issuer === identity.issuer) return refuse('Invalid JWT token', 'invalid_token');
  if (issuer !== undefined) {
    return refuse(`Token from untrusted issuer: ${issuer} ignored`, 'invalid_request');
  }
  return refuse('Cannot validate token using user info endpoint', 'invalid_token');
}

async function proofOf(identity: Identity, token: string, now: number): Promise<TokenProof> {
  try {
    return await identity.byToken(token, now);
  } catch (error) {
    throw new Refusal(503, `Tokens cannot be checked at present: ${reasonOf(error)}`);
  }
}

/** Node keeps only the first of several headers; the raw list has all of them. */
function authorizationHeaders(request: IncomingMessage): string[] {
  const { rawHeaders } = request;
  return rawHeaders.filter(
    (_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === 'authorization',
  );
}

/** The issuer in a JSON Web Token, if it is one and the name is safe to repeat. */
function issuerOf(token: string): string | undefined {
  const issuer = claimsOf(token)?.['iss'];
  const isFit = typeof issuer === 'string' && /^https?:\/\/[\w.:/-]{1,200}$/.test(issuer);
  return isFit ? issuer : undefined;
}
