import { isLoopback, parseServerUrl } from '@skaha/base/server-url.js';
import { SkahaError, ValidationError } from '../errors/index.js';
import { createFetchTransport } from '../transport/fetch.js';
import { Md5 } from '../utils/md5.js';
import type { Connection, ConnectionOptions, Credential, Runtime } from './types.js';

const nodeOnly = ['certificate', 'context', 'config', 'ca', 'proxy'] as const;

/** Browsers, workers, and every runtime without Node's modules. */
export const runtime: Runtime = {
  name: 'browser',
  resolveConnection: async (options) => connection(options),
  createTransport: ({ credential }) =>
    createFetchTransport({
      fetch: (input, init) => globalThis.fetch(input, init),
      credentials: credential.mode === 'cookie' ? 'include' : 'omit',
    }),
  createMd5: () => new Md5(),
  variable: () => undefined,
};

function connection(options: ConnectionOptions): Connection {
  for (const path of nodeOnly) {
    if (options[path] !== undefined) {
      throw new ValidationError([{ path, message: `The option ${path} needs Node.` }]);
    }
  }
  if (options.url === undefined) {
    throw new SkahaError('server.required', 'There is no server to talk to.', {
      hint: 'Give its address with the option `url`.',
    });
  }
  const server = parseServerUrl(options.url);
  if (server === undefined) {
    throw new ValidationError([
      { path: 'url', message: 'The option url must be an http or https address.' },
    ]);
  }
  if (!server.root.startsWith('https:') && !isLoopback(server.root)) {
    throw new ValidationError(
      [{ path: 'url', message: 'Credentials are sent only over https.' }],
      'Use the https address of the server.',
    );
  }
  return {
    root: server.root,
    version: server.version ?? 'v1',
    credential: credential(options),
    registries: {},
  };
}

function credential({ anonymous, token }: ConnectionOptions): Credential {
  if (anonymous) return { mode: 'anonymous' };
  if (token === undefined) return { mode: 'cookie' };
  return { mode: 'token', runtime: true, read: async () => token };
}
