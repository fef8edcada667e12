// What is used of the types of Kubernetes, made from the OpenAPI document of an API server by
// `npm run test:kubernetes -- types -u`; the same without `-u` looks whether they still agree.

/** Text by text, as labels and annotations are. */
export type Labels = Readonly<Record<string, string>>;

/** `io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference` */
export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean | undefined;
  readonly blockOwnerDeletion?: boolean | undefined;
}

/** `io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta` */
export interface Metadata {
  readonly name?: string | undefined;
  readonly namespace?: string | undefined;
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly creationTimestamp?: string | undefined;
  readonly deletionTimestamp?: string | undefined;
  readonly labels?: Labels | undefined;
  readonly annotations?: Labels | undefined;
  readonly ownerReferences?: readonly OwnerReference[] | undefined;
}

/** `io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta` */
export interface ListMetadata {
  readonly resourceVersion?: string | undefined;
  readonly continue?: string | undefined;
  readonly remainingItemCount?: number | undefined;
}

/** `io.k8s.api.batch.v1.JobCondition` */
export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  readonly lastTransitionTime?: string | undefined;
}

/** `io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector` */
export interface LabelSelector {
  readonly matchLabels?: Labels | undefined;
}

/** `io.k8s.api.core.v1.SecretKeySelector` */
export interface SecretKeySelector {
  readonly name: string;
  readonly key: string;
}

/** `io.k8s.api.core.v1.EnvVarSource` */
export interface EnvironmentSource {
  readonly secretKeyRef?: SecretKeySelector | undefined;
}

/** `io.k8s.api.core.v1.EnvVar` */
export interface EnvironmentVariable {
  readonly name: string;
  readonly value?: string | undefined;
  readonly valueFrom?: EnvironmentSource | undefined;
}

/** `io.k8s.api.core.v1.VolumeMount` */
export interface VolumeMount {
  readonly name: string;
  readonly mountPath: string;
  readonly subPath?: string | undefined;
  readonly readOnly?: boolean | undefined;
}

/** `io.k8s.api.core.v1.PersistentVolumeClaimVolumeSource` */
export interface ClaimVolume {
  readonly claimName: string;
}

/** `io.k8s.api.core.v1.HostPathVolumeSource` */
export interface HostPathVolume {
  readonly path: string;
  readonly type?: string | undefined;
}

/** `io.k8s.api.core.v1.NFSVolumeSource` */
export interface NfsVolume {
  readonly server: string;
  readonly path: string;
}

/** `io.k8s.api.core.v1.EmptyDirVolumeSource` */
export interface EmptyVolume {
  readonly sizeLimit?: string | undefined;
}

/** `io.k8s.api.core.v1.ConfigMapVolumeSource` */
export interface ConfigMapVolume {
  readonly name?: string | undefined;
}

/** `io.k8s.api.core.v1.Volume` */
export interface Volume {
  readonly name: string;
  readonly persistentVolumeClaim?: ClaimVolume | undefined;
  readonly hostPath?: HostPathVolume | undefined;
  readonly nfs?: NfsVolume | undefined;
  readonly emptyDir?: EmptyVolume | undefined;
  readonly configMap?: ConfigMapVolume | undefined;
}

/** `io.k8s.api.core.v1.PodAffinityTerm` */
export interface PodAffinityTerm {
  readonly labelSelector?: LabelSelector | undefined;
  readonly topologyKey: string;
}

/** `io.k8s.api.core.v1.PodAffinity` */
export interface PodAffinity {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly PodAffinityTerm[] | undefined;
}

/** `io.k8s.api.core.v1.Affinity` */
export interface Affinity {
  readonly podAffinity?: PodAffinity | undefined;
}

/** `io.k8s.api.core.v1.Capabilities` */
export interface Capabilities {
  readonly drop?: readonly string[] | undefined;
}

/** `io.k8s.api.core.v1.SecurityContext` */
export interface ContainerSecurity {
  readonly allowPrivilegeEscalation?: boolean | undefined;
  readonly privileged?: boolean | undefined;
  readonly capabilities?: Capabilities | undefined;
}

