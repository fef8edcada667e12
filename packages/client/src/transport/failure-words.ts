import { type ErrorCode, SkahaError } from '../errors/index.js';
import type { TransportFailure, UsedProxy } from './types.js';

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
/** What came first was no TLS, though TLS was asked for. */
const notTls =
  /^ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|UNKNOWN_PROTOCOL)$/;
const unreachable = new Set(['EHOSTDOWN', 'EHOSTUNREACH', 'ENETDOWN', 'ENETUNREACH', 'ETIMEDOUT']);

/**
 * Whether a server was left because nobody is known who vouches for it.
 *
 * @param reason - what the platform underneath calls the failure
 */
export const isUntrusted = (reason: string): boolean => untrusted.has(reason);

/** Why no reply came, for people. */
export interface FailureWords {
  /** @defaultValue `transport.failure` */
  code?: ErrorCode | undefined;
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

function certificateWords(reason: string, host: string): FailureWords | undefined {
  if (reason === 'UNABLE_TO_VERIFY_LEAF_SIGNATURE') {
    return lasting(
      `The certificate of ${host} is from an authority that this machine does not know, and the server sent no certificate that leads to a known one.`,
      'If it is a public authority, the server lacks its intermediate certificate: tell its support. If you trust the server, give a PEM file with the certificate of the authority with --ca, SKAHA_CA or the option `ca`.',
    );
  }
  if (reason === 'CERT_TOO_WEAK') {
    return lasting(
      `The certificate of ${host}, or of its authority, is signed with SHA-1 or has a key that is too short.`,
      "No current program trusts it: contact the platform's support.",
    );
  }
  if (reason === 'CERTIFICATE_TOO_WEAK') {
    return {
      code: 'authentication.credential_invalid',
      message:
        'The client certificate cannot be used: it is signed with SHA-1, or its key is too short.',
      hint: 'Get a new certificate.',
      retryable: false,
    };
  }
  if (untrusted.has(reason)) {
    return lasting(
      `The certificate of ${host} is not signed by an authority that this machine trusts.`,
      'If you trust the server, give the PEM file of its authority with --ca, SKAHA_CA or the option `ca`.',
    );
  }
  if (reason === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return lasting(`The certificate of ${host} is for another host.`, 'Check the address.');
  }
  if (misdated.has(reason)) {
    return lasting(
      `The certificate of ${host} is not valid yet, or has expired.`,
      "Check the date of this machine; if it is right, contact the platform's support.",
    );
  }
  return undefined;
}

function encodingWords(reason: string, host: string): FailureWords | undefined {
  if (reason === 'ENCODING_UNKNOWN') {
    return lasting(
      `${host} sent a reply that is compressed in a way that was not requested.`,
      "Tell the platform's support; a proxy or gateway on the way may be the cause.",
    );
  }
  if (reason === 'ENCODING_DAMAGED') {
    return passing(`The compressed reply of ${host} is damaged or cut off.`, 'Try again.');
  }
  return undefined;
}

/** This machine's names for itself. */
const isOwn = (hostname: string): boolean => /^(?:localhost|127\..*|\[::1\])$/.test(hostname);

/**
 * Puts into words why a server could not be talked to.
 *
 * @param reason - what the platform underneath calls it, for example `ECONNREFUSED`
 * @param address - of the server
 */
export function failureWords(reason: string, address: string): FailureWords {
  const { host, hostname } = new URL(address);
  if (reason === 'ECONNREFUSED') {
    const hint = isOwn(hostname)
      ? "If it is the local platform, start it with 'skaha platform start --detach'"
      : 'Check the address, and that the platform is running.';
    return passing(`Nothing answers at ${host}.`, hint);
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
      "Add the server yourself if you trust it: 'skaha context add'",
    );
  }
  if (notTls.test(reason)) {
    return passing(
      `What answers at ${host} does not speak TLS (${reason}).`,
      'Check the address and its port. It may also be a network that wants you to log in first: open any page in a browser.',
    );
  }
  if (reason.startsWith('HPE_')) {
    return passing(
      `What answers at ${host} does not speak HTTP (${reason}).`,
      'Check the address and its port.',
    );
  }
  const words = certificateWords(reason, host) ?? encodingWords(reason, host);
  if (words !== undefined) return words;
  return passing(
    `The connection to ${host} broke (${reason}).`,
    'Try again; if this persists, check the address and your network.',
  );
}

/**
 * Says through which proxy a server was asked; nothing when it was asked directly.
 *
 * @param proxy - that was used
 */
export const throughProxy = (proxy: UsedProxy | undefined): string =>
  proxy === undefined ? '' : ` (through the proxy ${proxy.address})`;

const ended = (message: string, more: string): string => message.replace(/\.$/, `${more}.`);

function refusedByProxy({ address, source, status = 0 }: UsedProxy, host: string): FailureWords {
  if (status === 407) {
    return {
      code: 'proxy.authentication_required',
      message: `The proxy ${address} requires a user name and a password: they are missing or wrong.`,
      hint: `Put them into ${source}: http://USER:PASSWORD@HOST:PORT, with %40 for @, %3A for : and %2F for / in them.`,
      retryable: false,
    };
  }
  if (status >= 500) {
    return passing(
      `The proxy ${address} could not reach ${host} (HTTP ${status}).`,
      `Check the address of the server; if it needs no proxy, add its host to NO_PROXY.`,
    );
  }
  return {
    code: 'proxy.refused',
    message: `The proxy ${address} does not connect to ${host} (HTTP ${status}).`,
    hint: `Ask the administrators of the proxy to allow it, or add the host to NO_PROXY if it needs none; the proxy comes from ${source}.`,
    retryable: false,
  };
}

function proxyWords(reason: string, proxy: UsedProxy, url: string): FailureWords {
  const { address, source } = proxy;
  if (reason === 'PROXY_INVALID') {
    return {
      code: 'proxy.invalid',
      message: `The value of ${source} is not the address of an HTTP proxy.`,
      hint: 'Write http://HOST:PORT or https://HOST:PORT; SOCKS is not supported. Write characters such as / and # in a password as %2F and %23.',
      retryable: false,
    };
  }
  if (proxy.status !== undefined) return refusedByProxy(proxy, new URL(url).host);
  if (!proxy.failed) {
    const words = failureWords(reason, url);
    return { ...words, message: ended(words.message, throughProxy(proxy)) };
  }
  const { message, retryable } = failureWords(reason, address);
  return {
    message: ended(message, `, the proxy set in ${source}`),
    hint: `Check ${source}; if ${new URL(url).host} needs no proxy, add its host to NO_PROXY.`,
    retryable,
  };
}

/**
 * The error of a request that got no reply.
 *
 * @param failure - what the transport met
 * @param url - the address that was asked
 */
export function failureError(failure: TransportFailure, url: string): SkahaError {
  const { reason, proxy } = failure;
  const { code, message, hint, retryable } =
    proxy === undefined ? failureWords(reason, url) : proxyWords(reason, proxy, url);
  return new SkahaError(code ?? 'transport.failure', message, { cause: failure, hint, retryable });
}
