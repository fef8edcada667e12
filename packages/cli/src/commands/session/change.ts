import { glob } from '@skaha/base/glob.js';
import { confirm } from '@skaha/terminal/confirm.js';
import { type Io, isMachine, note } from '@skaha/terminal/io.js';
import { progressMode } from '@skaha/terminal/output/progress-option.js';
import { render } from '@skaha/terminal/output/render.js';
import { createSteps } from '@skaha/terminal/output/steps.js';
import { table } from '@skaha/terminal/output/table.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import { relative, utc } from '@skaha/terminal/output/time.js';
import { formatDuration } from '@skaha/terminal/parse/duration.js';
import { onlyOne, usageError } from '@skaha/terminal/usage.js';
import { sameStatus } from '@skaha/wire/status.js';
import {
  type DestroyedSession,
  type ErrorDocument,
  isFinished,
  type RenewedSession,
  type SessionInfo,
} from 'skaha';
import type { OptionsOf, Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import {
  isNothing,
  itemDocument,
  type Outcome,
  renderDone,
  throwIfFailed,
} from '../../output/outcome.js';
import type { deleteCommand, pruneCommand, renewCommand } from './definitions.js';
import { endingsOf, keepDeleted } from './endings.js';
import {
  attempt,
  checkFiltered,
  chooseSessions,
  isFiltered,
  ownSessions,
  type Selection,
  selectFiltered,
  selectionOf,
  selectSessions,
} from './select.js';
import { byStart, sessionColumns, sessionDocument } from './view.js';

export interface ItemDocument {
  /** The id, or the word of the command line that means no session. */
  id: string;
  name: string | null;
  ok: boolean;
  action: string;
  error: ErrorDocument | null;
}

/**
 * What became of each session, in the order in which they were named.
 *
 * @param action - what was done, for example `delete`
 */
export function itemDocuments(
  action: string,
  selection: Selection,
  outcome: Outcome<{ id: string; name: string }>,
): ItemDocument[] {
  const documents = new Map<string, ItemDocument>();
  for (const { id, name } of outcome.done) documents.set(id, itemDocument(action, { id, name }));
  for (const { item, error } of outcome.failed) {
    const name = selection.known.get(item)?.name ?? null;
    documents.set(item, itemDocument(action, { id: item, name }, error));
  }
  const missing = selection.missing.map(({ item }) => item);
  return [...new Set([...selection.ids, ...missing])].flatMap((id) => documents.get(id) ?? []);
}

/** How the text of a selector is understood. */
export type SelectorKind = 'prefix' | 'glob' | 'regex';

/** A way to pick sessions by name. */
export interface NameSelector {
  kind: SelectorKind;
  matches(name: string): boolean;
  /** In words, for example `names beginning with 'ab'`. */
  description: string;
}

function guessKind(text: string): SelectorKind {
  if (/^[A-Za-z0-9-]*$/.test(text)) return 'prefix';
  return /^[A-Za-z0-9*?-]+$/.test(text) ? 'glob' : 'regex';
}

function compile(text: string): RegExp {
  try {
    return new RegExp(text, 'i');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw usageError(
      `'${text}' is not a regular expression: ${reason}.`,
      'Use --prefix or --glob if you did not mean one.',
    );
  }
}

/**
 * Understands a selector of names: plain text is a prefix; with `*` or `?` alone it is a pattern
 * for whole names; with any other special character a regular expression found anywhere.
 *
 * @param forced - the kind, when the user says so
 * @throws {SkahaError} command.usage for an invalid regular expression
 */
export function nameSelector(text: string, forced?: SelectorKind): NameSelector {
  const kind = forced ?? guessKind(text);
  // The server stores names in lower case.
  const lower = text.toLowerCase();
  if (kind === 'prefix')
    return {
      kind,
      matches: (name) => name.startsWith(lower),
      description: `names beginning with '${text}'`,
    };
  if (kind === 'glob') {
    const whole = glob(lower);
    return { kind, matches: (name) => whole.test(name), description: `names like '${text}'` };
  }
  const expression = compile(text);
  return {
    kind,
    matches: (name) => expression.test(name),
    description: `names matching the regular expression /${text}/`,
  };
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

/** Says how many sessions are gone; which they are is told at the end. */
export function deletionTeller(io: Io, deps: Deps, progress: string) {
  const mode = progressMode(progress);
  const steps = createSteps(io, { mode, now: deps.now, fewItems: shownNames, tellsAll: false });
  let done = 0;
  return {
    tell: ({ id, name }: DestroyedSession, total: number) => {
      done += 1;
      const text = `deleted ${id} (${plain(name)})`;
      const summary = `${done} of ${count(total, 'session')} deleted`;
      steps.step({ event: 'delete', id, phase: 'deleted', done, total, text, summary });
    },
    end: () => steps.end(),
  };
}

/** Deletes the sessions of a selection, and tells how far it is. */
export async function deleteAll(
  io: Io,
  deps: Deps,
  selection: Selection,
  progress: string,
): Promise<Outcome<DestroyedSession>> {
  const client = await deps.client();
  const teller = deletionTeller(io, deps, progress);
  const known = selection.ids.flatMap((id) => selection.known.get(id) ?? []);
  // How they have ended cannot be asked afterwards.
  await endingsOf(deps, client, known, io);
  const deleted: DestroyedSession[] = [];
  const onDestroyed = (session: DestroyedSession) => {
    deleted.push(session);
    teller.tell(session, selection.ids.length);
  };
  try {
    return await attempt(selection, (ids) =>
      client.sessions.destroy(ids, { signal: io.signal, onDestroyed }),
    );
  } finally {
    teller.end();
    const open = deleted.map(({ id }) => ({ id, startTime: selection.known.get(id)?.startTime }));
    await keepDeleted(deps, open);
  }
}

export async function showDeleted(
  io: Io,
  selection: Selection,
  outcome: Outcome<DestroyedSession>,
): Promise<void> {
  if (isNothing(outcome)) return;
  await renderDone(io, 'deleted', outcome.done, itemDocuments('delete', selection, outcome));
}

export const runDelete: Run<typeof deleteCommand> = async (io, deps, options) => {
  const { progress } = options;
  const selection = await chooseSessions(io, deps, 'delete', options);
  if (isFiltered(options) && selection.ids.length === 0) {
    if (isMachine(io.format)) await render(io, { data: [], table: () => '' });
    return;
  }
  if (
    selection.ids.length > 0 &&
    !(await confirm(io, deletionQuestion(selection), 'Nothing was deleted.'))
  )
    return;
  const outcome = await deleteAll(io, deps, selection, progress);
  await showDeleted(io, selection, outcome);
  throwIfFailed(outcome, 'delete');
};

export type PruneOptions = OptionsOf<typeof pruneCommand>;

const shownSessions = 20;

function forcedKind({ prefix, glob, regex }: PruneOptions): SelectorKind | undefined {
  onlyOne(
    { '--prefix': prefix, '--glob': glob, '--regex': regex },
    'Use only one of them to say how NAME is meant.',
  );
  return prefix ? 'prefix' : glob ? 'glob' : regex ? 'regex' : undefined;
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

async function showList(io: Io, found: readonly SessionInfo[], now: number): Promise<void> {
  await render(io, {
    data: found.map((session) => sessionDocument(session)),
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

export const runPrune: Run<typeof pruneCommand> = async (io, deps, options) => {
  const selector = nameSelector(options.selector, forcedKind(options));
  const client = await deps.client();
  const sessions = await ownSessions(client, io);
  const now = deps.now();
  const found = sessions
    .filter((session) => isMeant(session, options, now) && selector.matches(session.name))
    .sort(byStart);
  note(io, `Looking for ${selector.description}: ${count(found.length, 'session')}.`);
  if (options.dryRun) {
    if (found.length > 0 || isMachine(io.format)) await showList(io, found, now);
    return;
  }
  if (found.length === 0) {
    if (isMachine(io.format)) await showList(io, found, now);
    return;
  }
  const selection = selectionOf(found);
  if (!io.assumeYes && io.mayAsk) showQuestioned(io, found, now);
  const question = `Delete ${count(found.length, 'session')}?`;
  if (!(await confirm(io, question, 'Nothing was deleted.'))) return;
  const outcome = await deleteAll(io, deps, selection, options.progress);
  await showDeleted(io, selection, outcome);
  throwIfFailed(outcome, 'delete');
};

export type RenewOptions = OptionsOf<typeof renewCommand>;

/** Only what runs can be renewed, so only that is chosen. */
const selectRunning = (io: Io, deps: Deps, options: RenewOptions): Promise<Selection> =>
  selectFiltered(io, deps, { ...options, status: 'Running' });

/** Leaves out sessions that have more time left; what is not known to have it stays in. */
function withLittleLeft(
  io: Io,
  selection: Selection,
  { now, whenBelow }: { now: number; whenBelow: number | undefined },
): Selection {
  if (whenBelow === undefined) return selection;
  const hasEnough = (id: string): boolean => {
    const expiry = selection.known.get(id)?.expiryTime;
    return expiry !== undefined && expiry.getTime() - now >= whenBelow;
  };
  const ids = selection.ids.filter((id) => !hasEnough(id));
  const enough = selection.ids.length - ids.length;
  if (enough > 0)
    note(
      io,
      `${count(enough, 'session')} not renewed: at least ${formatDuration(whenBelow)} left.`,
    );
  return { ...selection, ids };
}

async function select(io: Io, deps: Deps, options: RenewOptions): Promise<Selection> {
  const { sessions, whenBelow } = options;
  // For cron: what is meant by a bound on the time alone is clear.
  const isAll = options.all || (whenBelow !== undefined && sessions.length === 0);
  const chosen = { ...options, all: isAll };
  checkFiltered('renew', sessions, chosen);
  const selection = isFiltered(chosen)
    ? await selectRunning(io, deps, chosen)
    : await selectSessions(io, deps, sessions, ({ status }) => sameStatus(status, 'Running'));
  if (selection.ids.length + selection.missing.length === 0)
    note(io, 'No running session matches.');
  return withLittleLeft(io, selection, { now: deps.now(), whenBelow });
}

function sentence({ id, name, before, after, changed }: RenewedSession, now: number): string {
  const what = `${id} (${plain(name)})`;
  if (after === undefined) return `renewed ${what}`;
  const until = `${utc(after)} (${relative(after, now)})`;
  if (!changed) {
    return `no change for ${what}: expires ${until}; the platform gave it no more time than it had`;
  }
  return `renewed ${what}: expires ${until}${before === undefined ? '' : `, was ${utc(before)}`}`;
}

export const runRenew: Run<typeof renewCommand> = async (io, deps, options) => {
  const selection = await select(io, deps, options);
  const client = await deps.client();
  const outcome = await attempt(selection, (ids) =>
    client.sessions.renew(ids, { signal: io.signal }),
  );
  const renewed = new Map(outcome.done.map((session) => [session.id, session]));
  const text = (time: Date | undefined) => (time === undefined ? null : utc(time));
  if (!isNothing(outcome)) {
    await render(io, {
      data: itemDocuments('renew', selection, outcome).map((item) => ({
        ...item,
        before: text(renewed.get(item.id)?.before),
        after: text(renewed.get(item.id)?.after),
        changed: renewed.get(item.id)?.changed ?? false,
      })),
      table: () => outcome.done.map((session) => `${sentence(session, deps.now())}\n`).join(''),
      names: () => outcome.done.map(({ id }) => id),
    });
  }
  throwIfFailed(outcome, 'renew');
};
