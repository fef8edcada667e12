import { confirm } from '@skaha/terminal/confirm.js';
import { type Io, isMachine, note } from '@skaha/terminal/io.js';
import type { ProgressMode } from '@skaha/terminal/output/progress-option.js';
import { render } from '@skaha/terminal/output/render.js';
import { createSteps } from '@skaha/terminal/output/steps.js';
import { table } from '@skaha/terminal/output/table.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import { relative, utc } from '@skaha/terminal/output/time.js';
import { formatDuration } from '@skaha/terminal/parse/duration.js';
import {
  type PatternKind,
  patternKinds,
  readNamePattern,
} from '@skaha/terminal/parse/name-pattern.js';
import { onlyOne } from '@skaha/terminal/usage.js';
import { sameStatus } from '@skaha/wire/status.js';
import { type DestroyedSession, isFinished, type RenewedSession, type SessionInfo } from 'skaha';
import type { OptionsOf, Run } from '../../command.js';
import type { Deps } from '../../environment/deps.js';
import { renderDone, showOutcome } from '../../output/outcome.js';
import type { deleteCommand, pruneCommand, renewCommand } from './definitions.js';
import { endingsOf, keepDeleted } from './endings.js';
import {
  attempt,
  chooseSessions,
  itemDocuments,
  ownSessions,
  type Scope,
  type Selection,
  selectionOf,
} from './select.js';
import { byStart, sessionColumns, sessionDocument } from './view.js';

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
export function deletionProgress(io: Io, deps: Deps, progress: ProgressMode) {
  const how = { mode: progress, now: deps.now, fewItems: fewSessions, reportsAll: false };
  const steps = createSteps(io, how);
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

/** Deletes the sessions of a selection, says how far it is, and then what was deleted. */
async function deleteAndShow(
  io: Io,
  deps: Deps,
  selection: Selection,
  progress: ProgressMode,
): Promise<void> {
  const { ids, known } = selection;
  const client = await deps.client();
  const { onDeleted, end } = deletionProgress(io, deps, progress);
  // How they have ended cannot be asked afterwards.
  const listed = ids.flatMap((id) => known.get(id) ?? []);
  await endingsOf(deps, listed, io);
  const deleted: { id: string; startTime: Date | undefined }[] = [];
  const onDestroyed = (session: DestroyedSession) => {
    deleted.push({ id: session.id, startTime: known.get(session.id)?.startTime });
    onDeleted(session, ids.length);
  };
  const outcome = await attempt(selection, (wanted) =>
    client.sessions.destroy(wanted, { signal: io.signal, onDestroyed }),
  ).finally(() => {
    end();
    return keepDeleted(deps, deleted);
  });
  await showOutcome(outcome, 'delete', () =>
    renderDone(io, 'deleted', outcome.done, itemDocuments('delete', selection, outcome)),
  );
}

const declined = 'Nothing was deleted.';

export const runDelete: Run<typeof deleteCommand> = async (io, deps, options) => {
  const selection = await chooseSessions(io, deps, 'delete', options);
  const isAgreed =
    selection.ids.length === 0 || (await confirm(io, deletionQuestion(selection), declined));
  if (isAgreed) await deleteAndShow(io, deps, selection, options.progress);
};

type PruneOptions = OptionsOf<typeof pruneCommand>;

function chosenKind({ prefix, glob, regex }: PruneOptions): PatternKind | undefined {
  const given = { '--prefix': prefix, '--glob': glob, '--regex': regex };
  const option = onlyOne(given, 'Use only one of them to say how NAME is meant.');
  return patternKinds.find((kind) => option === `--${kind}`);
}

function isMeant(session: SessionInfo, options: PruneOptions, now: number): boolean {
  const { kind = 'headless', status, olderThan } = options;
  if (kind !== 'all' && session.kind.toLowerCase() !== kind) return false;
  const fits =
    status === undefined ? isFinished(session.status) : sameStatus(session.status, status);
  if (status !== 'all' && !fits) return false;
  if (olderThan === undefined) return true;
  return session.startTime !== undefined && session.startTime.getTime() <= now - olderThan;
}

const mostShown = 20;

/** The list above the question, on standard error, not longer than a screen. */
function showAboveQuestion(io: Io, found: readonly SessionInfo[], now: number): void {
  const onError = { isTty: io.errIsTty, columns: io.columns, style: io.errStyle };
  io.err(table(onError, sessionColumns(now, false), found.slice(0, mostShown)));
  const more = found.length - mostShown;
  if (more > 0) io.err(`… and ${more} more; see them all with --dry-run\n`);
}

export const runPrune: Run<typeof pruneCommand> = async (io, deps, options) => {
  // The server stores names in lower case.
  const { matches, description } = readNamePattern(options.selector, chosenKind(options));
  const sessions = await ownSessions(io, deps);
  const now = deps.now();
  const found = sessions
    .filter((session) => isMeant(session, options, now) && matches(session.name))
    .sort(byStart);
  const total = count(found.length, 'session');
  note(io, `Looking for ${description}: ${total}.`);
  if (found.length === 0 && !isMachine(io.format)) return;
  if (options.dryRun || found.length === 0)
    return render(io, {
      data: found.map((session) => sessionDocument(session)),
      table: () => table(io, sessionColumns(now, false), found),
      names: () => found.map(({ id }) => id),
    });
  if (!io.assumeYes && io.mayAsk) showAboveQuestion(io, found, now);
  if (await confirm(io, `Delete ${total}?`, declined))
    await deleteAndShow(io, deps, selectionOf(found), options.progress);
};

/** Only what runs can be renewed, so of a pattern only that is meant. */
const runningOnly: Scope = {
  isMeant: ({ status }) => sameStatus(status, 'Running'),
  none: 'No running session matches.',
};

async function selectForRenewal(
  io: Io,
  deps: Deps,
  options: OptionsOf<typeof renewCommand>,
): Promise<Selection> {
  const { sessions, whenBelow } = options;
  // For cron: what is meant by a bound on the time alone is clear.
  const all = options.all || (whenBelow !== undefined && sessions.length === 0);
  const selection = await chooseSessions(io, deps, 'renew', { ...options, all }, runningOnly);
  if (whenBelow === undefined) return selection;
  // What is not known to have enough time left stays in.
  const ids = selection.ids.filter((id) => {
    const expiry = selection.known.get(id)?.expiryTime;
    return expiry === undefined || expiry.getTime() - deps.now() < whenBelow;
  });
  const enough = selection.ids.length - ids.length;
  const bound = formatDuration(whenBelow);
  if (enough > 0) note(io, `${count(enough, 'session')} not renewed: at least ${bound} left.`);
  return { ...selection, ids };
}

function renewalText({ id, name, before, after, changed }: RenewedSession, now: number): string {
  const what = `${id} (${plain(name)})`;
  if (after === undefined) return `renewed ${what}`;
  const until = `${utc(after)} (${relative(after, now)})`;
  if (!changed)
    return `no change for ${what}: expires ${until}; the platform gave it no more time than it had`;
  return `renewed ${what}: expires ${until}${before === undefined ? '' : `, was ${utc(before)}`}`;
}

export const runRenew: Run<typeof renewCommand> = async (io, deps, options) => {
  const selection = await selectForRenewal(io, deps, options);
  const client = await deps.client();
  const outcome = await attempt(selection, (ids) =>
    client.sessions.renew(ids, { signal: io.signal }),
  );
  const { done } = outcome;
  const renewed = new Map(done.map((session) => [session.id, session]));
  const text = (time: Date | undefined) => (time === undefined ? null : utc(time));
  await showOutcome(outcome, 'renew', () =>
    render(io, {
      data: itemDocuments('renew', selection, outcome).map((item) => {
        const { before, after, changed = false } = renewed.get(item.id) ?? {};
        return { ...item, before: text(before), after: text(after), changed };
      }),
      table: () => done.map((session) => `${renewalText(session, deps.now())}\n`).join(''),
      names: () => done.map(({ id }) => id),
    }),
  );
};
