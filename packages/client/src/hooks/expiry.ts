import type { Clock } from '@skaha/base/clock.js';
import { SkahaError } from '../errors/index.js';
import type { Hook } from './types.js';

/**
 * Refuses to send a request with a certificate outside its dates. The file is asked each time,
 * so that a certificate renewed by another program is used at once.
 *
 * @param clock - what the dates are compared with
 */
export function expiryHook(clock: Clock): Hook {
  return {
    request: async ({ anonymous, connection: { credential } }) => {
      if (anonymous || credential.mode !== 'x509') return;
      const { notBefore, notAfter } = await credential.read();
      const now = clock.now();
      if (now >= notAfter.getTime()) {
        throw new SkahaError(
          'authentication.expired',
          `The certificate ${credential.path} expired on ${notAfter.toISOString()}.`,
          { hint: 'Get a new certificate and put it in the same place.' },
        );
      }
      if (now < notBefore.getTime()) {
        throw new SkahaError(
          'authentication.credential_invalid',
          `The certificate ${credential.path} is valid only from ${notBefore.toISOString()}.`,
          { hint: 'Check the date and time of this machine.' },
        );
      }
    },
  };
}
