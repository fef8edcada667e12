import type { Hook } from './types.js';

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
