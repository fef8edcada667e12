import { type RawData, WebSocket } from 'ws';
import { failureFrom } from './failure.js';
import type { Transport } from './transport.js';

/** How long the opening of a connection may take. */
const openPatienceMs = 20_000;

/** Beyond this many bytes that wait to be sent, the sender waits. */
const highWater = 2 ** 18;

/**
 * A connection to a pod with several channels in it: each message begins with the number of its
 * channel (`v4.channel.k8s.io`, `v5.channel.k8s.io`).
 */
export class Channels {
  readonly #socket: WebSocket;
  /** Called with each message; never before it is set. */
  #receive: (channel: number, data: Buffer) => void = () => undefined;
  #waiting: [number, Buffer][] | undefined = [];
  /** Resolves when it is over, with what the server said last. */
  readonly closed: Promise<string>;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: RawData) => {
      const bytes = plainBytes(data);
      if (bytes.length === 0) return;
      const message: [number, Buffer] = [bytes[0] ?? 0, bytes.subarray(1)];
      if (this.#waiting === undefined) this.#receive(...message);
      else this.#waiting.push(message);
    });
    this.closed = new Promise((resolve) => {
      socket.on('close', (_code, reason) => resolve(reason.toString('utf8')));
    });
    // It is followed by `close`.
    socket.on('error', () => undefined);
  }

  /**
   * @param protocols - the first that the server speaks is taken
   * @throws {KubernetesError} when it cannot be opened
   */
  static async open(
    transport: Transport,
    path: string,
    query: readonly (readonly [string, string])[],
    protocols: readonly string[],
  ): Promise<Channels> {
    const { tls, headers } = await transport.identity();
    const url = transport.url(path);
    for (const [name, value] of query) url.searchParams.append(name, value);
    url.protocol = url.protocol === 'http:' ? 'ws:' : 'wss:';
    const socket = new WebSocket(url, [...protocols], {
      ...(tls as object),
      headers,
      perMessageDeflate: false,
      handshakeTimeout: openPatienceMs,
    });
    const channels = new Channels(socket);
    await new Promise<void>((resolve, reject) => {
      socket.on('open', resolve);
      socket.on('error', (error) => reject(transport.broken(error)));
      socket.on('unexpected-response', (_request, answer) => {
        const pieces: Buffer[] = [];
        answer.on('data', (piece: Buffer) => pieces.push(piece));
        answer.on('end', () => {
          const said = Buffer.concat(pieces).toString('utf8');
          reject(failureFrom(answer.statusCode ?? 0, said, undefined));
          socket.terminate();
        });
      });
    });
    return channels;
  }

  get protocol(): string {
    return this.#socket.protocol;
  }

  /** Begins to hand out what comes. */
  receive(receive: (channel: number, data: Buffer) => void): void {
    this.#receive = receive;
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const message of waiting) receive(...message);
  }

  /** @param sent - called when more may be sent */
  send(channel: number, data: Uint8Array, sent: () => void = () => undefined): void {
    const message = Buffer.concat([Buffer.from([channel]), data]);
    const isFull = this.#socket.bufferedAmount > highWater;
    this.#socket.send(message, isFull ? () => sent() : () => undefined);
    if (!isFull) sent();
  }

  /** Stops the server from sending more, until it is called with false. */
  hold(isHeld: boolean): void {
    if (isHeld) this.#socket.pause();
    else this.#socket.resume();
  }

  close(): void {
    this.#socket.close();
  }

  terminate(): void {
    this.#socket.terminate();
  }
}

function plainBytes(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}
