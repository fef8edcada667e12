// @ts-check
// Types of what is read and written of Kubernetes, from the OpenAPI document that an API server publishes.

/**
 * By name, what is used of a schema. A field ends in `!` where it is always there although the document does
 * not say so, in `~` where the server sends null in place of leaving it out, and in `?` where what is in it is
 * of no interest.
 *
 * @typedef {{readonly schema: string | readonly string[], readonly as: string, readonly fields: string}} Used
 */

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const core = 'io.k8s.api.core.v1';
const batch = 'io.k8s.api.batch.v1';

/** Which document holds which kinds. */
const documents = [
  'api/v1',
  'apis/batch/v1',
  'apis/networking.k8s.io/v1',
  'apis/coordination.k8s.io/v1',
];

/** @type {(schema: string | readonly string[], as: string, fields: string) => Used} */
const use = (schema, as, fields) => ({ schema, as, fields });

/** @type {readonly Used[]} */
const used = [
  use(
    `${meta}.OwnerReference`,
    'OwnerReference',
    'apiVersion kind name uid controller blockOwnerDeletion',
  ),
  use(
    `${meta}.ObjectMeta`,
    'Metadata',
    'name namespace uid resourceVersion creationTimestamp deletionTimestamp labels annotations ownerReferences',
  ),
  use(`${meta}.ListMeta`, 'ListMetadata', 'resourceVersion continue remainingItemCount'),
  use(
    [`${batch}.JobCondition`, `${core}.PodCondition`, `${core}.NodeCondition`],
    'Condition',
    'type status reason message lastTransitionTime',
  ),
  use(`${meta}.LabelSelector`, 'LabelSelector', 'matchLabels'),
  use(`${core}.SecretKeySelector`, 'SecretKeySelector', 'name! key'),
  use(`${core}.EnvVarSource`, 'EnvironmentSource', 'secretKeyRef'),
  use(`${core}.EnvVar`, 'EnvironmentVariable', 'name value valueFrom'),
  use(`${core}.VolumeMount`, 'VolumeMount', 'name mountPath subPath readOnly'),
  use(`${core}.PersistentVolumeClaimVolumeSource`, 'ClaimVolume', 'claimName'),
  use(`${core}.HostPathVolumeSource`, 'HostPathVolume', 'path type'),
  use(`${core}.NFSVolumeSource`, 'NfsVolume', 'server path'),
  use(`${core}.EmptyDirVolumeSource`, 'EmptyVolume', 'sizeLimit'),
  use(`${core}.ConfigMapVolumeSource`, 'ConfigMapVolume', 'name'),
  use(`${core}.Volume`, 'Volume', 'name persistentVolumeClaim hostPath nfs emptyDir configMap'),
  use(`${core}.PodAffinityTerm`, 'PodAffinityTerm', 'labelSelector topologyKey'),
  use(`${core}.PodAffinity`, 'PodAffinity', 'requiredDuringSchedulingIgnoredDuringExecution'),
  use(`${core}.Affinity`, 'Affinity', 'podAffinity'),
  use(`${core}.Capabilities`, 'Capabilities', 'drop'),
  use(
    `${core}.SecurityContext`,
    'ContainerSecurity',
    'allowPrivilegeEscalation privileged capabilities',
  ),
  use(`${core}.SeccompProfile`, 'SeccompProfile', 'type'),
  use(
    `${core}.PodSecurityContext`,
    'PodSecurity',
    'runAsUser runAsGroup runAsNonRoot supplementalGroups seccompProfile',
  ),
  use(`${core}.ContainerPort`, 'ContainerPort', 'containerPort'),
  use(`${core}.ResourceRequirements`, 'Resources', 'requests! limits!'),
  use(
    `${core}.Container`,
    'Container',
    'name image imagePullPolicy command args workingDir env ports resources volumeMounts securityContext',
  ),
  use(`${core}.Toleration`, 'Toleration', 'key operator value effect'),
  use(`${core}.LocalObjectReference`, 'LocalReference', 'name!'),
  use(
    `${core}.PodSpec`,
    'PodSpec',
    'restartPolicy hostname terminationGracePeriodSeconds automountServiceAccountToken enableServiceLinks serviceAccountName priorityClassName nodeSelector tolerations imagePullSecrets securityContext containers volumes affinity nodeName',
  ),
  use(`${core}.ContainerStateWaiting`, 'WaitingState', 'reason message'),
  use(`${core}.ContainerStateRunning`, 'RunningState', 'startedAt'),
  use(
    `${core}.ContainerStateTerminated`,
    'TerminatedState',
    'exitCode signal reason message startedAt finishedAt',
  ),
  use(`${core}.ContainerState`, 'ContainerState', 'waiting running terminated'),
  use(`${core}.ContainerStatus`, 'ContainerStatus', 'name restartCount state lastState'),
  use(
    `${core}.PodStatus`,
    'PodStatus',
    'phase reason message podIP startTime conditions containerStatuses',
  ),
  use(`${core}.PodTemplateSpec`, 'PodTemplate', 'metadata spec!'),
  use(
    `${batch}.JobSpec`,
    'JobSpec',
    'backoffLimit completions parallelism suspend activeDeadlineSeconds podReplacementPolicy template',
  ),
  use(`${batch}.JobStatus`, 'JobStatus', 'startTime completionTime conditions'),
  use(`${core}.ObjectReference`, 'ObjectReference', 'kind name uid'),
  use(`${core}.EventSeries`, 'EventSeries', 'count lastObservedTime'),
  use(
    `${core}.Event`,
    'EventFields',
    'type reason message count firstTimestamp~ lastTimestamp~ eventTime~ series~ involvedObject',
  ),
  use(`${core}.Taint`, 'Taint', 'key value effect'),
  use(`${core}.NodeSpec`, 'NodeSpec', 'unschedulable taints'),
  use(`${core}.NodeStatus`, 'NodeStatus', 'allocatable conditions'),
  use(`${core}.LimitRangeItem`, 'LimitRangeItem', 'type min max maxLimitRequestRatio'),
  use(`${core}.LimitRangeSpec`, 'LimitRangeSpec', 'limits'),
  use(`${core}.ResourceQuotaSpec`, 'QuotaSpec', 'hard scopes scopeSelector?'),
  use(`${core}.ResourceQuotaStatus`, 'QuotaStatus', 'hard'),
  use(
    'io.k8s.api.networking.v1.NetworkPolicySpec',
    'NetworkPolicySpec',
    'podSelector! policyTypes ingress? egress?',
  ),
  use(
    'io.k8s.api.coordination.v1.LeaseSpec',
    'LeaseSpec',
    'holderIdentity leaseDurationSeconds acquireTime renewTime leaseTransitions',
  ),
  use(`${meta}.StatusCause`, 'StatusCause', 'reason message'),
  use(`${meta}.StatusDetails`, 'StatusDetails', 'name kind retryAfterSeconds causes'),
  use(`${meta}.Status`, 'StatusFields', 'status message reason code details'),
];

