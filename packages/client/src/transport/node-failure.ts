import { ProxyFailure, TransportFailure, type UsedProxy } from './types.js';

/** Alerts by which a server turns down a client certificate, or misses one. */
const refusedCertificate =
  /ALERT_(?:CERTIFICATE_REQUIRED|UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_(?:EXPIRED|REVOKED|UNKNOWN)|UNSUPPORTED_CERTIFICATE|HANDSHAKE_FAILURE|ACCESS_DENIED)/;

/**
 * Says why no reply came, or not the whole of one.
 *
 * @param cause - what Node threw
 * @param reached - whether the server may have got the request
 * @param proxy - through which it was asked
 */
export function failure(cause: unknown, reached: boolean, proxy?: UsedProxy): TransportFailure {
  if (cause instanceof ProxyFailure && proxy !== undefined) {
    const { status } = cause;
    const { address, source } = proxy;
    const reason = status === undefined ? errorCode(cause.cause) : 'PROXY_REFUSED';
    return new TransportFailure(reason, false, cause, { address, source, failed: true, status });
  }
  const used = proxy && { address: proxy.address, source: proxy.source, failed: false };
  const code = errorCode(cause);
  // Under TLS 1.3 the refusal arrives after the request was sent, but it was never read.
  if (refusedCertificate.test(code))
    return new TransportFailure('CERTIFICATE_REFUSED', false, cause, used);
  return new TransportFailure(code, reached, cause, used);
}

/**
 * What Node or OpenSSL calls a failure.
 *
 * @param cause - as thrown
 */
export function errorCode(cause: unknown): string {
  if (!(cause instanceof Error)) return 'UNKNOWN';
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : 'UNKNOWN';
  // OpenSSL has no name for it that Node passes on.
  if (code === 'UNSPECIFIED' && /too (?:weak|small)/i.test(cause.message)) return 'CERT_TOO_WEAK';
  if (code === 'EPROTO' && /:wrong version number:/.test(cause.message))
    return 'ERR_SSL_WRONG_VERSION_NUMBER';
  const alert = code === 'EPROTO' ? /SSL alert number (\d+)/.exec(cause.message)?.[1] : undefined;
  // TLS alert numbers 40 to 49 and 116 concern the certificate (RFC 5246, RFC 8446).
  if (alert !== undefined && (/^4[0-9]$/.test(alert) || alert === '116')) {
    return 'ERR_SSL_ALERT_CERTIFICATE_REQUIRED';
  }
  return code;
}
