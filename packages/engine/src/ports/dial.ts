import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Endpoint } from './pages.js';

/** Connects to the page of a session. */
export async function dial(endpoint: Endpoint): Promise<Duplex> {
  if ('connect' in endpoint) return await endpoint.connect();
  return await new Promise((resolve, reject) => {
    const socket = connect(
      'socketPath' in endpoint ? { path: endpoint.socketPath } : { ...endpoint },
    );
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}