/** @typedef {{type?: string, $ref?: string, allOf?: Schema[], items?: Schema, additionalProperties?: Schema, properties?: Record<string, Schema>, required?: string[]}} Schema */

const plain = new Map([
  [`${meta}.Time`, 'string'],
  [`${meta}.MicroTime`, 'string'],
  ['io.k8s.apimachinery.pkg.api.resource.Quantity', 'string'],
]);

const names = new Map(
  used.flatMap(({ schema, as }) =>
    (typeof schema === 'string' ? [schema] : schema).map((one) => [one, as]),
  ),
);

/** @type {(schema: Schema, where: string) => string} */
function typeOf(schema, where) {
  const [inner] = schema.allOf ?? [];
  const reference = schema.$ref ?? inner?.$ref;
  if (reference !== undefined) {
    const name = reference.split('/').at(-1) ?? '';
    const type = plain.get(name) ?? names.get(name);
    if (type === undefined) throw new Error(`${where} is a ${name}, of which nothing is used`);
    return type;
  }
  if (schema.type === 'array') return `readonly ${typeOf(schema.items ?? {}, where)}[]`;
  if (schema.type === 'object') {
    const value = typeOf(schema.additionalProperties ?? {}, where);
    return value === 'string' ? 'Labels' : `Readonly<Record<string, ${value}>>`;
  }
  if (schema.type === 'integer' || schema.type === 'number') return 'number';
  if (schema.type === 'boolean' || schema.type === 'string') return schema.type;
  throw new Error(`${where} is of no type that is known here`);
}

/** @type {(all: Readonly<Record<string, Schema>>, used: Used, schema: string) => string} */
function interfaceOf(all, { as, fields }, schema) {
  const { properties, required = [] } = all[schema] ?? {};
  if (properties === undefined) throw new Error(`there is no ${schema}`);
  const lines = fields.split(' ').map((field) => {
    const [, name = '', mark = ''] = /^(\w+)(\W?)$/.exec(field) ?? [];
    const property = properties[name];
    if (property === undefined) throw new Error(`${schema} has no ${name}`);
    const type =
      mark === '?'
        ? property.type === 'array'
          ? 'readonly unknown[]'
          : 'unknown'
        : typeOf(property, `${schema}.${name}`);
    if (mark === '!' || (required.includes(name) && mark !== '~'))
      return `  readonly ${name}: ${type};`;
    const none = mark === '~' ? ' | null' : '';
    return `  readonly ${name}?: ${type}${none}${type === 'unknown' ? '' : ' | undefined'};`;
  });
  return `/** \`${schema}\` */\nexport interface ${as} {\n${lines.join('\n')}\n}\n`;
}

/**
 * @param {(path: string) => string} read - reads a path of an API server
 * @returns the text of a module
 */
export function typesFrom(read) {
  /** @type {Record<string, Schema>} */
  const all = {};
  for (const path of documents) {
    Object.assign(all, JSON.parse(read(`/openapi/v3/${path}`)).components.schemas);
  }
  const parts = used.map((one) => {
    const [first = '', ...more] = typeof one.schema === 'string' ? [one.schema] : one.schema;
    const text = interfaceOf(all, one, first);
    for (const schema of more) {
      const other = interfaceOf(all, one, schema).split('\n').slice(1).join('\n');
      if (other !== text.split('\n').slice(1).join('\n'))
        throw new Error(`${first} and ${schema} are not alike`);
    }
    return text;
  });
  const head = `// What is used of the types of Kubernetes, made from the OpenAPI document of an API server by
// \`npm run test:kubernetes -- types -u\`; the same without \`-u\` looks whether they still agree.

/** Text by text, as labels and annotations are. */
export type Labels = Readonly<Record<string, string>>;
`;
  return [head, ...parts].join('\n');
}