/** `io.k8s.api.core.v1.SeccompProfile` */
export interface SeccompProfile {
  readonly type: string;
}

/** `io.k8s.api.core.v1.PodSecurityContext` */
export interface PodSecurity {
  readonly runAsUser?: number | undefined;
  readonly runAsGroup?: number | undefined;
  readonly runAsNonRoot?: boolean | undefined;
  readonly supplementalGroups?: readonly number[] | undefined;
  readonly seccompProfile?: SeccompProfile | undefined;
}

/** `io.k8s.api.core.v1.ContainerPort` */
export interface ContainerPort {
  readonly containerPort: number;
}

/** `io.k8s.api.core.v1.ResourceRequirements` */
export interface Resources {
  readonly requests: Labels;
  readonly limits: Labels;
}

/** `io.k8s.api.core.v1.Container` */
export interface Container {
  readonly name: string;
  readonly image?: string | undefined;
  readonly imagePullPolicy?: string | undefined;
  readonly command?: readonly string[] | undefined;
  readonly args?: readonly string[] | undefined;
  readonly workingDir?: string | undefined;
  readonly env?: readonly EnvironmentVariable[] | undefined;
  readonly ports?: readonly ContainerPort[] | undefined;
  readonly resources?: Resources | undefined;
  readonly volumeMounts?: readonly VolumeMount[] | undefined;
  readonly securityContext?: ContainerSecurity | undefined;
}

/** `io.k8s.api.core.v1.Toleration` */
export interface Toleration {
  readonly key?: string | undefined;
  readonly operator?: string | undefined;
  readonly value?: string | undefined;
  readonly effect?: string | undefined;
}

/** `io.k8s.api.core.v1.LocalObjectReference` */
export interface LocalReference {
  readonly name: string;
}

/** `io.k8s.api.core.v1.PodSpec` */
export interface PodSpec {
  readonly restartPolicy?: string | undefined;
  readonly hostname?: string | undefined;
  readonly terminationGracePeriodSeconds?: number | undefined;
  readonly automountServiceAccountToken?: boolean | undefined;
  readonly enableServiceLinks?: boolean | undefined;
  readonly serviceAccountName?: string | undefined;
  readonly priorityClassName?: string | undefined;
  readonly nodeSelector?: Labels | undefined;
  readonly tolerations?: readonly Toleration[] | undefined;
  readonly imagePullSecrets?: readonly LocalReference[] | undefined;
  readonly securityContext?: PodSecurity | undefined;
  readonly containers: readonly Container[];
  readonly volumes?: readonly Volume[] | undefined;
  readonly affinity?: Affinity | undefined;
  readonly nodeName?: string | undefined;
}

/** `io.k8s.api.core.v1.ContainerStateWaiting` */
export interface WaitingState {
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
}

/** `io.k8s.api.core.v1.ContainerStateRunning` */
export interface RunningState {
  readonly startedAt?: string | undefined;
}

/** `io.k8s.api.core.v1.ContainerStateTerminated` */
export interface TerminatedState {
  readonly exitCode: number;
  readonly signal?: number | undefined;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  readonly startedAt?: string | undefined;
  readonly finishedAt?: string | undefined;
}

/** `io.k8s.api.core.v1.ContainerState` */
export interface ContainerState {
  readonly waiting?: WaitingState | undefined;
  readonly running?: RunningState | undefined;
  readonly terminated?: TerminatedState | undefined;
}

/** `io.k8s.api.core.v1.ContainerStatus` */
export interface ContainerStatus {
  readonly name: string;
  readonly restartCount: number;
  readonly state?: ContainerState | undefined;
  readonly lastState?: ContainerState | undefined;
}

/** `io.k8s.api.core.v1.PodStatus` */
export interface PodStatus {
  readonly phase?: string | undefined;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  readonly podIP?: string | undefined;
  readonly startTime?: string | undefined;
  readonly conditions?: readonly Condition[] | undefined;
  readonly containerStatuses?: readonly ContainerStatus[] | undefined;
}

/** `io.k8s.api.core.v1.PodTemplateSpec` */
export interface PodTemplate {
  readonly metadata?: Metadata | undefined;
  readonly spec: PodSpec;
}

