import { count, plain } from '@skaha/terminal/output/text.js';
import type { SkahaClient } from 'skaha';
import type { ClusterSession, ClusterState } from 'skaha/cluster';
import { reasonWords } from '../session/waiting.js';

/** So many of the workers that wait are asked why: they mostly wait for the same. */
const samples = 3;

const waitingOf = ({ workers }: ClusterState): ClusterSession[] =>
  workers.filter(({ status }) => status === 'Pending');

/** The number of workers that wait. */
export const pendingOf = (cluster: ClusterState): number => waitingOf(cluster).length;

/** How many workers there are, and how many of them do not run yet. */
export function workersWords(cluster: ClusterState): string {
  const pending = pendingOf(cluster);
  const all = count(cluster.live, 'worker');
  if (pending === 0) return all;
  return cluster.live === 1 ? `${all}, waiting` : `${all}, ${pending} of them waiting`;
}

/** The newest warning about a worker that waits, where there is one. */
export async function waitingWords(
  client: SkahaClient,
  cluster: ClusterState,
  signal: AbortSignal,
): Promise<string | undefined> {
  const asked = waitingOf(cluster).slice(0, samples);
  const ids = asked.flatMap(({ id }) => id ?? []);
  const reasons = await client.sessions.reasons(ids, { signal });
  for (const { id, name, status } of asked) {
    const told = id === undefined ? undefined : reasons.get(id);
    if (told?.type === 'Warning') return `${plain(name)} (${id}): ${status}, ${reasonWords(told)}`;
  }
  return undefined;
}
