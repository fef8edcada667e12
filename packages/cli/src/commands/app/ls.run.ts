import { renderList } from '@skaha/terminal/output/list.js';
import type { Column } from '@skaha/terminal/output/table.js';
import { relative } from '@skaha/terminal/output/time.js';
import type { SessionInfo } from 'skaha';
import type { Run } from '../../command.js';
import { byStart } from '../../session-order.js';
import { sessionDocument, statusInk } from '../session/session-view.js';
import { findDesktop } from './desktop.js';

export interface AppLsOptions {
  desktop: string;
}

const columns = (now: number): Column<SessionInfo>[] => [
  { header: 'APP', value: ({ appId }) => appId ?? '-' },
  { header: 'NAME', value: ({ name }) => name || '-', shrinkTo: 8, cut: 'middle' },
  {
    header: 'STATUS',
    value: ({ status }) => status || '-',
    ink: ({ status }) => statusInk(status),
  },
  { header: 'IMAGE', value: ({ image }) => image ?? '-', shrinkTo: 8, cut: 'start' },
  { header: 'STARTED', value: ({ startTime }) => (startTime ? relative(startTime, now) : '-') },
];

/** Lists the programs on a desktop. */
export const runAppLs: Run<AppLsOptions> = async (io, deps, { desktop }) => {
  const id = await findDesktop(io, deps, desktop);
  const client = await deps.client();
  const apps = (await client.sessions.apps.list(id, { signal: io.signal })).sort(byStart);
  await renderList(
    io,
    {
      rows: apps,
      document: sessionDocument,
      columns: columns(deps.now()),
      name: ({ appId }) => appId ?? '-',
    },
    `No program on it. 'skaha app create ${desktop} IMAGE' starts one.`,
  );
  return undefined;
};
