import type { Run } from '@skaha/engine/ports/runner.js';
import { resources } from './client/client.js';
import type { NetworkPolicySpec } from './client/published.js';
import type { ConfigMap, Labels, NetworkPolicy } from './client/types.js';
import { accountFiles } from './manifest.js';
import { accountName, instanceLabel, labelFrom } from './names.js';
import type { Cluster, Surroundings } from './surroundings.js';

/** What the sessions of a user share: who they are, and who may speak with them. */
export class UserObjects {
  readonly #surroundings: Surroundings;
  /** By user and the contents of their account files. */
  readonly #applied = new Map<string, Promise<void>>();
  readonly #names = new Set<string>();

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  /**
   * Makes them, once.
   *
   * @param uid - the number that the session runs as
   * @param home - as the session sees it
   */
  async make(run: Run, uid: number, home: string): Promise<void> {
    const files = accountFiles(run, uid, home);
    const id = JSON.stringify([run.user, files]);
    const made = this.#applied.get(id) ?? this.#make(run.user, files);
    this.#applied.set(id, made);
    try {
      await made;
    } catch (error) {
      this.#applied.delete(id);
      throw error;
    }
  }

  /** Removes what was made here; it is made again when it is needed. */
  async clear(signal: AbortSignal): Promise<void> {
    const { cluster } = this.#surroundings;
    const { client, namespace, settings } = cluster;
    const kinds = [
      resources.configMaps,
      ...(settings.networkPolicy ? [resources.networkPolicies] : []),
    ];
    for (const name of this.#names) {
      for (const kind of kinds) {
        await client.delete(kind, namespace, name, undefined, signal).catch(() => undefined);
      }
    }
  }

  async #make(user: string, files: Labels): Promise<void> {
    const { cluster, instance, closing } = this.#surroundings;
    const { client, namespace, settings } = cluster;
    const name = accountName(instance, user);
    this.#names.add(name);
    const metadata = { name, labels: { [instanceLabel]: instance } };
    const account: ConfigMap = { metadata, data: files };
    await client.apply(resources.configMaps, namespace, account, closing);
    if (!settings.networkPolicy) return;
    const policy: NetworkPolicy = { metadata, spec: policyOf(user, instance, cluster) };
    await client.apply(resources.networkPolicies, namespace, policy, closing);
  }
}

/** Who may speak with the sessions of a user: one another, the platform, and what leads to pages. */
export function policyOf(
  user: string,
  instance: string,
  { home, settings }: Pick<Cluster, 'home' | 'settings'>,
): NetworkPolicySpec {
  const own = {
    matchLabels: { [instanceLabel]: instance, 'canfar.net/username': labelFrom(user) },
  };
  const controller = settings.route?.controllerNamespace;
  const platform = { matchLabels: settings.platformLabels };
  const inNamespace = (name: string) => ({
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } },
  });
  const from = [
    { podSelector: own },
    // From outside, pages are reached through the API server and the node.
    ...(home === undefined ? [] : [{ ...inNamespace(home), podSelector: platform }]),
    ...(controller === undefined ? [] : [inNamespace(controller)]),
  ];
  return { podSelector: own, policyTypes: ['Ingress'], ingress: [{ from }] };
}
