import type { KubernetesCluster } from './lab/cluster.mjs';

type Labels = Readonly<Record<string, string>>;

interface Selector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly unknown[];
}

/** From where a rule lets in: what is said together must all be so. */
interface Peer {
  readonly podSelector?: Selector;
  readonly namespaceSelector?: Selector;
  readonly ipBlock?: unknown;
}

interface Policy {
  readonly metadata: { readonly namespace: string };
  readonly spec: {
    readonly podSelector: Selector;
    readonly policyTypes: readonly string[];
    readonly ingress?: readonly {
      readonly from?: readonly Peer[];
      readonly ports?: readonly unknown[];
    }[];
  };
}

/** A pod as far as policies look at it. */
export interface Peered {
  readonly metadata: {
    readonly namespace: string;
    readonly labels?: Labels;
  };
}

/**
 * Reads the NetworkPolicies of a cluster as the reference of the API says they are meant: what no
 * policy selects is open to all; what one selects is open to those only whom a rule of any names.
 */
export class Policies {
  readonly #policies: readonly Policy[];
  readonly #namespaces: ReadonlyMap<string, Labels>;

  constructor(cluster: KubernetesCluster) {
    const all = (kind: string) =>
      JSON.parse(cluster.kubectl(['get', kind, '--all-namespaces', '-o', 'json'])).items;
    this.#policies = all('networkpolicies');
    this.#namespaces = new Map(
      all('namespaces').map(({ metadata }: { metadata: { name: string; labels?: Labels } }) => [
        metadata.name,
        metadata.labels ?? {},
      ]),
    );
  }

  /** Whether a pod may open connections to another. */
  letsIn(from: Peered, to: Peered): boolean {
    const ofTarget = this.#policies.filter(
      ({ metadata, spec }) =>
        metadata.namespace === to.metadata.namespace &&
        spec.policyTypes.includes('Ingress') &&
        selects(spec.podSelector, to.metadata.labels),
    );
    if (ofTarget.length === 0) return true;
    return ofTarget.some(({ metadata, spec }) =>
      (spec.ingress ?? []).some(({ from: peers, ports }) => {
        if (ports !== undefined) throw new Error('rules about ports are not read here');
        return peers?.some((peer) => this.#names(peer, metadata.namespace, from)) ?? true;
      }),
    );
  }

  #names({ podSelector, namespaceSelector, ipBlock }: Peer, own: string, pod: Peered): boolean {
    if (ipBlock !== undefined) throw new Error('rules about addresses are not read here');
    const { namespace, labels } = pod.metadata;
    const isItsNamespace =
      namespaceSelector === undefined
        ? namespace === own
        : selects(namespaceSelector, this.#namespaces.get(namespace));
    return isItsNamespace && (podSelector === undefined || selects(podSelector, labels));
  }
}

function selects({ matchLabels = {}, matchExpressions }: Selector, labels: Labels = {}): boolean {
  if (matchExpressions !== undefined) throw new Error('expressions are not read here');
  return Object.entries(matchLabels).every(([name, value]) => labels[name] === value);
}

/**
 * Makes a pod of somebody else, which need not run.
 *
 * @returns as the cluster keeps it
 */
export function otherPod(
  cluster: KubernetesCluster,
  namespace: string,
  name: string,
  labels: Labels = {},
): Peered {
  const restricted = {
    allowPrivilegeEscalation: false,
    runAsNonRoot: true,
    capabilities: { drop: ['ALL'] },
    seccompProfile: { type: 'RuntimeDefault' },
  };
  const container = { name: 'one', image: 'example.org/none:1', securityContext: restricted };
  cluster.apply({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels },
    spec: { containers: [container], nodeSelector: { 'example.org/nowhere': 'yes' } },
  });
  return JSON.parse(cluster.kubectl(['-n', namespace, 'get', 'pod', name, '-o', 'json']));
}
