import { generateKeyPair, type JsonWebKey, randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type DataLayout, readIfPresent, writeFileAtomically } from '../data.js';

/** The secrets of an OIDC provider. */
export interface OidcKeys {
  /** Private signing keys (RFC 7517). */
  readonly signing: readonly JsonWebKey[];
  /** Secrets that sign cookies. */
  readonly cookies: readonly string[];
}

/** Reads the provider's keys of a data directory, or makes them. */
export async function openOidcKeys(layout: DataLayout): Promise<OidcKeys> {
  const path = join(layout.secrets, 'oidc-keys.json');
  const kept = readIfPresent(path);
  if (kept !== undefined) return JSON.parse(kept) as OidcKeys;
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const signing = {
    ...privateKey.export({ format: 'jwk' }),
    kid: randomUUID(),
    use: 'sig',
    alg: 'RS256',
  };
  const keys = { signing: [signing], cookies: [randomBytes(32).toString('base64url')] };
  writeFileAtomically(path, `${JSON.stringify(keys)}\n`);
  return keys;
}
