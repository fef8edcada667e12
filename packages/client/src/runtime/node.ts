import { createHash } from 'node:crypto';
import { Md5 } from '../utils/md5.js';
import type { Hasher, Runtime } from './types.js';

function createMd5(): Hasher {
  try {
    const hash = createHash('md5');
    return {
      update: (bytes) => {
        hash.update(bytes);
      },
      digest: () => hash.copy().digest('hex'),
    };
  } catch {
    // Where the system allows no MD5, it is still no secret.
    return new Md5();
  }
}

/** Node, and runtimes that offer Node's modules. */
export const runtime: Runtime = {
  name: 'node',
  // Loaded on demand: reading the configuration needs a YAML parser that not every call needs.
  resolveConnection: async (options) =>
    (await import('./connection.js')).resolveConnection(options),
  // With it come Node's own modules for HTTP.
  createTransport: async (connection, options) =>
    (await import('../transport/node.js')).createNodeTransport(connection, options),
  createMd5,
  variable: (name) => process.env[name],
};
