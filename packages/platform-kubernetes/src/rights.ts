import { type KubernetesClient, type Resource, resources } from './client/client.js';

/** Something that the platform does in its namespace. */
interface Right {
  readonly verb: string;
  readonly resource: Resource;
  readonly part?: string;
}

const each = (resource: Resource, ...verbs: readonly string[]): Right[] =>
  verbs.map((verb) => ({ verb, resource }));

/** What is needed whatever the configuration; the Role in `deploy/` gives the same. */
const always: readonly Right[] = [
  ...each(resources.jobs, 'get', 'list', 'watch', 'create', 'patch', 'delete'),
  ...each(resources.pods, 'list', 'watch'),
  { verb: 'get', resource: resources.pods, part: 'log' },
  { verb: 'create', resource: resources.pods, part: 'exec' },
  ...each(resources.events, 'list', 'watch'),
  ...each(resources.secrets, 'create', 'patch', 'delete'),
  ...each(resources.configMaps, 'create', 'patch', 'delete'),
];

/** Which rights depend on the configuration. */
export interface RightsAsked {
  readonly forwardsPages: boolean;
  readonly networkPolicy: boolean;
  /** What leads to pages without passing through the platform. */
  readonly route?: Resource | undefined;
  /** Whether one of several platforms works at a time. */
  readonly elects: boolean;
  /** Whether the pod of that one says so. */
  readonly marksPod: boolean;
  /** The kinds of Kueue, as its version has them; undefined without a queue. */
  readonly workloads?: Resource | undefined;
}

/**
 * Looks which rights are missing.
 *
 * @returns a rule in words for each, as an administrator writes it into a Role
 */
export async function missingRights(
  client: KubernetesClient,
  namespace: string,
  { forwardsPages, networkPolicy, route, elects, marksPod, workloads }: RightsAsked,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const wanted: Right[] = [
    ...always,
    ...(forwardsPages
      ? [{ verb: 'create', resource: resources.pods, part: 'portforward' } as const]
      : []),
    ...(networkPolicy ? each(resources.networkPolicies, 'create', 'patch', 'delete') : []),
    ...(route === undefined
      ? []
      : [resources.services, route].flatMap((kind) => each(kind, 'create', 'patch', 'delete'))),
    ...(elects ? each(resources.leases, 'get', 'create', 'update') : []),
    ...(marksPod ? each(resources.pods, 'patch') : []),
    ...(workloads === undefined ? [] : each(workloads, 'list', 'watch')),
  ];
  const found = await Promise.all(
    wanted.map(async (right) =>
      (await isAllowed(client, namespace, right, signal)) ? [] : [right],
    ),
  );
  return inWords(found.flat());
}

interface Review {
  readonly metadata: Record<string, never>;
  readonly spec: unknown;
  readonly status?: { readonly allowed?: boolean };
}

async function isAllowed(
  client: KubernetesClient,
  namespace: string,
  { verb, resource, part }: Right,
  signal?: AbortSignal,
): Promise<boolean> {
  const review: Review = {
    metadata: {},
    spec: {
      resourceAttributes: {
        namespace,
        verb,
        group: groupOf(resource),
        resource: resource.plural,
        ...(part === undefined ? {} : { subresource: part }),
      },
    },
  };
  const kind = {
    version: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    plural: 'selfsubjectaccessreviews',
  };
  const answer = await client.create<Review>(kind, undefined, review, signal);
  return answer.status?.allowed === true;
}

const groupOf = ({ version }: Resource): string =>
  version.includes('/') ? (version.split('/')[0] ?? '') : '';

/** `get, list on jobs (batch)`: the verbs of one resource together. */
function inWords(missing: readonly Right[]): string[] {
  const rules = new Map<string, string[]>();
  for (const { verb, resource, part } of missing) {
    const group = groupOf(resource);
    const what = `${resource.plural}${part === undefined ? '' : `/${part}`}${group === '' ? '' : ` (${group})`}`;
    rules.set(what, [...(rules.get(what) ?? []), verb]);
  }
  return [...rules].map(([what, verbs]) => `${verbs.join(', ')} on ${what}`);
}
