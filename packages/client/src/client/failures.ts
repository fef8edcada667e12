import { inWords } from '@skaha/base/retry-after.js';
import { SkahaError } from '../errors/index.js';
import { failureError, throughProxy } from '../transport/failure-words.js';
import type { TransportFailure, UsedProxy } from '../transport/types.js';
import type { Unfinished } from './body.js';

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
    hint: 'Create a new client, and close it after its last call.',
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
 * @param about - what came of the reply, when it had begun; through which proxy it was asked
 */
export function timeoutError(
  url: string,
  milliseconds: number,
  {
    unfinished,
    proxy,
  }: { unfinished?: Unfinished | undefined; proxy?: UsedProxy | undefined } = {},
): SkahaError {
  const { host } = new URL(url);
  const through = throughProxy(proxy);
  const message =
    unfinished === undefined
      ? `${host} did not answer within ${inWords(milliseconds)}${through}.`
      : `${host} did not finish: after ${unfinished.length} bytes nothing arrived for ${inWords(milliseconds)}${through}.`;
  return new SkahaError('transport.timeout', message, {
    cause: unfinished,
    hint: 'Try again, or allow more time: the option timeoutMs (--timeout), or SKAHA_TIMEOUT.',
    retryable: true,
  });
}

/**
 * The error of a reply that broke off.
 *
 * @param url - the address that was asked
 * @param unfinished - what came of the reply
 */
export function brokenError(url: string, unfinished: Unfinished): SkahaError {
  const { host } = new URL(url);
  const message = `${host} did not finish: the connection broke after ${unfinished.length} bytes.`;
  return new SkahaError('transport.failure', message, {
    cause: unfinished,
    hint: 'Try again; if this persists, check your network.',
    retryable: true,
  });
}
