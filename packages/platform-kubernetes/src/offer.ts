import type { Candidate, Capacity, SessionBounds } from '@skaha/engine/ports/admission.js';
import type { LimitRange, Node, ResourceQuota } from './client/types.js';
import { numberOf } from './quantity.js';
import type { KubernetesSettings } from './settings.js';

/** What a node has for sessions. */
export interface NodeCapacity extends Capacity {
  readonly gpus: number;
}

/** What was read of a cluster. */
export interface ClusterReadings {
  /** Undefined where the platform may not see the nodes, or others come as they are needed. */
  readonly nodes: readonly NodeCapacity[] | undefined;
  readonly quotas: readonly ResourceQuota[];
  readonly ranges: readonly LimitRange[];
}

/** What a cluster has to give, in all and to one session. */
export interface ClusterOffer {
  readonly capacity: Capacity;
  readonly bounds: SessionBounds;
  never(session: Pick<Candidate, 'resources'>): string | undefined;
}

type Wishes = Pick<KubernetesSettings, 'nodeSelector' | 'tolerations' | 'gpuResource'>;

/** What a node has for sessions; undefined where none may go. */
export function roomOf({ metadata, spec, status }: Node, wishes: Wishes): NodeCapacity | undefined {
  if (spec?.unschedulable === true) return undefined;
  const { labels = {} } = metadata;
  const isMeant = Object.entries(wishes.nodeSelector).every(
    ([key, value]) => labels[key] === value,
  );
  const keepsOut = (spec?.taints ?? []).some(
    (taint) => taint.effect !== 'PreferNoSchedule' && !wishes.tolerations.some(tolerates(taint)),
  );
  if (!isMeant || keepsOut) return undefined;
  const { cpu, memory, [wishes.gpuResource]: gpus } = status?.allocatable ?? {};
  return { cores: numberOf(cpu), memory: numberOf(memory), gpus: numberOf(gpus) };
}

type Taint = NonNullable<NonNullable<Node['spec']>['taints']>[number];

const tolerates =
  (taint: Taint) =>
  ({ key, operator, value, effect }: Wishes['tolerations'][number]): boolean =>
    (effect === undefined || effect === taint.effect) &&
    (key === undefined ? operator === 'Exists' : key === taint.key) &&
    (operator === 'Exists' || (value ?? '') === (taint.value ?? ''));

const least = (values: readonly (number | undefined)[]): number =>
  Math.min(Number.POSITIVE_INFINITY, ...values.filter((one) => one !== undefined));

const most = (values: readonly (number | undefined)[]): number =>
  Math.max(0, ...values.filter((one) => one !== undefined));

const named = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : numberOf(text);

/** What follows from what was read. */
export function offerOf(
  { nodes: seen, quotas, ranges }: ClusterReadings,
  { gpuResource }: Wishes,
): ClusterOffer {
  // Where no node takes sessions at present, they wait for one; how large it is will be seen then.
  const nodes = seen?.length === 0 ? undefined : seen;
  // A quota with a scope holds for some pods only, and which those are is not said here.
  const hard = quotas
    .filter(({ spec }) => spec?.scopes === undefined && spec?.scopeSelector === undefined)
    .map(({ spec, status }) => status?.hard ?? spec?.hard ?? {});
  const entries = ranges
    .flatMap(({ spec }) => spec?.limits ?? [])
    .filter(({ type }) => type === 'Container' || type === 'Pod');
  const bounded = (key: 'cpu' | 'memory') => {
    const quota = (kind: string) => hard.map((one) => named(one[`${kind}.${key}`]));
    const requests = least([...quota('requests'), ...hard.map((one) => named(one[key]))]);
    return {
      quota: requests,
      most: least([requests, ...quota('limits'), ...entries.map(({ max }) => named(max?.[key]))]),
      least: most(entries.map(({ min }) => named(min?.[key]))),
      ratio: least(entries.map(({ maxLimitRequestRatio: ratio }) => named(ratio?.[key]))),
    };
  };
  const [cpu, memory] = [bounded('cpu'), bounded('memory')];
  const largest = (key: keyof NodeCapacity) => nodes && most(nodes.map((node) => node[key]));
  const gpuQuota = hard.map((one) => named(one[`requests.${gpuResource}`]));
  const gpus = least([largest('gpus'), ...gpuQuota]);
  const all = (key: keyof Capacity, quota: number) => {
    const sum = nodes?.reduce((total, node) => total + node[key], 0);
    const found = least([sum, quota]);
    return Number.isFinite(found) ? found : 0;
  };
  return {
    capacity: { cores: all('cores', cpu.quota), memory: all('memory', memory.quota) },
    bounds: {
      least: { cores: cpu.least, memory: memory.least },
      most: {
        cores: least([cpu.most, largest('cores')]),
        memory: least([memory.most, largest('memory')]),
      },
      ratio: { cores: cpu.ratio, memory: memory.ratio },
      gpus: Number.isFinite(gpus) ? gpus : undefined,
    },
    never: (session) => fault(session, nodes),
  };
}

/** Each of its wishes may be within its bounds, and no node may have all of them together. */
function fault(
  { resources }: Pick<Candidate, 'resources'>,
  nodes: readonly NodeCapacity[] | undefined,
): string | undefined {
  if (nodes === undefined) return undefined;
  const { cores, memory, gpus = 0 } = resources;
  const fits = nodes.some(
    (node) => node.cores >= cores && node.memory >= memory && node.gpus >= gpus,
  );
  if (fits) return undefined;
  const gib = Math.round((memory / 2 ** 30) * 10) / 10;
  const more = gpus === 0 ? '' : ` and ${gpus} GPUs`;
  return `It asks for ${cores} cores with ${gib} GiB${more}: no node of the cluster has them together`;
}
