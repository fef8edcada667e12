import { type Io, note } from '@skaha/terminal/io.js';
import { documentOf } from '@skaha/terminal/output/field.js';
import { render, renderPaged, toText, type View } from '@skaha/terminal/output/render.js';
import { column, fields, table } from '@skaha/terminal/output/table.js';
import { bar, plain, ranges, short } from '@skaha/terminal/output/text.js';
import { utc } from '@skaha/terminal/output/time.js';
import { checkWatchable, watch } from '@skaha/terminal/output/watch.js';
import {
  isSkahaError,
  type PlatformLoad,
  type PlatformStats,
  type ResourceRange,
  type SkahaClient,
} from 'skaha';
import { fieldsOf, type Run } from '../../command.js';
import { askLimits } from '../limits.js';
import type { limitsCommand, repositoryCommand, statsCommand } from './definitions.js';

function describe(io: Io, { requested, capacity, load }: PlatformLoad, unit: string): string {
  if (requested === undefined || capacity === undefined) return 'unknown';
  const text = `${short(requested)} of ${short(capacity)} ${unit} in use`;
  if (load === undefined) return text;
  const ink = load >= 0.9 ? 'red' : load >= 0.7 ? 'yellow' : 'green';
  const picture = io.isTty ? `${io.style(ink, bar(load, 20))}  ` : '';
  // The platform reads amounts that it does not understand as nothing.
  const doubt = requested === 0 ? '; 0 may also mean that it is not known' : '';
  return `${picture}${text} (${Math.round(load * 100)}%)${doubt}`;
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

const loadFields = fieldsOf('requested capacity free load largestSession');

const statsDocument = ({ cores, memoryGiB, instances }: PlatformStats) => ({
  cores: documentOf(loadFields, cores),
  memoryGiB: documentOf(loadFields, memoryGiB),
  instances: instances ?? null,
});

const view = (io: Io, stats: PlatformStats): View => ({
  data: statsDocument(stats),
  table: () => {
    const { cores, memoryGiB, instances: running } = stats;
    return fields(io, [
      ['Cores', describe(io, cores, 'cores')],
      ['Memory', describe(io, memoryGiB, 'GiB')],
      ['Largest session', largest(stats)],
      [
        'Running',
        running &&
          `${running.total} (${running.session} interactive, ${running.desktopApp} desktop apps, ${running.headless} headless)`,
      ],
    ]);
  },
});

/** What is known when only the metrics cannot be read: how large a session may be. */
async function withoutLoad(io: Io, client: SkahaClient, error: unknown): Promise<PlatformStats> {
  const isLoadAlone =
    isSkahaError(error, 'server.unavailable') && /^temporarily/.test(error.serverMessage ?? '');
  if (!isLoadAlone) throw error;
  const { cores, memoryGiB } = await client.context.resources({ signal: io.signal });
  note(io, plain(error.message));
  const largestSession = {
    cores: Math.max(...cores.options),
    memoryGiB: Math.max(...memoryGiB.options),
  };
  return { cores: { largestSession }, memoryGiB: {}, raw: {} };
}

export const runStats: Run<typeof statsCommand> = async (io, deps, options) => {
  if (options.watch) checkWatchable(io, '--watch');
  const client = await deps.client();
  const read = () => client.sessions.stats({ signal: io.signal });
  if (!options.watch) {
    const stats = await read().catch((error: unknown) => withoutLoad(io, client, error));
    await render(io, view(io, stats));
    return undefined;
  }
  const time = () => utc(new Date(deps.now()));
  return watch(io, deps, {
    intervalMs: options.interval,
    read,
    draw: async (stats) => `${await toText(io, view(io, stats))}${io.style('dim', time())}\n`,
    lines: (stats) => [{ time: time(), ...statsDocument(stats) }],
  });
};

const flexible = ({ defaultRequest, defaultLimit }: ResourceRange): string =>
  `${defaultRequest} to ${defaultLimit}`;

const limitColumns = ['RESOURCE', 'FLEXIBLE', 'FIXED'].map((header, index) =>
  column<readonly string[]>(header, (cells) => cells[index] ?? ''),
);

export const runLimits: Run<typeof limitsCommand> = async (io, deps) => {
  const { cores, memoryGiB, gpus, maxInteractiveSessions } = await askLimits(io, deps);
  await renderPaged(io, {
    data: { cores, memoryGiB, gpus, maxInteractiveSessions: maxInteractiveSessions ?? null },
    table: () => {
      const list = table(io, limitColumns, [
        ['Cores', flexible(cores), ranges(cores.options)],
        ['Memory (GiB)', flexible(memoryGiB), ranges(memoryGiB.options)],
        ['GPUs', '-', ranges(gpus.options) || 'none'],
      ]);
      const sessions = maxInteractiveSessions?.toString();
      const more = fields(io, [['Interactive sessions at a time', sessions]]);
      return more === '' ? list : `${list}\n${more}`;
    },
  });
};

export const runRepository: Run<typeof repositoryCommand> = async (io, deps) => {
  const client = await deps.client();
  const hosts = await client.repository({ signal: io.signal });
  await render(io, { data: hosts, table: () => hosts.map((host) => `${plain(host)}\n`).join('') });
};
