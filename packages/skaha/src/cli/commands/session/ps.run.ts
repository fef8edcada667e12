import type { SessionInfo } from '../../../models/session.js';
import { sameStatus } from '../../../models/status.js';
import type { Run } from '../../command.js';
import { isMachine, note } from '../../io.js';
import { render } from '../../output/render.js';
import { table } from '../../output/table.js';
import { byStart } from '../../session-order.js';
import { sessionColumns, sessionDocument } from './session-view.js';

export interface PsOptions {
  all: boolean;
  kind?: string | undefined;
  status?: string | undefined;
}

const active = ['Pending', 'Running'];

function isShown(session: SessionInfo, { all, kind, status }: PsOptions): boolean {
  if (kind !== undefined && session.kind.toLowerCase() !== kind) return false;
  if (status !== undefined) return sameStatus(session.status, status);
  return all || active.some((wanted) => sameStatus(session.status, wanted));
}

/** Lists sessions. */
export const runPs: Run<PsOptions> = async (io, deps, options) => {
  const client = await deps.client();
  const sessions = await client.sessions.fetch({ signal: io.signal });
  const shown = sessions.filter((session) => isShown(session, options)).sort(byStart);
  if (deps.globals.logLevel === 'debug') {
    const anomalies = new Set(sessions.flatMap((session) => session.anomalies));
    for (const anomaly of anomalies) note(io, `Session response: ${anomaly}`);
  }
  if (shown.length === 0 && !isMachine(io.format)) {
    const unfiltered = options.kind === undefined && options.status === undefined;
    const narrowed = unfiltered && !options.all && sessions.length > 0;
    note(
      io,
      narrowed
        ? 'No pending or running sessions. Add --all to see the others.'
        : 'No sessions found.',
    );
    return undefined;
  }
  await render(io, {
    data: shown.map(sessionDocument),
    table: () => table(io, sessionColumns(deps.now(), io.format === 'wide'), shown),
    names: () => shown.map((session) => session.id),
  });
  return undefined;
};
