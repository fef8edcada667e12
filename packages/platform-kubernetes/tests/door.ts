import { connect, createServer, type Server, type Socket } from 'node:net';
import { finished } from 'node:stream';

/** What happens at a door: all passes, nothing does, what comes is kept waiting, or it is shut. */
type Mode = 'open' | 'silent' | 'shut';

/** The way to a server, which can be broken. */
export class Door {
  readonly #server: Server;
  readonly #target: number;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #mode: Mode = 'open';
  #port = 0;

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer((socket) => this.#come(socket));
  }

  /** @param target - a port on the loopback address */
  static async to(target: number): Promise<Door> {
    const door = new Door(target);
    await new Promise<void>((resolve) => door.#server.listen(0, '127.0.0.1', resolve));
    const address = door.#server.address();
    door.#port = typeof address === 'object' && address !== null ? address.port : 0;
    return door;
  }

  get url(): string {
    return `https://127.0.0.1:${this.#port}`;
  }

  /** Lets everything through again; what was kept waiting first. */
  open(): void {
    this.#mode = 'open';
    for (const pair of this.#pairs) for (const socket of pair) socket.resume();
  }

  /** Connections stay, and nothing goes through them. */
  silence(): void {
    this.#mode = 'silent';
    for (const pair of this.#pairs) for (const socket of pair) socket.pause();
  }

  /** Breaks all connections, and every new one. */
  shut(): void {
    this.#mode = 'shut';
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
  }

  close(): void {
    this.shut();
    this.#server.close();
  }

  #come(socket: Socket): void {
    if (this.#mode === 'shut') {
      socket.destroy();
      return;
    }
    const other = connect(this.#target, '127.0.0.1');
    const pair = [socket, other] as const;
    this.#pairs.add(pair);
    for (const [one, next] of [pair, [other, socket] as const]) {
      one.on('data', (data) => next.write(data));
      finished(one, () => {
        this.#pairs.delete(pair);
        next.destroy();
      });
      if (this.#mode === 'silent') one.pause();
    }
  }
}
