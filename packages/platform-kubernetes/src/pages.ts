import { connect } from 'node:net';
import type { Endpoint } from '@skaha/engine/ports/pages.js';
import { forwardPort } from './client/port-forward.js';
import type { PodFacts } from './facts.js';
import type { Surroundings } from './surroundings.js';

/** How often a page that is not there yet is looked for. */
const lookMs = 700;

/** How long one attempt may take. */
const attemptMs = 4_000;

/** A refusal to a connection through the API server comes within this time. */
const quietMs = 400;

/** The way to the pages of sessions. */
export interface PageDoor {
  endpoint(pod: PodFacts, port: number): Endpoint | undefined;
  /**
   * Waits until something listens.
   *
   * @param isThere - whether it is still waited for
   * @returns false when it is not waited for any more
   */
  opened(pod: PodFacts, port: number, isThere: () => boolean): Promise<boolean>;
}

/** Reaches pages at the addresses of their pods, or through the API server. */
export class PodPages implements PageDoor {
  readonly #surroundings: Surroundings;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  endpoint(pod: PodFacts, port: number): Endpoint | undefined {
    const { cluster } = this.#surroundings;
    if (cluster.reachesPods) {
      return pod.address === undefined ? undefined : { host: pod.address, port };
    }
    return {
      connect: async () => await forwardPort(cluster.client, cluster.namespace, pod.name, port),
    };
  }

  async opened(pod: PodFacts, port: number, isThere: () => boolean): Promise<boolean> {
    const { clock, closing } = this.#surroundings;
    while (isThere() && !closing.aborted) {
      if (await this.#answers(pod, port)) return true;
      await clock.sleep(lookMs, closing).catch(() => undefined);
    }
    return false;
  }

  async #answers(pod: PodFacts, port: number): Promise<boolean> {
    const endpoint = this.endpoint(pod, port);
    if (endpoint === undefined) return false;
    if (!('port' in endpoint)) return await this.#answersForwarded(pod, port);
    return await new Promise((resolve) => {
      const socket = connect({ ...endpoint, timeout: attemptMs });
      const done = (isOpen: boolean) => {
        socket.destroy();
        resolve(isOpen);
      };
      socket.on('connect', () => done(true));
      socket.on('error', () => done(false));
      socket.on('timeout', () => done(false));
    });
  }

  /** The API server takes every connection; that nothing listens shows a moment later. */
  async #answersForwarded(pod: PodFacts, port: number): Promise<boolean> {
    const { client, namespace } = this.#surroundings.cluster;
    try {
      const stream = await forwardPort(client, namespace, pod.name, port);
      return await new Promise((resolve) => {
        const done = (isOpen: boolean) => {
          clearTimeout(timer);
          stream.destroy();
          resolve(isOpen);
        };
        // What listens says nothing before it is asked.
        const timer = setTimeout(() => done(true), quietMs);
        stream.on('data', () => done(true));
        stream.on('error', () => done(false));
        stream.on('end', () => done(false));
      });
    } catch {
      return false;
    }
  }
}
