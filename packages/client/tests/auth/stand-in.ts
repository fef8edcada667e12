import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNodeTransport } from '../../src/transport/node.js';
import type { Transport } from '../../src/transport/types.js';
import { makeServerPair } from './tls.js';

/** A request as the stand-in received it. */
export interface Received {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: string;
  form: URLSearchParams;
  /** Whether a client certificate was shown. */
  certificate: boolean;
}

/** What to answer; `drop` breaks the connection, `hang` never answers. */
export type Answer =
  | 'drop'
  | 'hang'
  | {
      status?: number;
      headers?: Record<string, string>;
      body?: string | Uint8Array;
      json?: unknown;
    };

/** Answers one request. */
export type Handler = (request: Received, count: number) => Answer | Promise<Answer>;

/** An HTTPS server on this machine whose every answer a test decides. */
export interface StandIn extends AsyncDisposable {
  /** For example `https://localhost:49152`. */
  origin: string;
  host: string;
  /** An empty home directory. */
  home: string;
  /** Variables that lead nowhere but to that home. */
  environment: Record<string, string>;
  /** Path of its authority's PEM file. */
  ca: string;
  requests: Received[];
  /** What was asked for, as `GET /path`. */
  asked(): string[];
  on(route: string, handler: Handler | Answer): void;
  /** A transport that trusts the stand-in and shows nothing of the user. */
  transport: Transport;
  /** Writes a configuration file with these lines under its two first ones. */
  configure(lines: string): Promise<string>;
}

const pair = makeServerPair();

/** Starts a stand-in that answers 404 until it is told otherwise. */
export async function startStandIn(): Promise<StandIn> {
  const home = await mkdtemp(join(tmpdir(), 'skaha-home-'));
  const routes = new Map<string, Handler | Answer>();
  const counts = new Map<string, number>();
  const requests: Received[] = [];
  const options = { ...pair, requestCert: true, rejectUnauthorized: false };
  const server = https.createServer(options, (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', async () => {
      const url = new URL(incoming.url ?? '/', 'https://localhost');
      const body = Buffer.concat(chunks).toString();
      const peer = 'getPeerCertificate' in incoming.socket ? incoming.socket : undefined;
      const request: Received = {
        method: incoming.method ?? '',
        path: url.pathname,
        query: url.searchParams,
        headers: incoming.headers,
        body,
        form: new URLSearchParams(body),
        certificate:
          peer !== undefined &&
          typeof peer.getPeerCertificate === 'function' &&
          Object.keys(peer.getPeerCertificate()).length > 0,
      };
      requests.push(request);
      const route = `${request.method} ${request.path}`;
      const count = (counts.get(route) ?? 0) + 1;
      counts.set(route, count);
      const handler = routes.get(route) ?? { status: 404 };
      const answer = typeof handler === 'function' ? await handler(request, count) : handler;
      if (answer === 'hang') return;
      if (answer === 'drop') {
        incoming.socket.destroy();
        return;
      }
      const type = answer.json === undefined ? 'text/plain' : 'application/json';
      outgoing.writeHead(answer.status ?? 200, { 'content-type': type, ...answer.headers });
      outgoing.end(answer.json === undefined ? answer.body : JSON.stringify(answer.json));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const host = `localhost:${port}`;
  const ca = join(home, 'ca.pem');
  await writeFile(ca, pair.cert);
  const transport = createNodeTransport(
    { root: '', version: '', credential: { mode: 'anonymous' }, ca: pair.cert, registries: {} },
    { concurrency: 16 },
  );
  const config = join(home, 'config.yaml');
  return {
    origin: `https://${host}`,
    host,
    home,
    environment: { HOME: home, SKAHA_CONFIG: config },
    ca,
    requests,
    asked: () => requests.map(({ method, path }) => `${method} ${path}`),
    on: (route, handler) => routes.set(route, handler),
    transport,
    configure: async (lines) => {
      await writeFile(config, `schema: skaha\nversion: 1\n${lines}`, { mode: 0o600 });
      return config;
    },
    [Symbol.asyncDispose]: async () => {
      await transport.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** The text of a file, for comparing bytes. */
export const textOfFile = (path: string): Promise<string> => readFile(path, 'utf8');

/** A capabilities document of a Science Platform. */
export const capabilitiesXml = (
  base: string,
  methods: readonly string[] = ['tls-with-certificate', 'token'],
): string => `<?xml version="1.0" encoding="UTF-8"?>
<vosi:capabilities xmlns:vosi="http://www.ivoa.net/xml/VOSICapabilities/v1.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:vs="http://www.ivoa.net/xml/VODataService/v1.1">
  <capability standardID="http://www.opencadc.org/std/platform#session-1">
    <interface xsi:type="vs:ParamHTTP" role="std" version="1.0">
      <accessURL use="base">${base}/v1/session</accessURL>
      ${methods.map((method) => `<securityMethod standardID="ivo://ivoa.net/sso#${method}"/>`).join('\n      ')}
    </interface>
  </capability>
</vosi:capabilities>
`;

/** The reply of a platform's `context` endpoint. */
export const contextJson = {
  cores: { default: 1, defaultRequest: 1, defaultLimit: 8, options: [1, 2, 4, 8] },
  memoryGB: { default: 2, defaultRequest: 4, defaultLimit: 32, options: [1, 2, 4, 32] },
  gpus: { options: [0, 1, 2] },
};

/** Makes the stand-in list and serve one platform at `/skaha`. */
export function servePlatform(standIn: StandIn, uri = 'ivo://lab.example.org/skaha'): void {
  const url = `${standIn.origin}/skaha`;
  standIn.on('GET /reg/resource-caps', { body: `# servers\n${uri} = ${url}/capabilities\n` });
  standIn.on('HEAD /skaha', {});
  standIn.on('GET /skaha/capabilities', { body: capabilitiesXml(url) });
  standIn.on('GET /skaha/v1/context', ({ headers, certificate }) =>
    headers.authorization !== undefined || certificate ? { json: contextJson } : { status: 401 },
  );
}

/** Opens a page as a browser would, without following where it leads. */
export function get(url: string, ca: string): Promise<{ status: number; location: string }> {
  return new Promise((resolve, reject) => {
    readFile(ca)
      .then((authority) => {
        https
          .get(url, { ca: authority, agent: false }, (reply) => {
            reply.resume();
            resolve({ status: reply.statusCode ?? 0, location: reply.headers.location ?? '' });
          })
          .once('error', reject);
      })
      .catch(reject);
  });
}
