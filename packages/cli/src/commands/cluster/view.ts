import { type Column, column } from '@skaha/terminal/output/table.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import { relative } from '@skaha/terminal/output/time.js';
import type { SkahaClient } from 'skaha';
import type { ClusterState } from 'skaha/cluster';
import { reasonWords } from '../session/waiting.js';

/** A cluster for programs. */
export const clusterDocument = (cluster: ClusterState) => ({
  name: cluster.name,
  id: cluster.id,
  engine: cluster.engine,
  state: cluster.state,
  server: cluster.server,
  image: cluster.image,
  head: cluster.head.id ?? null,
  live: cluster.live,
  pending: cluster.pending,
  unanswered: cluster.unanswered,
  maxWorkers: cluster.maxWorkers,
  startTime: new Date(cluster.startedAt).toISOString(),
  workers: cluster.workers.map(({ name, id = null, status }) => ({ name, id, status })),
});

export const clusterColumns = (now: number): Column<ClusterState>[] => [
  column('CLUSTER', ({ name }) => plain(name)),
  column('ENGINE', ({ engine }) => plain(engine)),
  column('STATE', ({ state }) => state),
  column('HEAD', ({ head }) => head.id ?? '-'),
  column('WORKERS', ({ live, maxWorkers }) => `${live}/${maxWorkers}`),
  column('PENDING', ({ pending }) => String(pending)),
  column('IMAGE', ({ image }) => plain(image), { shrinkTo: 8, cut: 'start' }),
  column('STARTED', ({ startedAt }) => relative(new Date(startedAt), now)),
];

/** How many workers there are, and how many of them do not run yet. */
export function workersText({ live, pending }: ClusterState): string {
  const all = count(live, 'worker');
  if (pending === 0) return all;
  return live === 1 ? `${all}, waiting` : `${all}, ${pending} of them waiting`;
}

/** The platform is asked for this many waiting workers why: most of them have the same reason. */
const samples = 3;

/** The newest warning about a worker that waits, where there is one. */
export async function waitingText(
  client: SkahaClient,
  { workers }: ClusterState,
  signal: AbortSignal,
): Promise<string | undefined> {
  const asked = workers.filter(({ status }) => status === 'Pending').slice(0, samples);
  const ids = asked.flatMap(({ id }) => id ?? []);
  const reasons = await client.sessions.reasons(ids, { signal });
  for (const { id, name, status } of asked) {
    const told = id === undefined ? undefined : reasons.get(id);
    if (told?.type === 'Warning') return `${plain(name)} (${id}): ${status}, ${reasonWords(told)}`;
  }
  return undefined;
}
