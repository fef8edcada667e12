import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '@skaha/base/clock.js';
import { SkahaClient, type SkahaClientOptions, type SkahaError } from 'skaha';
import { type Platform, type PlatformOptions, startPlatform } from 'skaha-platform';
import { layKeys } from '../../../scripts/tests/platform-keys.js';
import { ClientCore } from '../src/client/core.js';
import { type ClientHolder, holdCore } from '../src/client/source.js';
import { runtime as nodeRuntime } from '../src/runtime/node.js';
import type { Connection, Credential, Runtime } from '../src/runtime/types.js';
import { createNodeTransport } from '../src/transport/node.js';

/** A platform with a state directory of its own, removed when it stops. */
export interface TestPlatform extends AsyncDisposable {
  platform: Platform;
  /** A client of the main user. */
  client: SkahaClient;
  connect(options?: SkahaClientOptions): SkahaClient;
}

/**
 * Starts a real platform on a free port.
 *
 * @param keys - whether its authority is that of all platforms of the run, or one nobody else has
 */
export async function testPlatform(
  options: PlatformOptions = {},
  keys: 'own' | 'shared' = 'shared',
): Promise<TestPlatform> {
  const data = await mkdtemp(join(tmpdir(), 'skaha-platform-'));
  if (keys === 'shared') layKeys(data);
  const { config } = options;
  const platform = await startPlatform({
    data,
    port: 0,
    user: 'ada',
    ...options,
    // The quickest one, and the only one there is on every machine.
    config: typeof config === 'string' ? config : { runner: 'process', ...config },
  });
  const clients: SkahaClient[] = [];
  const connect = (extra: SkahaClientOptions = {}) => {
    const proof = extra.anonymous || extra.certificate ? {} : { token: platform.token };
    const client = new SkahaClient({ url: platform.url, ca: platform.ca, ...proof, ...extra });
    clients.push(client);
    return client;
  };
  return {
    platform,
    client: connect(),
    connect,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(clients.map((client) => client.close()));
      await platform.stop();
      await rm(data, { recursive: true, force: true });
    },
  };
}

/** A request as a test server received it. */
export interface Received {
  method: string;
  /** With query. */
  path: string;
  headers: http.IncomingHttpHeaders;
  body: string;
}

/** What a test server answers; `drop` breaks the connection instead. */
export type Reply =
  | { status?: number; headers?: Record<string, string>; body?: string | Uint8Array }
  | 'drop';

/** A server whose every reply a test writes itself. */
export interface TestServer extends AsyncDisposable {
  url: string;
  received: Received[];
}

/** Starts a plain HTTP server on a free port of this machine. */
export async function testServer(
  answer: (request: Received, count: number) => Reply | Promise<Reply>,
): Promise<TestServer> {
  const received: Received[] = [];
  const server = http.createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', async () => {
      const { method = '', url: path = '', headers } = incoming;
      const request = { method, path, headers, body: Buffer.concat(chunks).toString() };
      received.push(request);
      const reply = await answer(request, received.length);
      if (reply === 'drop') {
        incoming.socket.destroy();
        return;
      }
      outgoing.writeHead(reply.status ?? 200, {
        'content-type': 'application/json',
        ...reply.headers,
      });
      outgoing.end(reply.body ?? '');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/skaha`,
    received,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A clock that moves only by being slept on: every pause ends at once and is noted. */
export class JumpingClock implements Clock {
  #now = Date.parse('2026-08-06T12:00:00Z');
  readonly pauses: number[] = [];
  /** Pauses at least this long never end by themselves: the time limits of calls. */
  readonly #limit: number;

  constructor(limit = 10_000) {
    this.#limit = limit;
  }

  now(): number {
    return this.#now;
  }

  /** Lets time pass without anybody waiting. */
  advance(milliseconds: number): void {
    this.#now += milliseconds;
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (milliseconds >= this.#limit) {
      return new Promise((_, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
    }
    this.pauses.push(milliseconds);
    this.#now += milliseconds;
    return new Promise((resolve) => setImmediate(resolve));
  }
}

/** A client's core that talks plain HTTP to a test server. */
export function coreFor(
  root: string,
  options: SkahaClientOptions = {},
  connection: Partial<Connection> = {},
): ClientCore {
  const credential: Credential = { mode: 'token', runtime: true, read: async () => 'sesame' };
  const runtime: Runtime = {
    name: 'node',
    resolveConnection: async () => ({
      root,
      version: 'v1',
      credential,
      registries: {},
      ...connection,
    }),
    createTransport: createNodeTransport,
    createMd5: nodeRuntime.createMd5,
    variable: () => undefined,
  };
  return new ClientCore({ random: () => 0.5, ...options }, runtime);
}

/** A client that sends its requests by a core. */
export function clientOver(core: ClientCore): ClientHolder & { core: ClientCore } {
  const close = () => core.close();
  const client = { core, close, [Symbol.asyncDispose]: close };
  holdCore(client, core);
  return client;
}

/** A session as a server of today sends it. */
export function wireSession(id: string, fields: Record<string, unknown> = {}) {
  return {
    id,
    userid: 'ada',
    runAsUID: '1000',
    runAsGID: '1000',
    supplementalGroups: [],
    image: 'images.canfar.net/skaha/terminal:1.1.2',
    type: 'headless',
    status: 'Running',
    name: `name-${id}`,
    connectURL: '',
    requestedGPUCores: '0',
    isFixedResources: false,
    ...fields,
  };
}

/** What a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('The promise was expected to reject.');
}

/** The error with which the library refuses. */
export async function refusal(promise: Promise<unknown>): Promise<SkahaError> {
  const error = await rejection(promise);
  if (error instanceof Error) return error as SkahaError;
  throw error;
}
