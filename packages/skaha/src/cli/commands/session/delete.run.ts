import type { DestroyedSession } from '../../../session/types.js';
import type { Run } from '../../command.js';
import { confirm } from '../../confirm.js';
import { type Io, note } from '../../io.js';
import { render } from '../../output/render.js';
import { count, plain } from '../../output/text.js';
import {
  attempt,
  type Outcome,
  type Selection,
  selectSessions,
  throwIfFailed,
} from '../../select.js';
import { itemDocuments } from './items.js';

export interface DeleteOptions {
  sessions: readonly string[];
}

const shownNames = 8;

/** The question before sessions are deleted, with their names as far as they are known. */
export function deletionQuestion(selection: Selection): string {
  const names = selection.ids.map((id) => {
    const name = selection.known.get(id)?.name;
    return name === undefined ? id : `${plain(name)} (${id})`;
  });
  const more = names.length - shownNames;
  const list = more > 0 ? [...names.slice(0, shownNames), `… and ${more} more`] : names;
  return `Delete ${count(names.length, 'session')}: ${list.join(', ')}?`;
}

/** Prints what was deleted. */
export async function showDeleted(
  io: Io,
  selection: Selection,
  outcome: Outcome<DestroyedSession>,
): Promise<void> {
  if (outcome.done.length === 0 && outcome.failed.length > 0) return;
  await render(io, {
    data: itemDocuments('delete', selection, outcome),
    table: () => outcome.done.map(({ id, name }) => `deleted ${id} (${plain(name)})\n`).join(''),
    names: () => outcome.done.map(({ id }) => id),
  });
}

/** Deletes sessions. */
export const runDelete: Run<DeleteOptions> = async (io, deps, { sessions }) => {
  const client = await deps.client();
  const selection = await selectSessions(io, deps, sessions);
  if (selection.ids.length > 0 && !(await confirm(io, deletionQuestion(selection)))) {
    note(io, 'Nothing was deleted.');
    return undefined;
  }
  const outcome = await attempt(selection, (ids) =>
    client.sessions.destroy(ids, { signal: io.signal }),
  );
  await showDeleted(io, selection, outcome);
  throwIfFailed(outcome, 'delete');
  return undefined;
};
