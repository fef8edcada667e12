import type { Clock } from '@skaha/base/clock.js';
import { SkahaError } from '../errors/index.js';
import type { Hook, IncomingReply, OutgoingRequest } from './types.js';

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

/**
 * Adds the credential. A token is read again for each attempt, so that one renewed by another
 * program is used at once; a certificate is presented by the transport.
 */
export const authHook: Hook = {
  request: async ({ headers, anonymous, connection: { credential } }) => {
    if (anonymous) return;
    if (credential.mode === 'token') {
      headers['authorization'] = `Bearer ${await credential.read()}`;
    }
    // Informational; the server does not read it (Skaha API 1.3).
    if (credential.mode === 'token') {
      headers['x-skaha-authentication-type'] = credential.runtime ? 'RUNTIME-TOKEN' : 'OIDC';
    } else if (credential.mode === 'x509') {
      headers['x-skaha-authentication-type'] = credential.runtime ? 'RUNTIME-X509' : 'X509';
    }
  },
};

/**
 * Finds the token that a server did not take, where a better one can be had and the request may
 * be sent once more: it changes nothing, or the server says that the token was the reason, so that
 * nothing was done (RFC 6750, section 3.1).
 *
 * @param request - as it was sent
 * @param reply - to it
 */
export function rejectedToken(request: OutgoingRequest, reply: IncomingReply): string | undefined {
  const { credential } = request.connection;
  if (reply.status !== 401 || request.anonymous) return undefined;
  if (credential.mode !== 'token' || credential.renew === undefined) return undefined;
  const changesNothing = request.method === 'GET' || request.method === 'HEAD';
  const isTheReason = /error="?invalid_token\b/.test(reply.header('www-authenticate') ?? '');
  if (!changesNothing && !isTheReason) return undefined;
  return /^Bearer (.+)$/.exec(request.headers['authorization'] ?? '')?.[1];
}
