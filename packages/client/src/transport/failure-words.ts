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

/** Why no reply came, for people. */
export interface FailureWords {
  message: string;
  hint: string;
  /** Whether it may pass by itself. */
  retryable: boolean;
}

const lasting = (message: string, hint: string): FailureWords => ({
  message,
  hint,
  retryable: false,
});
const passing = (message: string, hint: string): FailureWords => ({
  message,
  hint,
  retryable: true,
});

/**
 * Puts into words why a server could not be talked to.
 *
 * @param reason - what the platform underneath calls it, for example `ECONNREFUSED`
 * @param address - of the server
 */
export function failureWords(reason: string, address: string): FailureWords {
  const { host, hostname } = new URL(address);
  if (reason === 'ECONNREFUSED') {
    return passing(`Nothing answers at ${host}.`, 'Check the address, and that the platform runs.');
  }
  if (reason === 'ENOTFOUND' || reason === 'EAI_NODATA') {
    return lasting(`The host ${hostname} is not known.`, 'Check the address of the server.');
  }
  if (reason === 'EAI_AGAIN') {
    const message = `The host ${hostname} cannot be looked up.`;
    return passing(message, 'Check your network connection.');
  }
  if (unreachable.has(reason)) {
    return passing(`${host} cannot be reached.`, 'Check your network connection.');
  }
  if (reason === 'EADDRNOTPUBLIC') {
    return lasting(
      `${host} was not contacted: its name leads to an address that is not public.`,
      'Add the server yourself if you trust it:  skaha context add',
    );
  }
  if (untrusted.has(reason)) {
    return lasting(
      `The certificate of ${host} is not signed by an authority this machine trusts.`,
      'If you trust the server, name the PEM file of its authority with --ca, SKAHA_CA or the option `ca`.',
    );
  }
  if (reason === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return lasting(`The certificate of ${host} is for another host.`, 'Check the address.');
  }
  if (misdated.has(reason)) {
    return lasting(
      `The certificate of ${host} is outside its dates.`,
      'Check the date of this machine; else tell the support of the platform.',
    );
  }
  return passing(
    `The connection to ${host} broke off (${reason}).`,
    'Try again; if it stays, check the address and your network.',
  );
}
