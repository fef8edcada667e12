/**
 * The parts of Kubernetes objects that are read or written here, and no others. Names and meanings
 * are those of the OpenAPI document that every API server serves at `/openapi/v3`
 * (`io.k8s.api.batch.v1.Job` and so on, Kubernetes 1.37).
 */

/** Text by text, as labels and annotations are. */
export type Labels = Readonly<Record<string, string>>;

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

export interface Metadata {
  readonly name?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Labels;
  readonly annotations?: Labels;
  readonly ownerReferences?: readonly OwnerReference[];
}

/** What every object has. */
export interface KubernetesObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: Metadata;
}

export interface ObjectList<T> {
  readonly metadata: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items: readonly T[];
}

export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}

export interface EnvironmentVariable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef: { readonly name: string; readonly key: string } };
}

export interface VolumeMount {
  readonly name: string;
  readonly mountPath: string;
  readonly subPath?: string;
  readonly readOnly?: boolean;
}

export interface Volume {
  readonly name: string;
  readonly persistentVolumeClaim?: { readonly claimName: string };
  readonly hostPath?: { readonly path: string; readonly type?: string };
  readonly nfs?: { readonly server: string; readonly path: string };
  readonly emptyDir?: { readonly sizeLimit?: string };
  readonly configMap?: { readonly name: string };
}

export interface ConfigMap extends KubernetesObject {
  readonly data?: Labels;
}

export interface PodAffinityTerm {
  readonly labelSelector: { readonly matchLabels: Labels };
  readonly topologyKey: string;
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly imagePullPolicy?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly workingDir?: string;
  readonly env?: readonly EnvironmentVariable[];
  readonly ports?: readonly { readonly containerPort: number }[];
  readonly resources?: { readonly requests: Labels; readonly limits: Labels };
  readonly volumeMounts?: readonly VolumeMount[];
  readonly securityContext?: ContainerSecurity;
}

export interface ContainerSecurity {
  readonly allowPrivilegeEscalation?: boolean;
  readonly privileged?: boolean;
  readonly capabilities?: { readonly drop: readonly string[] };
}

export interface PodSecurity {
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
  readonly runAsNonRoot?: boolean;
  readonly supplementalGroups?: readonly number[];
  readonly seccompProfile?: { readonly type: string };
}

export interface Toleration {
  readonly key?: string | undefined;
  readonly operator?: 'Exists' | 'Equal' | undefined;
  readonly value?: string | undefined;
  readonly effect?: string | undefined;
}

export interface PodSpec {
  readonly restartPolicy?: string;
  readonly hostname?: string;
  readonly terminationGracePeriodSeconds?: number;
  readonly automountServiceAccountToken?: boolean;
  readonly enableServiceLinks?: boolean;
  readonly serviceAccountName?: string;
  readonly priorityClassName?: string;
  readonly nodeSelector?: Labels;
  readonly tolerations?: readonly Toleration[];
  readonly imagePullSecrets?: readonly { readonly name: string }[];
  readonly securityContext?: PodSecurity;
  readonly containers: readonly Container[];
  readonly volumes?: readonly Volume[];
  readonly affinity?: {
    readonly podAffinity: {
      readonly requiredDuringSchedulingIgnoredDuringExecution: readonly PodAffinityTerm[];
    };
  };
  /** Set by the scheduler. */
  readonly nodeName?: string;
}

export interface ContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly running?: { readonly startedAt?: string };
  readonly terminated?: {
    readonly exitCode: number;
    readonly signal?: number;
    readonly reason?: string;
    readonly message?: string;
    readonly startedAt?: string;
    readonly finishedAt?: string;
  };
}

export interface ContainerStatus {
  readonly name: string;
  readonly ready?: boolean;
  readonly started?: boolean;
  readonly state?: ContainerState;
  readonly lastState?: ContainerState;
}

