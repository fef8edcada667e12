import { SkahaError } from '../errors/index.js';
import type { TransportFailure } from '../transport/types.js';

const untrusted = new Set([
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'INVALID_CA',
]);

const misdated = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID']);
const unreachable = new Set(['EHOSTDOWN', 'EHOSTUNREACH', 'ENETDOWN', 'ENETUNREACH', 'ETIMEDOUT']);

/**
 * Turns a failure to get any reply into words and a code.
 *
 * @param failure - what the transport met
 * @param url - the address that was asked
 * @param hasCertificate - whether a client certificate was presented
 */
export function connectionError(
  failure: TransportFailure,
  url: string,
  hasCertificate: boolean,
): SkahaError {
  const { host, hostname } = new URL(url);
  const { reason } = failure;
  const cause = failure;
  if (reason === 'CLOSED') return closedError();
  if (reason === 'CERTIFICATE_UNUSABLE') {
    return new SkahaError(
      'authentication.credential_invalid',
      'The client certificate cannot be used: its certificate and key cannot be loaded.',
      { cause, hint: 'Get a new certificate.' },
    );
  }
  if (reason === 'CERTIFICATE_REFUSED') {
    return hasCertificate
      ? new SkahaError(
          'authentication.credential_invalid',
          `${host} refused the client certificate.`,
          { cause, hint: 'Get a new certificate, and check that it is for this server.' },
        )
      : new SkahaError('authentication.required', `${host} demands a client certificate.`, {
          cause,
          hint: 'Log in with a certificate.',
        });
  }
  const [message, hint, isPassing] = describe(reason, host, hostname);
  return new SkahaError('transport.failure', message, { cause, hint, retryable: isPassing });
}

function describe(reason: string, host: string, hostname: string): [string, string, boolean] {
  if (reason === 'ECONNREFUSED') {
    return [`Nothing answers at ${host}.`, 'Check the address, and that the platform runs.', true];
  }
  if (reason === 'ENOTFOUND' || reason === 'EAI_NODATA') {
    return [`The host ${hostname} is not known.`, 'Check the address of the server.', false];
  }
  if (reason === 'EAI_AGAIN') {
    return [`The host ${hostname} cannot be looked up.`, 'Check your network connection.', true];
  }
  if (unreachable.has(reason)) {
    return [`${host} cannot be reached.`, 'Check your network connection.', true];
  }
  if (untrusted.has(reason)) {
    return [
      `The certificate of ${host} is not signed by an authority this machine trusts.`,
      'If you trust the server, name its authority with the option `ca`.',
      false,
    ];
  }
  if (reason === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return [`The certificate of ${host} is for another host.`, 'Check the address.', false];
  }
  if (misdated.has(reason)) {
    return [
      `The certificate of ${host} is outside its dates.`,
      'Check the date of this machine; else tell the support of the platform.',
      false,
    ];
  }
  return [
    `The connection to ${host} broke off (${reason}).`,
    'Try again; if it stays, check the address and your network.',
    true,
  ];
}

/** The error of every call after `close()`. */
export function closedError(): SkahaError {
  return new SkahaError('client.closed', 'The client is closed.', {
    hint: 'Make a new client, and close it after its last call.',
  });
}

/**
 * The error of a call that its signal ended. A reason that is already one of this library's
 * errors is kept as it is.
 *
 * @param reason - the signal's reason
 */
export function abortError(reason: unknown): SkahaError {
  if (reason instanceof SkahaError) return reason;
  return new SkahaError('request.aborted', 'The call was cancelled.', { cause: reason });
}

/**
 * The error of an attempt that took too long.
 *
 * @param url - the address that was asked
 * @param milliseconds - the time it had
 */
export function timeoutError(url: string, milliseconds: number): SkahaError {
  const { host } = new URL(url);
  return new SkahaError('transport.timeout', `${host} did not answer within ${milliseconds} ms.`, {
    hint: 'Try again, or allow more time with `timeoutMs`.',
    retryable: true,
  });
}
