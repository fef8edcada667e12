import { type Admission, admitAll, type Capacity } from '@skaha/engine/ports/admission.js';
import { reasonOf } from '@skaha/service/errors.js';
import { resources } from './client/client.js';
import type { Node, ResourceQuota } from './client/types.js';
import { numberOf } from './quantity.js';
import type { Surroundings } from './surroundings.js';

/** How often the cluster is asked what it has. */
const everyMs = 60_000;

/** What a cluster has to give in all: what its nodes have, or less where a quota says so. */
export class ClusterCapacity {
  readonly admission: Admission;
  readonly #around: Surroundings;
  #found: Capacity = { cores: 0, memory: 0 };
  readonly #timer: NodeJS.Timeout;

  constructor(around: Surroundings) {
    this.#around = around;
    this.admission = admitAll(() => this.#found);
    void this.#read();
    this.#timer = setInterval(() => void this.#read(), everyMs).unref();
  }

  async #read(): Promise<void> {
    const [nodes, quota] = [await this.#nodes(), await this.#quota()];
    const least = (key: keyof Capacity): number => {
      const bounds = [nodes?.[key], quota?.[key]].filter((one) => one !== undefined);
      return bounds.length === 0 ? 0 : Math.min(...bounds);
    };
    this.#found = { cores: least('cores'), memory: least('memory') };
  }

  /** Undefined where the platform may not see them, which is of the whole cluster. */
  async #nodes(): Promise<Capacity | undefined> {
    const { cluster, closing, logger } = this.#around;
    let room: Capacity = { cores: 0, memory: 0 };
    try {
      await cluster.client.list<Node>(
        resources.nodes,
        {},
        ({ spec, status }) => {
          if (spec?.unschedulable === true) return;
          const { cpu, memory } = status?.allocatable ?? {};
          room = { cores: room.cores + numberOf(cpu), memory: room.memory + numberOf(memory) };
        },
        closing,
      );
      return room;
    } catch (error) {
      logger.debug(`the nodes of the cluster cannot be seen: ${reasonOf(error)}`);
      return undefined;
    }
  }

  async #quota(): Promise<Partial<Capacity> | undefined> {
    const { cluster, closing } = this.#around;
    const { namespace } = cluster;
    const hard: { cores?: number; memory?: number } = {};
    try {
      await cluster.client.list<ResourceQuota>(
        resources.quotas,
        { namespace },
        ({ status }) => {
          const bound = status?.hard ?? {};
          const cores = bound['requests.cpu'] ?? bound['cpu'];
          const memory = bound['requests.memory'] ?? bound['memory'];
          if (cores !== undefined) hard.cores = Math.min(hard.cores ?? Infinity, numberOf(cores));
          if (memory !== undefined)
            hard.memory = Math.min(hard.memory ?? Infinity, numberOf(memory));
        },
        closing,
      );
      return hard;
    } catch {
      return undefined;
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