/** `io.k8s.api.batch.v1.JobSpec` */
export interface JobSpec {
  readonly backoffLimit?: number | undefined;
  readonly completions?: number | undefined;
  readonly parallelism?: number | undefined;
  readonly suspend?: boolean | undefined;
  readonly activeDeadlineSeconds?: number | undefined;
  readonly podReplacementPolicy?: string | undefined;
  readonly template: PodTemplate;
}

/** `io.k8s.api.batch.v1.JobStatus` */
export interface JobStatus {
  readonly startTime?: string | undefined;
  readonly completionTime?: string | undefined;
  readonly conditions?: readonly Condition[] | undefined;
}

/** `io.k8s.api.core.v1.ObjectReference` */
export interface ObjectReference {
  readonly kind?: string | undefined;
  readonly name?: string | undefined;
  readonly uid?: string | undefined;
}

/** `io.k8s.api.core.v1.EventSeries` */
export interface EventSeries {
  readonly count?: number | undefined;
  readonly lastObservedTime?: string | undefined;
}

/** `io.k8s.api.core.v1.Event` */
export interface EventFields {
  readonly type?: string | undefined;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  readonly count?: number | undefined;
  readonly firstTimestamp?: string | null | undefined;
  readonly lastTimestamp?: string | null | undefined;
  readonly eventTime?: string | null | undefined;
  readonly series?: EventSeries | null | undefined;
  readonly involvedObject: ObjectReference;
}

/** `io.k8s.api.core.v1.Taint` */
export interface Taint {
  readonly key: string;
  readonly value?: string | undefined;
  readonly effect: string;
}

/** `io.k8s.api.core.v1.NodeSpec` */
export interface NodeSpec {
  readonly unschedulable?: boolean | undefined;
  readonly taints?: readonly Taint[] | undefined;
}

/** `io.k8s.api.core.v1.NodeStatus` */
export interface NodeStatus {
  readonly allocatable?: Labels | undefined;
  readonly conditions?: readonly Condition[] | undefined;
}

/** `io.k8s.api.core.v1.LimitRangeItem` */
export interface LimitRangeItem {
  readonly type: string;
  readonly min?: Labels | undefined;
  readonly max?: Labels | undefined;
  readonly maxLimitRequestRatio?: Labels | undefined;
}

/** `io.k8s.api.core.v1.LimitRangeSpec` */
export interface LimitRangeSpec {
  readonly limits: readonly LimitRangeItem[];
}

/** `io.k8s.api.core.v1.ResourceQuotaSpec` */
export interface QuotaSpec {
  readonly hard?: Labels | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly scopeSelector?: unknown;
}

/** `io.k8s.api.core.v1.ResourceQuotaStatus` */
export interface QuotaStatus {
  readonly hard?: Labels | undefined;
}

/** `io.k8s.api.networking.v1.NetworkPolicySpec` */
export interface NetworkPolicySpec {
  readonly podSelector: LabelSelector;
  readonly policyTypes?: readonly string[] | undefined;
  readonly ingress?: readonly unknown[] | undefined;
  readonly egress?: readonly unknown[] | undefined;
}

/** `io.k8s.api.coordination.v1.LeaseSpec` */
export interface LeaseSpec {
  readonly holderIdentity?: string | undefined;
  readonly leaseDurationSeconds?: number | undefined;
  readonly acquireTime?: string | undefined;
  readonly renewTime?: string | undefined;
  readonly leaseTransitions?: number | undefined;
}

/** `io.k8s.apimachinery.pkg.apis.meta.v1.StatusCause` */
export interface StatusCause {
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
}

/** `io.k8s.apimachinery.pkg.apis.meta.v1.StatusDetails` */
export interface StatusDetails {
  readonly name?: string | undefined;
  readonly kind?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
  readonly causes?: readonly StatusCause[] | undefined;
}

/** `io.k8s.apimachinery.pkg.apis.meta.v1.Status` */
export interface StatusFields {
  readonly status?: string | undefined;
  readonly message?: string | undefined;
  readonly reason?: string | undefined;
  readonly code?: number | undefined;
  readonly details?: StatusDetails | undefined;
}
