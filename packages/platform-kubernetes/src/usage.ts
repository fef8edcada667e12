import type { RunUsage } from '@skaha/engine/ports/runner.js';
import { resources } from './client/client.js';
import type { PodMetrics } from './client/types.js';
import { containerName, keyLabel, ofSessions } from './names.js';
import { numberOf } from './quantity.js';
import type { Surroundings } from './surroundings.js';

/** A cluster without a metrics server is asked again after this time. */
const restMs = 60_000;

interface Counter {
  /** On a clock that only goes forward, in milliseconds. */
  readonly at: number;
  readonly cpuSeconds: number;
  readonly peakMemory: number;
}

/** What pods use, as the metrics server of a cluster has it. */
export class PodUsage {
  readonly #surroundings: Surroundings;
  readonly #counters = new Map<string, Counter>();
  #restUntil = 0;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  async of(keys: readonly string[]): Promise<ReadonlyMap<string, RunUsage>> {
    const found = new Map<string, RunUsage>();
    if (performance.now() < this.#restUntil) return found;
    const { cluster, instance, closing } = this.#surroundings;
    const wanted = new Set(keys);
    const place = { namespace: cluster.namespace, labels: ofSessions(instance) };
    const each = ({ metadata, containers = [] }: PodMetrics) => {
      const key = metadata.labels?.[keyLabel] ?? '';
      const usage = containers.find(({ name }) => name === containerName)?.usage;
      if (usage !== undefined && wanted.has(key)) found.set(key, this.#count(key, usage));
    };
    try {
      await cluster.client.list<PodMetrics>(resources.podMetrics, place, each, closing);
    } catch {
      this.#restUntil = performance.now() + restMs;
    }
    return found;
  }

  /** The metrics server gives rates; what was used in all is counted here. */
  #count(key: string, usage: Readonly<Record<string, string>>): RunUsage {
    const at = performance.now();
    const memory = numberOf(usage['memory']);
    const before = this.#counters.get(key) ?? { at, cpuSeconds: 0, peakMemory: 0 };
    const seconds = (at - before.at) / 1000;
    const cpuSeconds = before.cpuSeconds + numberOf(usage['cpu']) * seconds;
    const peakMemory = Math.max(before.peakMemory, memory);
    this.#counters.set(key, { at, cpuSeconds, peakMemory });
    return { cpuSeconds, memory, peakMemory };
  }

  forget(key: string): void {
    this.#counters.delete(key);
  }
}
