import { renderList } from '@skaha/terminal/output/list.js';
import type { Run } from '../../command.js';
import { launchColumns, launchDocuments } from './history-view.js';

export type HistoryOptions = Record<never, never>;

/** Lists what was launched. */
export const runHistory: Run<HistoryOptions> = async (io, deps) => {
  const launches = launchDocuments(await (await deps.launches()).read());
  await renderList(
    io,
    {
      rows: launches,
      document: (launch) => ({ ...launch }),
      columns: launchColumns(deps.now()),
      name: ({ sessions }) => sessions[0]?.id ?? '',
    },
    "Nothing was launched from here yet. 'skaha create' does.",
  );
  return undefined;
};
