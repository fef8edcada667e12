import { confirm } from '@skaha/terminal/confirm.js';
import { type Io, isMachine, note } from '@skaha/terminal/io.js';
import { render } from '@skaha/terminal/output/render.js';
import { table } from '@skaha/terminal/output/table.js';
import { count } from '@skaha/terminal/output/text.js';
import { usageError } from '@skaha/terminal/usage.js';
import { isFinished, type SessionInfo } from 'skaha';
import { sameStatus } from 'skaha/internal/models/status.js';
import type { Run } from '../../command.js';
import { throwIfFailed } from '../../select.js';
import { byStart } from '../../session-order.js';
import { deleteAll, showDeleted } from './delete.run.js';
import { selectionOf } from './filtered.js';
import { nameSelector, type SelectorKind } from './name-selector.js';
import { sessionColumns, sessionDocument } from './session-view.js';

export interface PruneOptions {
  selector: string;
  kind?: string | undefined;
  status?: string | undefined;
  prefix: boolean;
  glob: boolean;
  regex: boolean;
  olderThan?: number | undefined;
  dryRun: boolean;
  progress: string;
}

const shownSessions = 20;

function forcedKind(options: PruneOptions): SelectorKind | undefined {
  const asked = (['prefix', 'glob', 'regex'] as const).filter((kind) => options[kind]);
  if (asked.length > 1)
    throw usageError(
      `--${asked.join(' and --')} cannot be used together.`,
      'Say in one way how NAME is meant.',
    );
  return asked[0];
}

function isMeant(session: SessionInfo, options: PruneOptions, now: number): boolean {
  const { kind = 'headless', status, olderThan } = options;
  if (kind !== 'all' && session.kind.toLowerCase() !== kind) return false;
  // A desktop app carries the id of its desktop, and deleting that would end the desktop.
  if (session.kind === 'desktop-app') return false;
  const fits =
    status === undefined ? isFinished(session.status) : sameStatus(session.status, status);
  if (status !== 'all' && !fits) return false;
  if (olderThan === undefined) return true;
  return session.startTime !== undefined && session.startTime.getTime() <= now - olderThan;
}

async function showList(io: Io, found: readonly SessionInfo[], now: number): Promise<void> {
  await render(io, {
    data: found.map(sessionDocument),
    table: () => table(io, sessionColumns(now, false), found),
    names: () => found.map(({ id }) => id),
  });
}

/** The list above the question, on standard error, not longer than a screen. */
function showQuestioned(io: Io, found: readonly SessionInfo[], now: number): void {
  const onError = { isTty: io.errIsTty, columns: io.columns, style: io.errStyle };
  io.err(table(onError, sessionColumns(now, false), found.slice(0, shownSessions)));
  const more = found.length - shownSessions;
  if (more > 0) io.err(`… and ${more} more; see them all with --dry-run\n`);
}

/** Deletes sessions by name. */
export const runPrune: Run<PruneOptions> = async (io, deps, options) => {
  const selector = nameSelector(options.selector, forcedKind(options));
  const client = await deps.client();
  const sessions = await client.sessions.fetch({ signal: io.signal });
  const now = deps.now();
  const found = sessions
    .filter((session) => isMeant(session, options, now) && selector.matches(session.name))
    .sort(byStart);
  note(io, `Looking for ${selector.description}: ${count(found.length, 'session')}.`);
  if (options.dryRun) {
    if (found.length > 0 || isMachine(io.format)) await showList(io, found, now);
    return undefined;
  }
  if (found.length === 0) {
    if (isMachine(io.format)) await showList(io, found, now);
    return undefined;
  }
  const selection = selectionOf(found);
  if (!io.assumeYes && io.mayAsk) showQuestioned(io, found, now);
  if (!(await confirm(io, `Delete ${count(found.length, 'session')}?`))) {
    note(io, 'Nothing was deleted.');
    return undefined;
  }
  const outcome = await deleteAll(io, deps, selection, options.progress);
  await showDeleted(io, selection, outcome);
  throwIfFailed(outcome, 'delete');
  return undefined;
};
