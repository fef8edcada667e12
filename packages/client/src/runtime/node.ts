import { createNodeTransport } from '../transport/node.js';
import type { Runtime } from './types.js';

/** Node, and runtimes that offer Node's modules. */
export const runtime: Runtime = {
  name: 'node',
  // Loaded on demand: reading the configuration needs a YAML parser that not every call needs.
  resolveConnection: async (options) =>
    (await import('./connection.js')).resolveConnection(options),
  createTransport: createNodeTransport,
  variable: (name) => process.env[name],
};
