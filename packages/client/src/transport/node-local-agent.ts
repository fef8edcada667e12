import { X509Certificate } from 'node:crypto';
import https from 'node:https';
import { isIP } from 'node:net';
import tls from 'node:tls';

const serverAuthentication = '1.3.6.1.5.5.7.3.1';

const isCurrent = ({ validFrom, validTo }: X509Certificate, now: number): boolean =>
  Date.parse(validFrom) <= now && now <= Date.parse(validTo);

/**
 * Whether an authority signed a server's certificate itself, and nothing about either is unusual.
 * Everything else is for OpenSSL to judge.
 *
 * @param certificate - what the server presented
 * @param authority - what is trusted
 * @param servername - host name or address that was asked for
 * @param now - milliseconds since the Unix epoch
 */
export function isVouchedFor(
  certificate: X509Certificate,
  authority: X509Certificate,
  servername: string,
  now: number,
): boolean {
  const name =
    isIP(servername) === 0 ? certificate.checkHost(servername) : certificate.checkIP(servername);
  return (
    authority.ca &&
    isCurrent(authority, now) &&
    !certificate.ca &&
    isCurrent(certificate, now) &&
    // Without this, whoever has a user's certificate could pose as the server.
    certificate.keyUsage?.includes(serverAuthentication) === true &&
    name !== undefined &&
    certificate.checkIssued(authority) &&
    certificate.verify(authority.publicKey)
  );
}

/** The one authority in a PEM text; undefined when there is none, or more. */
export function onlyAuthority(pem: string): X509Certificate | undefined {
  if (pem.split('-----BEGIN ').length !== 2) return undefined;
  try {
    const authority = new X509Certificate(pem);
    return authority.ca ? authority : undefined;
  } catch {
    return undefined;
  }
}

/** Thrown on a connection whose server must be judged in full; nothing was sent over it. */
export class NotVouchedFor extends Error {
  readonly code = 'SKAHA_NOT_VOUCHED_FOR';
}

/**
 * Connects to a server of this machine whose authority is known. To trust an authority in the
 * usual way makes Node read its list of all public ones first, which takes longer than the rest of
 * a short call. So the certificate is checked here; a server that does not pass this strict check
 * is left, with {@link NotVouchedFor}, before the request goes out.
 */
export class LocalAgent extends https.Agent {
  readonly #authority: X509Certificate;

  /**
   * @param authority - as {@link onlyAuthority} finds it
   * @param certificate - PEM of the client's certificate with its key; empty for none
   * @param options - of the connections
   */
  constructor(authority: X509Certificate, certificate: string, options: https.AgentOptions) {
    super({
      ...options,
      // Each connection is checked by itself.
      maxCachedSessions: 0,
      rejectUnauthorized: false,
      secureContext: tls.createSecureContext({
        minVersion: 'TLSv1.2',
        ca: [],
        ...(certificate === '' ? {} : { cert: certificate, key: certificate }),
      }),
    });
    this.#authority = authority;
  }

  override createConnection(
    ...given: Parameters<https.Agent['createConnection']>
  ): ReturnType<https.Agent['createConnection']> {
    const socket = super.createConnection(...given);
    if (!(socket instanceof tls.TLSSocket)) throw new NotVouchedFor();
    const [{ servername, host }] = given;
    // The first listener, where Node's own check ends a connection too: what was written waits.
    socket.prependListener('secureConnect', () => {
      const presented = socket.getPeerX509Certificate();
      const name = servername || host || '';
      if (!presented || !isVouchedFor(presented, this.#authority, name, Date.now()))
        socket.destroy(new NotVouchedFor());
    });
    return socket;
  }
}
