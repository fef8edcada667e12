import type { X509Certificate } from 'node:crypto';
import { systemClock } from '@skaha/base/clock.js';

// TLS libraries on both sides check certificates by the time of the machine. So certificates are
// made and checked by that time, whatever a test or a fault does to the clock of the platform.

export const day = 86_400_000;

/** From when to when a certificate is valid. */
export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/**
 * A validity of so many milliseconds; a negative number is for a certificate that has expired.
 *
 * @param startsInMs - how long from now it starts
 * @param backdatedMs - how much earlier it begins than that, for clients whose clock is behind
 */
export function validFor(
  milliseconds: number,
  { startsInMs = 0, backdatedMs = day } = {},
): Validity {
  const start = systemClock.now() + startsInMs;
  const end = start + milliseconds;
  return { notBefore: new Date(Math.min(start, end) - backdatedMs), notAfter: new Date(end) };
}

/** True for a certificate made while the clock was ahead: nobody would accept it yet. */
export const isFromTheFuture = ({ validFrom }: X509Certificate): boolean =>
  Date.parse(validFrom) > systemClock.now();

/** Whether a certificate is valid now, and for at least so many more milliseconds. */
export const isValidFor = (certificate: X509Certificate, milliseconds: number): boolean =>
  !isFromTheFuture(certificate) &&
  Date.parse(certificate.validTo) - systemClock.now() >= milliseconds;

/** Why a client certificate is not valid at present; undefined if it is. */
export function timeFault(certificate: X509Certificate): string | undefined {
  if (Date.parse(certificate.validTo) <= systemClock.now()) return 'client certificate has expired';
  return isFromTheFuture(certificate) ? 'client certificate is not valid yet' : undefined;
}
