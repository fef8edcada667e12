import { once } from 'node:events';
import { connect, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, checkServerIdentity, connect as connectTls } from 'node:tls';
import { BackingUnreachable } from '@skaha/engine/ports/backing.js';
import type { Address } from './address.js';

/** Asks whether the server supports TLS (PostgreSQL, frontend protocol: SSLRequest). */
const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

const yes = 'S'.charCodeAt(0);

/**
 * Connects to a database server, with TLS if the address requires it or the server offers it.
 *
 * @param signal - cancels the attempt
 */
export async function openSocket(address: Address, signal: AbortSignal): Promise<Socket> {
  const { host, port } = address;
  const isLocal = host.startsWith('/');
  const socket = isLocal ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
  const stop = () => socket.destroy(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  try {
    await once(socket, 'connect');
    socket.setNoDelay(true).setKeepAlive(true, 15_000);
    // A unix socket needs no TLS, and servers do not offer it there.
    return isLocal || address.sslMode === 'disable' ? socket : await secured(socket, address);
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

async function secured(socket: Socket, address: Address): Promise<Socket> {
  socket.write(sslRequest);
  const answer = once(socket, 'data') as Promise<[Buffer]>;
  const closed = once(socket, 'close').then(() => {
    throw new BackingUnreachable('it closed the connection');
  });
  const [reply] = await Promise.race([answer, closed]);
  // Unexpected bytes after it must have been inserted by somebody in between.
  if (reply.length !== 1)
    throw new BackingUnreachable('it does not speak the protocol of PostgreSQL');
  if (reply[0] === yes) {
    const tls = connectTls({ ...tlsOptions(address), socket });
    await once(tls, 'secureConnect');
    return tls;
  }
  if (address.sslMode === 'prefer' || address.sslMode === 'allow') return socket;
  throw new BackingUnreachable('it offers no TLS', {
    hint: `Switch TLS on at the server, or connect without it: sslmode=disable (it is ${address.sslMode}).`,
  });
}

/** Like libpq: `require` encrypts, but trusts any server unless authorities are given. */
function tlsOptions(address: Address): ConnectionOptions {
  const { host, sslMode, rootCertificate, certificate, key } = address;
  const isProven = sslMode.startsWith('verify-') || rootCertificate !== undefined;
  return {
    ...(isIP(host) === 0 && { servername: host }),
    ...(rootCertificate !== undefined && { ca: rootCertificate }),
    ...(certificate !== undefined && { cert: certificate }),
    ...(key !== undefined && { key }),
    rejectUnauthorized: isProven,
    checkServerIdentity: (_, peer) =>
      sslMode === 'verify-full' ? checkServerIdentity(host, peer) : undefined,
  };
}
