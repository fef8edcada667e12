import { renderPaged } from '@skaha/terminal/output/render.js';
import { fields, table } from '@skaha/terminal/output/table.js';
import type { ResourceRange } from 'skaha';
import type { Run } from '../../command.js';

/** Ascending whole numbers with their runs drawn together: `1-8, 12, 16`. */
export function ranges(numbers: readonly number[]): string {
  const runs: [first: number, last: number][] = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run !== undefined && number === run[1] + 1) run[1] = number;
    else runs.push([number, number]);
  }
  return runs
    .flatMap(([first, last]) => {
      if (first === last) return `${first}`;
      return last === first + 1 ? [`${first}`, `${last}`] : `${first}-${last}`;
    })
    .join(', ');
}

interface Row {
  resource: string;
  fixed: string;
  flexible: string;
}

const flexible = ({ defaultRequest, defaultLimit }: ResourceRange): string =>
  `${defaultRequest} to ${defaultLimit}`;

/** Shows what sessions may ask for. */
export const runLimits: Run<Record<never, never>> = async (io, deps) => {
  const client = await deps.client();
  const { cores, memoryGiB, gpus, maxInteractiveSessions } = await client.context.resources({
    signal: io.signal,
  });
  const rows: Row[] = [
    { resource: 'Cores', fixed: ranges(cores.options), flexible: flexible(cores) },
    { resource: 'Memory (GiB)', fixed: ranges(memoryGiB.options), flexible: flexible(memoryGiB) },
    { resource: 'GPUs', fixed: ranges(gpus.options) || 'none', flexible: '-' },
  ];
  await renderPaged(io, {
    data: { cores, memoryGiB, gpus, maxInteractiveSessions: maxInteractiveSessions ?? null },
    table: () => {
      const list = table(
        io,
        [
          { header: 'RESOURCE', value: (row) => row.resource },
          { header: 'FLEXIBLE', value: (row) => row.flexible },
          { header: 'FIXED', value: (row) => row.fixed },
        ],
        rows,
      );
      const sessions = maxInteractiveSessions?.toString();
      const more = fields(io, [['Interactive sessions at a time', sessions]]);
      return more === '' ? list : `${list}\n${more}`;
    },
  });
  return undefined;
};
