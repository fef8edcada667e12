import type {
  Condition,
  EventFields,
  JobSpec,
  JobStatus,
  Labels,
  LeaseSpec,
  LimitRangeSpec,
  ListMetadata,
  Metadata,
  NetworkPolicySpec,
  NodeSpec,
  NodeStatus,
  PodSpec,
  PodStatus,
  QuotaSpec,
  QuotaStatus,
  StatusFields,
} from './published.js';

export type * from './published.js';

/** What every object has. */
export interface KubernetesObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: Metadata;
}

export interface ObjectList<T> {
  readonly metadata: ListMetadata;
  readonly items: readonly T[];
}

export interface ConfigMap extends KubernetesObject {
  readonly data?: Labels;
}

export interface Pod extends KubernetesObject {
  readonly spec?: PodSpec;
  readonly status?: PodStatus;
}

export interface Job extends KubernetesObject {
  readonly spec?: JobSpec;
  readonly status?: JobStatus;
}

export interface Secret extends KubernetesObject {
  readonly type?: string;
  /** Plain text; the server turns it into `data`. */
  readonly stringData?: Labels;
  readonly data?: Labels;
}

/** An event of `v1`: newer writers fill `eventTime` and `series` and leave the other times out. */
export interface ClusterEvent extends KubernetesObject, EventFields {}

export interface Node extends KubernetesObject {
  readonly spec?: NodeSpec;
  readonly status?: NodeStatus;
}

export interface LimitRange extends KubernetesObject {
  readonly spec?: LimitRangeSpec;
}

export interface ResourceQuota extends KubernetesObject {
  readonly spec?: QuotaSpec;
  readonly status?: QuotaStatus;
}

/** Kueue: what has become of a Job in a queue (`kueue.x-k8s.io`). */
export interface Workload extends KubernetesObject {
  readonly spec?: {
    readonly queueName?: string;
    readonly priority?: number;
    readonly active?: boolean;
  };
  readonly status?: { readonly conditions?: readonly Condition[] };
}

export interface NetworkPolicy extends KubernetesObject {
  readonly spec?: NetworkPolicySpec;
}

/** Which of several programs works (`coordination.k8s.io`). */
export interface LeaseObject extends KubernetesObject {
  readonly spec?: LeaseSpec;
}

/** Use of a pod as the metrics server has it (`metrics.k8s.io`). */
export interface PodMetrics extends KubernetesObject {
  readonly timestamp?: string;
  readonly containers?: readonly { readonly name: string; readonly usage: Labels }[];
}

/** The answer to anything that went wrong, and to some deletions. */
export interface Status extends StatusFields {
  readonly kind: 'Status';
}

/** A line of a watch. */
export type WatchEvent<T> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  | { readonly type: 'BOOKMARK'; readonly object: { readonly metadata: Metadata } }
  | { readonly type: 'ERROR'; readonly object: Status };
