import { certificateFile } from '../auth/certificate.js';
import { isRefreshable, readRecord } from '../auth/oidc/index.js';
import { checkedToken, tokenReader } from '../auth/token.js';
import { shownExpiry } from '../auth/token-expiry.js';
import type { CredentialEntry, OidcEntry, TokenEntry } from '../config/schema.js';
import { isSkahaError } from '../errors/index.js';

/** Whether a login can be used. */
export interface CredentialState {
  /** `missing` if there is no certificate or token, `invalid` if it cannot be used. */
  state: 'valid' | 'expired' | 'missing' | 'invalid';
  /** Unix seconds at which the certificate or access token ends; null if that is not known. */
  expiry: number | null;
  /** Whether it is renewed automatically. */
  renewable: boolean;
}

/** Where the dates come from and what they are compared with. */
export interface StateTools {
  local(path: string): string;
  now: number;
}

async function certificateState(path: string, now: number): Promise<CredentialState> {
  const { notBefore, notAfter } = await certificateFile(path)();
  const expiry = Math.floor(notAfter.getTime() / 1000);
  if (notAfter.getTime() <= now) return { state: 'expired', expiry, renewable: false };
  const state = notBefore.getTime() > now ? 'invalid' : 'valid';
  return { state, expiry, renewable: false };
}

async function tokenState(entry: TokenEntry, { local, now }: StateTools): Promise<CredentialState> {
  const token =
    entry.path === undefined
      ? checkedToken(entry.access ?? '', 'the configuration')
      : (await tokenReader(local(entry.path))()).token;
  const expiry = shownExpiry(token) ?? null;
  const state = expiry !== null && expiry * 1000 <= now ? 'expired' : 'valid';
  return { state, expiry, renewable: false };
}

function loginState(entry: OidcEntry, name: string, now: number): CredentialState {
  const record = readRecord(entry, name);
  const renewable = isRefreshable(record, now);
  const expiry = record.accessExpiry ?? null;
  if (record.access === undefined && !renewable)
    return { state: 'missing', expiry: null, renewable };
  const alive = record.access !== undefined && (expiry === null || expiry * 1000 > now);
  return { state: alive || renewable ? 'valid' : 'expired', expiry, renewable };
}

/**
 * Judges a saved login by what it holds, never by a date that was written down for it. Nothing is
 * sent.
 *
 * @param entry - the credential
 * @param name - of the credential
 * @param tools - paths and time
 */
export async function credentialState(
  entry: CredentialEntry,
  name: string,
  tools: StateTools,
): Promise<CredentialState> {
  try {
    if (entry.mode === 'x509') return await certificateState(tools.local(entry.path), tools.now);
    if (entry.mode === 'token') return await tokenState(entry, tools);
    return loginState(entry, name, tools.now);
  } catch (error) {
    if (!isSkahaError(error)) throw error;
    const state = error.code === 'authentication.credential_missing' ? 'missing' : 'invalid';
    return { state, expiry: null, renewable: false };
  }
}
