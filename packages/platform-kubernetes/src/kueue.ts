import { isRecord } from '@skaha/base/record.js';
import type { KubernetesClient, Resource } from './client/client.js';
import { isMissing } from './client/failure.js';
import type { Workload } from './client/types.js';

/** The kinds of Kueue that are looked at, in the version that a cluster has. */
export interface KueueKinds {
  readonly workloads: Resource;
  readonly queues: Resource;
}

const group = 'kueue.x-k8s.io';

/** Versions whose fields are those that are read here, the newest first. */
const known: readonly string[] = ['v1beta2', 'v1beta1'];

/**
 * Looks which version of Kueue a cluster has.
 *
 * @returns the kinds; a sentence why it cannot be used otherwise
 */
export async function findKueue(
  client: KubernetesClient,
  signal?: AbortSignal,
): Promise<KueueKinds | string> {
  let answer: unknown;
  try {
    answer = await client.transport.json<unknown>({ path: `/apis/${group}`, signal });
  } catch (error) {
    if (isMissing(error))
      return 'the configuration refers to a queue, but Kueue is not installed on the cluster';
    throw error;
  }
  const versions = isRecord(answer) && Array.isArray(answer['versions']) ? answer['versions'] : [];
  const served = versions.filter(isRecord).map((one) => String(one['version']));
  const version = known.find((one) => served.includes(one));
  if (version === undefined) {
    return `its Kueue offers ${served.join(', ')}, and this platform supports ${known.join(' and ')}`;
  }
  const at = `${group}/${version}`;
  return {
    workloads: { version: at, kind: 'Workload', plural: 'workloads' },
    queues: { version: at, kind: 'LocalQueue', plural: 'localqueues' },
  };
}

/** The name of the Job that a workload is for. */
export const jobOfWorkload = ({ metadata }: Workload): string | undefined =>
  metadata.ownerReferences?.find(({ kind }) => kind === 'Job')?.name;
