import type { Logger } from '@skaha/base/logger.js';
import { type Admission, admitAll } from '@skaha/engine/ports/admission.js';
import { reasonOf } from '@skaha/service/errors.js';
import { type KubernetesClient, resources } from './client/client.js';
import { isForbidden } from './client/failure.js';
import type { LimitRange, Node, ResourceQuota } from './client/types.js';
import { type ClusterOffer, type ClusterReadings, offerOf, roomOf } from './offer.js';
import type { KubernetesSettings } from './settings.js';
import type { Surroundings } from './surroundings.js';

/** How often the cluster is asked what it has. */
const everyMs = 30_000;

/** Where it is read. */
interface Place {
  readonly client: KubernetesClient;
  readonly namespace: string;
  readonly settings: KubernetesSettings;
}

/** Reads what a cluster has; what the platform may not see bounds nothing. */
export async function readOffer(
  { client, namespace, settings }: Place,
  logger: Pick<Logger, 'debug'> | undefined,
  signal?: AbortSignal,
): Promise<ClusterOffer> {
  const nodes: NonNullable<ClusterReadings['nodes']>[number][] = [];
  const quotas: ResourceQuota[] = [];
  const ranges: LimitRange[] = [];
  const allowed = async (what: string, work: Promise<unknown>): Promise<boolean> => {
    try {
      await work;
      return true;
    } catch (error) {
      if (!isForbidden(error)) throw error;
      logger?.debug(`the ${what} cannot be seen: ${reasonOf(error)}`);
      return false;
    }
  };
  const each = (node: Node) => {
    const room = roomOf(node, settings);
    if (room !== undefined) nodes.push(room);
  };
  const [seesNodes] = await Promise.all([
    !settings.autoscaling &&
      allowed('nodes of the cluster', client.list<Node>(resources.nodes, {}, each, signal)),
    allowed(
      'quotas of the namespace',
      client.list<ResourceQuota>(
        resources.quotas,
        { namespace },
        (one) => quotas.push(one),
        signal,
      ),
    ),
    allowed(
      'limits of the namespace',
      client.list<LimitRange>(
        resources.limitRanges,
        { namespace },
        (one) => ranges.push(one),
        signal,
      ),
    ),
  ]);
  return offerOf({ nodes: seesNodes ? nodes : undefined, quotas, ranges }, settings);
}

/** What a cluster has to give, as far as that is known now. */
export class ClusterCapacity {
  readonly admission: Admission;
  readonly #surroundings: Surroundings;
  #offer: ClusterOffer;
  readonly #timer: NodeJS.Timeout;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
    this.#offer = surroundings.cluster.offer;
    this.admission = admitAll(() => this.#offer);
    this.#timer = setInterval(() => void this.#read(), everyMs).unref();
  }

  async #read(): Promise<void> {
    const { cluster, closing, logger } = this.#surroundings;
    try {
      this.#offer = await readOffer(cluster, logger, closing);
    } catch (error) {
      // What was known last holds until it can be asked again.
      logger.debug(`what the cluster has cannot be read: ${reasonOf(error)}`);
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