export interface Pod extends KubernetesObject {
  readonly spec?: PodSpec;
  readonly status?: {
    readonly phase?: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
    readonly reason?: string;
    readonly message?: string;
    readonly podIP?: string;
    readonly conditions?: readonly Condition[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

export interface JobSpec {
  readonly backoffLimit?: number;
  readonly completions?: number;
  readonly parallelism?: number;
  readonly suspend?: boolean;
  readonly activeDeadlineSeconds?: number;
  readonly ttlSecondsAfterFinished?: number;
  readonly podReplacementPolicy?: 'Failed' | 'TerminatingOrFailed';
  readonly template: { readonly metadata?: Metadata; readonly spec: PodSpec };
}

export interface Job extends KubernetesObject {
  readonly spec?: JobSpec;
  readonly status?: {
    readonly active?: number;
    readonly ready?: number;
    readonly succeeded?: number;
    readonly failed?: number;
    readonly terminating?: number;
    readonly startTime?: string;
    readonly completionTime?: string;
    readonly conditions?: readonly Condition[];
  };
}

export interface Secret extends KubernetesObject {
  readonly type?: string;
  /** Plain text; the server turns it into `data`. */
  readonly stringData?: Labels;
  readonly data?: Labels;
}

/** An event of `v1`: newer writers fill `eventTime` and `series` and leave the other times out. */
export interface ClusterEvent extends KubernetesObject {
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly count?: number;
  readonly firstTimestamp?: string | null;
  readonly lastTimestamp?: string | null;
  readonly eventTime?: string | null;
  readonly series?: { readonly count?: number; readonly lastObservedTime?: string } | null;
  readonly involvedObject: {
    readonly kind?: string;
    readonly name?: string;
    readonly uid?: string;
  };
}

export interface Node extends KubernetesObject {
  readonly spec?: {
    readonly unschedulable?: boolean;
    readonly taints?: readonly {
      readonly key: string;
      readonly value?: string;
      readonly effect: string;
    }[];
  };
  readonly status?: { readonly allocatable?: Labels; readonly conditions?: readonly Condition[] };
}

export interface LimitRange extends KubernetesObject {
  readonly spec?: {
    readonly limits: readonly {
      readonly type: string;
      readonly min?: Labels;
      readonly max?: Labels;
      readonly maxLimitRequestRatio?: Labels;
    }[];
  };
}

export interface ResourceQuota extends KubernetesObject {
  readonly spec?: {
    readonly hard?: Labels;
    readonly scopes?: readonly string[];
    readonly scopeSelector?: unknown;
  };
  readonly status?: { readonly hard?: Labels };
}

/** Kueue: how a Job stands in a queue (`kueue.x-k8s.io`). */
export interface Workload extends KubernetesObject {
  readonly spec?: {
    readonly queueName?: string;
    readonly priority?: number;
    readonly active?: boolean;
  };
  readonly status?: { readonly conditions?: readonly Condition[] };
}

export interface NetworkPolicy extends KubernetesObject {
  readonly spec?: {
    readonly podSelector: { readonly matchLabels: Labels };
    readonly policyTypes: readonly ('Ingress' | 'Egress')[];
    readonly ingress?: readonly unknown[];
    readonly egress?: readonly unknown[];
  };
}

/** Which of several programs works (`coordination.k8s.io`). */
export interface LeaseObject extends KubernetesObject {
  readonly spec?: {
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds?: number;
    readonly acquireTime?: string;
    readonly renewTime?: string;
    readonly leaseTransitions?: number;
  };
}

/** Use of a pod as the metrics server has it (`metrics.k8s.io`). */
export interface PodMetrics extends KubernetesObject {
  readonly timestamp?: string;
  readonly containers?: readonly { readonly name: string; readonly usage: Labels }[];
}

/** The answer to anything that went wrong, and to some deletions. */
export interface Status {
  readonly kind: 'Status';
  readonly status?: 'Success' | 'Failure';
  readonly message?: string;
  readonly reason?: string;
  readonly code?: number;
  readonly details?: {
    readonly name?: string;
    readonly kind?: string;
    readonly retryAfterSeconds?: number;
    readonly causes?: readonly { readonly reason?: string; readonly message?: string }[];
  };
}

/** A line of a watch. */
export type WatchEvent<T> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  | { readonly type: 'BOOKMARK'; readonly object: { readonly metadata: Metadata } }
  | { readonly type: 'ERROR'; readonly object: Status };
