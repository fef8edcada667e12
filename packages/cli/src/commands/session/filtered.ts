import { type Io, note } from '@skaha/terminal/io.js';
import { checkFields } from '@skaha/terminal/output/field.js';
import { meets } from '@skaha/terminal/output/filter.js';
import { usageError } from '@skaha/terminal/usage.js';
import type { SessionInfo } from 'skaha';
import { sameStatus } from 'skaha/internal/models/status.js';
import type { Deps } from '../../deps.js';
import { readFilter } from '../../output/session-filter.js';
import { type Selection, selectSessions } from '../../select.js';
import { byStart } from '../../session-order.js';
import { sessionFields } from './session-fields.js';
import { sessionDocument } from './session-view.js';

/** Conditions on sessions; all of them must be met. */
export interface FilterOptions {
  all: boolean;
  filter: readonly string[];
  kind?: string | undefined;
  status?: string | undefined;
}

/** No conditions: for sessions that are named. */
export const noFilter: FilterOptions = { all: false, filter: [] };

/** Whether sessions are chosen by conditions rather than named. */
export const isFiltered = ({ all, filter, kind, status }: FilterOptions): boolean =>
  all || filter.length > 0 || kind !== undefined || status !== undefined;

/**
 * Refuses a command line that names sessions and sets conditions too, or does neither.
 *
 * @param command - for the hint, for example `delete`
 * @throws {SkahaError} command.usage
 */
export function checkFiltered(
  command: string,
  sessions: readonly string[],
  options: FilterOptions,
): void {
  const filtered = isFiltered(options);
  if (filtered !== sessions.length > 0) return;
  throw usageError(
    filtered
      ? 'SESSION cannot be used together with --all, --filter, --kind or --status.'
      : 'SESSION is missing.',
    `Name the sessions, or choose among all with --filter, --kind and --status, as in: 'skaha ${command} --kind headless'`,
  );
}

/** The sessions of a list as a selection, oldest first. */
export function selectionOf(sessions: readonly SessionInfo[]): Selection {
  const sorted = [...sessions].sort(byStart);
  return {
    ids: sorted.map(({ id }) => id),
    known: new Map(sorted.map((session) => [session.id, session])),
    missing: [],
  };
}

/**
 * Finds the sessions that meet the conditions.
 *
 * @throws {SkahaError} command.usage for a filter on something that no session has: a mistyped
 *   name must not choose everything
 */
export async function selectFiltered(
  io: Io,
  deps: Deps,
  { filter, kind, status }: FilterOptions,
): Promise<Selection> {
  const filters = filter.map((text) => readFilter(text, sessionFields));
  const client = await deps.client();
  const listed = await client.sessions.fetch({ signal: io.signal });
  // A desktop app carries the id of its desktop, and deleting that would end the desktop.
  const sessions = listed.filter((session) => session.kind !== 'desktop-app');
  const fields = filters.map(({ field }) => field);
  checkFields(fields, sessions.map(sessionDocument), sessionFields);
  const fits = (session: SessionInfo) => {
    const document = sessionDocument(session);
    return (
      filters.every((one) => meets(document, one)) &&
      (kind === undefined || session.kind.toLowerCase() === kind.toLowerCase()) &&
      (status === undefined || sameStatus(session.status, status))
    );
  };
  return selectionOf(sessions.filter(fits));
}

/**
 * Finds the sessions that are named, or that meet the conditions where none are named.
 *
 * @param command - for the hint, for example `wait`
 * @throws {SkahaError} command.usage for both, or neither, and for what cannot be a condition
 */
export async function chooseSessions(
  io: Io,
  deps: Deps,
  command: string,
  options: FilterOptions & { sessions: readonly string[] },
): Promise<Selection> {
  checkFiltered(command, options.sessions, options);
  if (!isFiltered(options)) return selectSessions(io, deps, options.sessions);
  const selection = await selectFiltered(io, deps, options);
  if (selection.ids.length === 0) note(io, 'No session fits.');
  return selection;
}
