import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { PlatformError, storageReason } from '@skaha/service/errors.js';
import type { Settings } from './config/settings.js';

/**
 * Reads the certificate in the configuration.
 *
 * @throws {PlatformError} `config.invalid` if it cannot be used
 */
export function certificateOf({ certificate, key }: Settings['listen']) {
  if (certificate === undefined && key === undefined) return undefined;
  const invalid = (why: string, cause?: unknown) =>
    new PlatformError('config.invalid', `The certificate of the server cannot be used: ${why}.`, {
      hint: 'Correct server.certificate and server.key in the configuration.',
      cause,
    });
  if (certificate === undefined || key === undefined) throw invalid('it needs its key, too');
  try {
    const pair = { certificate: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') };
    createSecureContext({ cert: pair.certificate, key: pair.key });
    return pair;
  } catch (error) {
    throw invalid(storageReason(error) ?? 'the two files do not belong together', error);
  }
}
