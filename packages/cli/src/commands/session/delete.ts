import { confirm } from '@skaha/terminal/confirm.js';
import type { Io } from '@skaha/terminal/io.js';
import { progressMode } from '@skaha/terminal/output/progress-option.js';
import { createSteps } from '@skaha/terminal/output/steps.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import type { DestroyedSession } from 'skaha';
import type { Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import { isNothing, type Outcome, renderDone, throwIfFailed } from '../../output/outcome.js';
import { attempt, itemDocuments } from './attempt.js';
import type { deleteCommand } from './definitions.js';
import { endingsOf, keepDeleted } from './endings.js';
import { chooseSessions, type Selection } from './select.js';

const fewSessions = 8;

/** The question before sessions are deleted, with their names as far as they are known. */
function deletionQuestion({ ids, known }: Selection): string {
  const names = ids.map((id) => {
    const name = known.get(id)?.name;
    return name === undefined ? id : `${plain(name)} (${id})`;
  });
  const more = names.length - fewSessions;
  const list = more > 0 ? [...names.slice(0, fewSessions), `… and ${more} more`] : names;
  return `Delete ${count(names.length, 'session')}: ${list.join(', ')}?`;
}

/** Says how many sessions are gone; which they are is said at the end. */
export function deletionProgress(io: Io, deps: Deps, progress: string) {
  const mode = progressMode(progress);
  const steps = createSteps(io, { mode, now: deps.now, fewItems: fewSessions, reportsAll: false });
  let done = 0;
  return {
    onDeleted: ({ id, name }: DestroyedSession, total: number) => {
      done += 1;
      const text = `deleted ${id} (${plain(name)})`;
      const summary = `${done} of ${count(total, 'session')} deleted`;
      steps.step({ event: 'delete', id, phase: 'deleted', done, total, text, summary });
    },
    end: () => steps.end(),
  };
}

async function deleteAll(
  io: Io,
  deps: Deps,
  selection: Selection,
  progress: string,
): Promise<Outcome<DestroyedSession>> {
  const { ids, known } = selection;
  const client = await deps.client();
  const report = deletionProgress(io, deps, progress);
  // How they have ended cannot be asked afterwards.
  const listed = ids.flatMap((id) => known.get(id) ?? []);
  await endingsOf(deps, client, listed, io);
  const deleted: DestroyedSession[] = [];
  const onDestroyed = (session: DestroyedSession) => {
    deleted.push(session);
    report.onDeleted(session, ids.length);
  };
  try {
    return await attempt(selection, (wanted) =>
      client.sessions.destroy(wanted, { signal: io.signal, onDestroyed }),
    );
  } finally {
    report.end();
    await keepDeleted(
      deps,
      deleted.map(({ id }) => ({ id, startTime: known.get(id)?.startTime })),
    );
  }
}

/** Deletes the sessions of a selection, says how far it is, and then what was deleted. */
export async function deleteAndShow(
  io: Io,
  deps: Deps,
  selection: Selection,
  progress: string,
): Promise<void> {
  const outcome = await deleteAll(io, deps, selection, progress);
  if (!isNothing(outcome))
    await renderDone(io, 'deleted', outcome.done, itemDocuments('delete', selection, outcome));
  throwIfFailed(outcome, 'delete');
}

export const runDelete: Run<typeof deleteCommand> = async (io, deps, options) => {
  const selection = await chooseSessions(io, deps, 'delete', options);
  if (
    selection.ids.length === 0 ||
    (await confirm(io, deletionQuestion(selection), 'Nothing was deleted.'))
  )
    await deleteAndShow(io, deps, selection, options.progress);
};
