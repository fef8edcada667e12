import { createServer } from 'node:net';
import { dial } from '@skaha/engine/ports/dial.js';
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
  try {
    (await dial(endpoint)).destroy();
    return true;
  } catch {
    return false;
  }
}
