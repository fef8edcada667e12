import { confirm } from '@skaha/terminal/confirm.js';
import { type Io, isMachine, note } from '@skaha/terminal/io.js';
import { progressMode } from '@skaha/terminal/output/progress-option.js';
import { render } from '@skaha/terminal/output/render.js';
import { createSteps } from '@skaha/terminal/output/steps.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import type { DestroyedSession } from 'skaha';
import type { Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import { attempt, type Outcome, type Selection, throwIfFailed } from '../../select.js';
import { chooseSessions, type FilterOptions, isFiltered } from './filtered.js';
import { itemDocuments } from './items.js';

export interface DeleteOptions extends FilterOptions {
  sessions: readonly string[];
  progress: string;
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

/**
 * Deletes the sessions of a selection, and tells how far it is.
 *
 * @param progress - how to tell
 */
export async function deleteAll(
  io: Io,
  deps: Deps,
  selection: Selection,
  progress: string,
): Promise<Outcome<DestroyedSession>> {
  const client = await deps.client();
  const total = selection.ids.length;
  const mode = progressMode(progress);
  const steps = createSteps(io, { mode, now: deps.now, fewItems: shownNames, tellsAll: false });
  let done = 0;
  const onDestroyed = ({ id, name }: DestroyedSession) => {
    done += 1;
    const words = {
      text: `deleted ${id} (${plain(name)})`,
      summary: `${done} of ${count(total, 'session')} deleted`,
    };
    steps.step({ event: 'delete', id, phase: 'deleted', done, total, ...words });
  };
  try {
    return await attempt(selection, (ids) =>
      client.sessions.destroy(ids, { signal: io.signal, onDestroyed }),
    );
  } finally {
    steps.end();
  }
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
export const runDelete: Run<DeleteOptions> = async (io, deps, options) => {
  const { progress } = options;
  const selection = await chooseSessions(io, deps, 'delete', options);
  if (isFiltered(options) && selection.ids.length === 0) {
    if (isMachine(io.format)) await render(io, { data: [], table: () => '' });
    return undefined;
  }
  if (selection.ids.length > 0 && !(await confirm(io, deletionQuestion(selection)))) {
    note(io, 'Nothing was deleted.');
    return undefined;
  }
  const outcome = await deleteAll(io, deps, selection, progress);
  await showDeleted(io, selection, outcome);
  throwIfFailed(outcome, 'delete');
  return undefined;
};
