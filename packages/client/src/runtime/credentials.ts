// Each from its own file: reading certificates brings Node's cryptography along.

import { expiryWarning } from '@skaha/base/expiry-warning.js';
import { entry } from '@skaha/base/names.js';
import { checkedToken, tokenReader } from '../auth/token.js';
import { shownExpiry } from '../auth/token-expiry.js';
import type { Configuration, TokenEntry } from '../config/schema.js';
import { SkahaError } from '../errors/index.js';
import type { Credential, CredentialTools } from './types.js';

/** A token that cannot be renewed is worth a word this long before its end. */
const dayMs = 86_400_000;

async function certificate(
  path: string,
  runtime: boolean,
  { clock, warnings }: CredentialTools,
): Promise<Credential> {
  const { certificateReader, certificateWarnings } = await import('../auth/certificate.js');
  const read = certificateReader(path, clock);
  const first = await read();
  warnings.push(...certificateWarnings(first, path, clock.now()));
  return { mode: 'x509', runtime, path, read };
}

/**
 * Reads a certificate that was named for this run.
 *
 * @param path - absolute
 * @param tools - clock and where warnings go
 */
export const runtimeCertificate = (path: string, tools: CredentialTools): Promise<Credential> =>
  certificate(path, true, tools);

async function tokenCredential(
  saved: TokenEntry,
  name: string,
  { local, warnings, clock }: CredentialTools,
): Promise<Credential> {
  if (saved.path === undefined) {
    const token = checkedToken(saved.access ?? '', `the credential '${name}'`);
    const end = shownExpiry(token);
    const left = end === undefined ? dayMs : end * 1000 - clock.now();
    if (end !== undefined && left > 0 && left < dayMs) {
      warnings.push(
        expiryWarning(`The token of the login '${name}'`, new Date(end * 1000), clock.now()),
      );
    }
    return { mode: 'token', runtime: false, read: async () => token };
  }
  const path = local(saved.path);
  const read = tokenReader(path);
  if ((await read()).loose) {
    warnings.push(
      `The token file ${path} can be read by others; make it private: chmod 600 '${path}'`,
    );
  }
  return { mode: 'token', runtime: false, read: async () => (await read()).token };
}

/**
 * Reads the credential of a context.
 *
 * @param context - name of a context that exists
 * @param configuration - where it is
 * @param tools - clock, paths, and where warnings go
 * @throws {SkahaError} `config.invalid` when the context names no credential, or the errors of
 * reading it
 */
export async function savedCredential(
  context: string,
  configuration: Configuration,
  tools: CredentialTools,
): Promise<Credential> {
  const name = entry(configuration.contexts, context)?.credential ?? '';
  const saved = entry(configuration.credentials, name);
  if (saved === undefined) {
    throw new SkahaError(
      'config.invalid',
      `The context '${context}' uses the credential '${name}', which does not exist.`,
      { hint: `Replace the context: 'skaha context add ${context} …'`, id: context },
    );
  }
  if (saved.mode === 'x509') return certificate(tools.local(saved.path), false, tools);
  if (saved.mode === 'token') return tokenCredential(saved, name, tools);
  // Loaded on demand: the login protocols are much code that files of certificates do not need.
  const { loginCredential } = await import('./login.js');
  return loginCredential(name, saved.provider ?? name, configuration, tools);
}
