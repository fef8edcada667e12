import { systemClock } from '@skaha/base/clock.js';
import { resources } from './client/client.js';
import { isMissing, isPassing } from './client/failure.js';
import { labelFrom } from './names.js';
import { retried } from './retrying.js';
import type { Cluster } from './surroundings.js';

/** Label of the pod of the platform that works, of several: their Service leads to it. */
const activeLabel = 'skaha.platform/active';

/** How long a mark that is to go may take: the pod is on its way out. */
const farewellMs = 5_000;

/**
 * Marks the pod of a platform that works, where it is one of several in a cluster. All of them are
 * ready; who asks is led to the one with the mark.
 */
export class PodMark {
  readonly #cluster: Cluster;
  readonly #value: string;

  /** @param lease - whose name distinguishes the platforms that share a state from others */
  constructor(cluster: Cluster, lease: string) {
    this.#cluster = cluster;
    this.#value = labelFrom(lease);
  }

  /**
   * Gives it to this pod alone: one on a node that is cut off cannot put its own down.
   *
   * @throws what the cluster refuses it with, and the signal's reason
   */
  async set(signal: AbortSignal): Promise<void> {
    const { client, namespace, pod } = this.#cluster;
    if (pod === undefined) return;
    await retrying(signal, async () => {
      const others: string[] = [];
      const marked = { namespace, labels: `${activeLabel}=${this.#value}` };
      const each = ({ metadata: { name = '' } }: { metadata: { name?: string } }) => {
        if (name !== pod) others.push(name);
      };
      await client.list(resources.pods, marked, each, signal);
      for (const other of others) await this.#write(other, null, signal);
      await this.#write(pod, this.#value, signal);
    });
  }

  /**
   * Takes it away: also what a container left that was killed in the same pod.
   *
   * @throws as above
   */
  async remove(signal: AbortSignal = AbortSignal.timeout(farewellMs)): Promise<void> {
    const { pod } = this.#cluster;
    if (pod === undefined) return;
    await retrying(signal, async () => await this.#write(pod, null, signal));
  }

  async #write(pod: string, value: string | null, signal: AbortSignal): Promise<void> {
    const { client, namespace } = this.#cluster;
    const change = { metadata: { labels: { [activeLabel]: value } } };
    try {
      await client.patch(resources.pods, namespace, pod, change, signal);
    } catch (error) {
      // It is gone, and its mark with it.
      if (value !== null || !isMissing(error)) throw error;
    }
  }
}

const retrying = async (signal: AbortSignal, attempt: () => Promise<void>): Promise<void> =>
  await retried({ clock: systemClock, signal, mayPass: isPassing }, attempt);
