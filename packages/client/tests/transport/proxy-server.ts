import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo, type Socket } from 'node:net';
import type { ServerPair } from '../auth/tls.js';

/** What a proxy does. */
export interface ProxyServerOptions {
  /** Talk TLS to its clients. */
  tls?: ServerPair | undefined;
  /** `USER:PASSWORD` that it demands. */
  login?: string | undefined;
  /** Answers tunnels with this status instead of making them. */
  status?: number | undefined;
  /** Gets tunnels and never answers. */
  silent?: boolean | undefined;
  /** The port of this machine to which every host leads. */
  port: number;
}

/** A proxy on loopback that remembers what it was asked for. */
export interface ProxyServer extends AsyncDisposable {
  /** Host and port. */
  address: string;
  port: number;
  /** `CONNECT host:port`, or method and address of a plain request. */
  asked: string[];
  /** Headers of each, names in lower case. */
  headers: http.IncomingHttpHeaders[];
  /** Connections that are open now. */
  open(): number;
}

/** Starts a proxy; every host leads to one port of this machine. */
export async function proxyServer(options: ProxyServerOptions): Promise<ProxyServer> {
  const asked: string[] = [];
  const headers: http.IncomingHttpHeaders[] = [];
  const sockets = new Set<Socket>();
  const mayPass = ({ headers: given }: http.IncomingMessage): boolean =>
    options.login === undefined ||
    given['proxy-authorization'] ===
      `Basic ${Buffer.from(options.login, 'utf8').toString('base64')}`;
  const server: http.Server =
    options.tls === undefined ? http.createServer() : https.createServer(options.tls);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('request', (incoming, outgoing) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    headers.push(incoming.headers);
    if (!mayPass(incoming)) {
      outgoing.writeHead(407, { 'proxy-authenticate': 'Basic realm="site"' }).end('who?');
      return;
    }
    const target = new URL(incoming.url ?? '');
    const { method } = incoming;
    http
      .request(
        {
          host: '127.0.0.1',
          port: options.port,
          method,
          path: `${target.pathname}${target.search}`,
          headers: incoming.headers,
        },
        (reply) => {
          outgoing.writeHead(reply.statusCode ?? 0, reply.headers);
          reply.pipe(outgoing);
        },
      )
      .end();
  });
  server.on('connect', (incoming: http.IncomingMessage, socket: Socket, head: Buffer) => {
    asked.push(`CONNECT ${incoming.url}`);
    headers.push(incoming.headers);
    socket.on('error', () => undefined);
    if (options.silent) {
      // Read, so that the end of a client that gives up is seen.
      socket.once('end', () => socket.destroy()).resume();
      return;
    }
    const status = mayPass(incoming) ? (options.status ?? 200) : 407;
    if (status !== 200) {
      socket.end(`HTTP/1.1 ${status} No\r\nserver: squid\r\ncontent-length: 4\r\n\r\nwho?`);
      return;
    }
    const there = net.connect(options.port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      there.write(head);
      socket.pipe(there);
      there.pipe(socket);
    });
    there.on('error', () => socket.destroy());
    socket.on('close', () => there.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    port,
    asked,
    headers,
    open: () => sockets.size,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
