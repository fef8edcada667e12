import type { ChildProcess } from 'node:child_process';
import { connect, type Server, Socket } from 'node:net';
import { ownProgram } from '../processes/programs.js';
import { spawnProgram, unrefChild } from '../processes/spawn.js';

/** A request to a connector: listen at a port, or connect to it at one of several addresses. */
export interface ConnectorRequest {
  readonly number: number;
  readonly port: number;
  readonly hosts?: readonly string[] | undefined;
}

/** Its reply, which comes with the socket. */
export interface ConnectorReport {
  readonly number: number;
  readonly failed?: string | undefined;
}

interface Asked {
  done(handle: unknown): void;
  failed(error: Error): void;
}

const program = ownProgram('network/connector-program.js');

/** It holds hardly any data. */
const smallHeap = ['--max-semi-space-size=1', '--max-old-space-size=32'];

/**
 * A small process of the platform in the network of a session. A process is in one network only; the
 * sockets that it opens there can be used from anywhere.
 */
export class Connector {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Asked>();
  readonly #servers: Server[] = [];
  #number = 0;
  #isGone = false;

  /**
   * @param entrance - what precedes a program to start it in the network
   * @throws if it cannot be started
   */
  constructor(entrance: readonly string[]) {
    if (program === undefined) throw new Error('a program of the platform is missing');
    this.#child = spawnProgram(
      [...entrance, process.execPath, ...smallHeap, program],
      ['ignore', 'ignore', 'ignore', 'ipc'],
    );
    const child = this.#child;
    child.on('message', (report: ConnectorReport, handle) => this.#reported(report, handle));
    child.once('error', () => this.#gone()).once('close', () => this.#gone());
    child.once('disconnect', () => this.#gone());
    unrefChild(child);
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /**
   * Connects to a port in the network.
   *
   * @param hosts - addresses in the order in which they are tried
   */
  async connect(port: number, hosts: readonly string[]): Promise<Socket> {
    const handle = await this.#ask({ port, hosts });
    if (handle instanceof Socket) return handle;
    throw new Error('the connection was lost on its way');
  }

  /** Makes a port of this machine available at the loopback address of the network. */
  async show(port: number): Promise<void> {
    const server = (await this.#ask({ port })) as Server | undefined;
    if (server === undefined) throw new Error('the port was lost on its way');
    this.#servers.push(server);
    server.unref();
    server.on('connection', (socket) => {
      const own = connect({ host: '127.0.0.1', port });
      for (const [one, other] of [
        [socket, own],
        [own, socket],
      ] as const) {
        one.on('error', () => other.destroy()).once('close', () => other.destroy());
        one.pipe(other);
      }
    });
  }

  close(): void {
    for (const server of this.#servers) server.close();
    if (this.#child.connected) this.#child.disconnect();
    this.#gone();
  }

  async #ask(what: Omit<ConnectorRequest, 'number'>): Promise<unknown> {
    if (this.#isGone) throw new Error('it has ended');
    this.#number += 1;
    const number = this.#number;
    return await new Promise((done, failed) => {
      this.#waiting.set(number, { done, failed });
      this.#child.send({ number, ...what }, (error) => {
        if (error !== null) this.#reported({ number, failed: error.message }, undefined);
      });
    });
  }

  #reported({ number, failed }: ConnectorReport, handle: unknown): void {
    const asked = this.#waiting.get(number);
    this.#waiting.delete(number);
    if (asked === undefined) {
      if (handle instanceof Socket) handle.destroy();
    } else if (failed === undefined) asked.done(handle);
    else asked.failed(new Error(failed));
  }

  #gone(): void {
    this.#isGone = true;
    for (const { failed } of this.#waiting.values()) failed(new Error('it has ended'));
    this.#waiting.clear();
  }
}
