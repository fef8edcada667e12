import { connect, createServer } from 'node:net';
import type { Endpoint } from '@skaha/engine/ports/pages.js';

/** A port of the loopback address that is free now. */
export async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port: 0, host: '127.0.0.1' }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0));
    });
  });
}

/** True when something listens there. */
export async function isListening(endpoint: Endpoint): Promise<boolean> {
  if ('connect' in endpoint) {
    return await endpoint.connect().then(
      (socket) => socket.destroy() !== undefined,
      () => false,
    );
  }
  return await new Promise((resolve) => {
    const socket =
      'port' in endpoint ? connect({ ...endpoint }) : connect({ path: endpoint.socketPath });
    const finish = (found: boolean) => {
      socket.destroy();
      resolve(found);
    };
    socket.once('connect', () => finish(true));
    socket.once('error', () => finish(false));
  });
}
