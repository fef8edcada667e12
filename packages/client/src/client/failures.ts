import { SkahaError } from '../errors/index.js';
import { failureError, throughProxy } from '../transport/failure-words.js';
import type { TransportFailure, UsedProxy } from '../transport/types.js';

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
  const { host } = new URL(url);
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
  return failureError(failure, url);
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
 * @param proxy - through which it was asked
 */
export function timeoutError(url: string, milliseconds: number, proxy?: UsedProxy): SkahaError {
  const message = `${new URL(url).host} did not answer within ${milliseconds} ms${throughProxy(proxy)}.`;
  return new SkahaError('transport.timeout', message, {
    hint: 'Try again, or allow more time: the option timeoutMs (--timeout), or SKAHA_TIMEOUT.',
    retryable: true,
  });
}
