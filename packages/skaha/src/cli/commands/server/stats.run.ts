import type { PlatformLoad, PlatformStats } from '../../../models/stats.js';
import type { Run } from '../../command.js';
import type { Io } from '../../io.js';
import { render } from '../../output/render.js';
import { fields } from '../../output/table.js';
import { short } from '../../output/text.js';

/** A bar of so many cells; more than everything is still a full bar. */
export function bar(load: number, cells: number): string {
  const full = Math.round(Math.min(1, Math.max(0, load)) * cells);
  return '█'.repeat(full) + '░'.repeat(cells - full);
}

function describe(io: Io, { requested, capacity, load }: PlatformLoad, unit: string): string {
  if (requested === undefined || capacity === undefined) return 'unknown';
  const text = `${short(requested)} of ${short(capacity)} ${unit} in use`;
  if (load === undefined) return text;
  const ink = load >= 0.9 ? 'red' : load >= 0.7 ? 'yellow' : 'green';
  const picture = io.isTty ? `${io.style(ink, bar(load, 20))}  ` : '';
  return `${picture}${text} (${Math.round(load * 100)}%)`;
}

function largest(stats: PlatformStats): string | undefined {
  const found = stats.cores.largestSession ?? stats.memoryGiB.largestSession;
  if (found === undefined) return undefined;
  const other = stats.memoryGiB.largestSession;
  const first = `${short(found.cores)} cores with ${short(found.memoryGiB)} GiB`;
  if (other === undefined || (other.cores === found.cores && other.memoryGiB === found.memoryGiB))
    return first;
  return `${first}, or ${short(other.memoryGiB)} GiB with ${short(other.cores)} cores`;
}

const loadDocument = ({ requested, capacity, free, load }: PlatformLoad) => ({
  requested: requested ?? null,
  capacity: capacity ?? null,
  free: free ?? null,
  load: load ?? null,
});

/** Shows the load of the platform. */
export const runStats: Run<Record<never, never>> = async (io, deps) => {
  const client = await deps.client();
  const stats = await client.sessions.stats({ signal: io.signal });
  const { cores, memoryGiB, instances } = stats;
  await render(io, {
    data: {
      cores: { ...loadDocument(cores), largestSession: cores.largestSession ?? null },
      memoryGiB: { ...loadDocument(memoryGiB), largestSession: memoryGiB.largestSession ?? null },
      instances: instances ?? null,
    },
    table: () =>
      fields(io, [
        ['Cores', describe(io, cores, 'cores')],
        ['Memory', describe(io, memoryGiB, 'GiB')],
        ['Largest session', largest(stats)],
        [
          'Running',
          instances &&
            `${instances.total} (${instances.session} interactive, ${instances.desktopApp} desktop apps, ${instances.headless} headless)`,
        ],
      ]),
  });
  return undefined;
};
