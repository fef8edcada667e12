import { glob } from '@skaha/base/glob.js';
import { type Io, note } from '@skaha/terminal/io.js';
import { didYouMean } from '@skaha/terminal/nearest.js';
import { selectRows } from '@skaha/terminal/output/list.js';
import { plainRequest } from '@skaha/terminal/output/request.js';
import { usageError } from '@skaha/terminal/usage.js';
import { sameStatus } from '@skaha/wire/status.js';
import {
  type FailedItem,
  isSkahaError,
  PartialError,
  type SessionInfo,
  SkahaError,
  type Snapshot,
  snapshot,
} from 'skaha';
import type { OptionValues } from '../../command.js';
import type { Deps } from '../../environment/deps.js';
import { forEach, itemDocument, type Outcome, reworded } from '../../output/outcome.js';
import { toSkahaError } from '../../output/report.js';
import { readFilter } from '../../parse/filter.js';
import { type filterOptions, sessionFields } from '../options.js';
import { byStart, sessionDocument } from './view.js';

/** The sessions that the words of a command line mean. */
export interface Selection {
  /** In the order of the words, each once. */
  ids: readonly string[];
  /** What the server's list says about them; a session another list would show is not in it. */
  known: Snapshot;
  /** Words that mean no session. */
  missing: readonly FailedItem[];
}

/** The user's sessions without desktop apps, which carry the id of their desktop: deleting that would end it. */
export async function ownSessions({ signal }: Io, deps: Deps): Promise<SessionInfo[]> {
  const { sessions } = await deps.client();
  return (await sessions.fetch({ signal })).filter(({ kind }) => kind !== 'desktop-app');
}

const looksLikeId = /^[a-z0-9]{8}$/;

/** The next step for a word that means no session: what was probably meant. */
function hintFor(word: string, sessions: readonly SessionInfo[]): string {
  const words = [...sessions.map(({ name }) => name), ...sessions.map(({ id }) => id)];
  return didYouMean(word, words, "See your sessions with 'skaha ps --all'.");
}

const noSession = (word: string, message: string, hint: string): SkahaError =>
  new SkahaError('session.not_found', message, { id: word, hint });

const notFound = (word: string, sessions: readonly SessionInfo[]): SkahaError =>
  noSession(word, `There is no session '${word}'.`, hintFor(word, sessions));

/** An id that the server does not know may be a mistyped one of those that it lists. */
export function withGuess<Failure>(error: Failure, { known }: Selection): Failure | SkahaError {
  if (!isSkahaError(error, 'session.not_found') || error.id === undefined || known.has(error.id))
    return error;
  return reworded(error, { hint: hintFor(error.id, [...known.values()]) });
}

/** Which members of a pattern or a batch are meant; those named one by one always are. */
type Condition = (session: SessionInfo) => boolean;

/** The ids in the journal of a batch that was launched from here; undefined when there is none. */
async function batchIds(deps: Deps, job: string): Promise<ReadonlySet<string> | undefined> {
  try {
    const { state } = await (await deps.jobs()).read(job);
    return state && new Set(state.items.flatMap(({ id }) => id ?? []));
  } catch (error) {
    // No batch, no name of one, or one that cannot be read: then it is no batch that is meant.
    if (isSkahaError(error)) return undefined;
    throw error;
  }
}

/**
 * What a word means.
 *
 * @throws {SkahaError} session.not_found where it means nothing
 */
async function match(
  deps: Deps,
  word: string,
  sessions: readonly SessionInfo[],
  isMeant: Condition,
): Promise<readonly string[]> {
  if (word === 'latest') {
    const last = [...sessions].sort(byStart).at(-1);
    if (last === undefined) throw notFound(word, sessions);
    return [last.id];
  }
  if (sessions.some(({ id }) => id === word)) return [word];
  const name = word.toLowerCase();
  const members = (group: readonly SessionInfo[]) => selectionOf(group.filter(isMeant)).ids;
  if (/[*?]/.test(word)) {
    const pattern = glob(name);
    const group = sessions.filter((session) => pattern.test(session.name));
    if (group.length > 0) return members(group);
    const hint =
      "See your sessions with 'skaha ps --all'; * stands for any text, ? for one character.";
    throw noSession(word, `No session has a name that matches '${word}'.`, hint);
  }
  const named = sessions.filter((session) => session.name === name);
  const [only] = named;
  if (only !== undefined && named.length === 1) return [only.id];
  const batch = await batchIds(deps, word);
  if (batch !== undefined) {
    const group = sessions.filter(({ id }) => batch.has(id));
    if (group.length > 0) return members(group);
    const message = `The platform no longer lists any session of the batch '${word}'.`;
    throw noSession(word, message, `See what became of them with 'skaha jobs show ${word}'.`);
  }
  if (named.length > 1) {
    const list = named.map(({ id, status }) => `${id} (${status})`).join(', ');
    throw usageError(
      `${named.length} sessions are called '${word}'.`,
      `Use one of the ids: ${list}.`,
    );
  }
  // Finished sessions leave the list before the server forgets them: let it decide.
  if (!looksLikeId.test(word)) throw notFound(word, sessions);
  return [word];
}

/**
 * Finds the sessions that are meant by ids, unique names, patterns of names, names of batches,
 * `latest`, or `-` for words on standard input.
 *
 * @param isMeant - which sessions of a pattern or a batch are meant
 * @throws {SkahaError} command.usage when a name fits several sessions
 */
export async function selectSessions(
  io: Io,
  deps: Deps,
  words: readonly string[],
  isMeant: Condition = () => true,
): Promise<Selection> {
  const piped = words.includes('-') ? (await io.readAll()).split(/\s+/).filter(Boolean) : undefined;
  if (piped?.length === 0) note(io, 'No sessions were given on standard input.');
  const asked = words.flatMap((word) => (word === '-' ? (piped ?? []) : [word]));
  if (asked.length === 0) return selectionOf([]);
  const sessions = await ownSessions(io, deps);
  const isUnknown = ({ code }: SkahaError) => code === 'session.not_found';
  const find = (word: string) => match(deps, word, sessions, isMeant);
  const { done, failed } = await forEach(io, asked, String, find, isUnknown);
  return { ids: [...new Set(done.flat())], known: snapshot(sessions), missing: failed };
}

/**
 * Finds the one session that a word means.
 *
 * @param isMany - the error for a word that means another number of sessions
 * @throws {SkahaError} session.not_found, and the error for more than one
 */
export async function selectOne(
  io: Io,
  deps: Deps,
  word: string,
  isMany: (total: number) => Error,
): Promise<{ id: string; known: Selection['known'] }> {
  const { ids, known, missing } = await selectSessions(io, deps, [word]);
  if (missing[0] !== undefined) throw missing[0].error;
  const [id, ...more] = ids;
  if (id === undefined || more.length > 0) throw isMany(ids.length);
  return { id, known };
}

/** Conditions on sessions; all of them must be met. */
type FilterOptions = OptionValues<typeof filterOptions>;

/** The sessions of a list as a selection, oldest first. */
export function selectionOf(sessions: readonly SessionInfo[]): Selection {
  const sorted = [...sessions].sort(byStart);
  return { ids: sorted.map(({ id }) => id), known: snapshot(sorted), missing: [] };
}

/**
 * Finds the sessions that meet the conditions.
 *
 * @throws {SkahaError} command.usage for a filter on something that no session has: a mistyped
 *   name must not choose everything
 */
async function filteredSessions(
  io: Io,
  deps: Deps,
  { filter, kind, status }: FilterOptions,
): Promise<SessionInfo[]> {
  const filters = filter.map((text) => readFilter(text, sessionFields));
  const rows = await ownSessions(io, deps);
  const list = { rows, document: (session: SessionInfo) => sessionDocument(session), columns: [] };
  const output = { ...plainRequest, filters, known: sessionFields };
  return selectRows({ output }, list).filter(
    (session) =>
      (kind === undefined || session.kind.toLowerCase() === kind.toLowerCase()) &&
      (status === undefined || sameStatus(session.status, status)),
  );
}

/** Which sessions a command is for at all. */
export interface Scope {
  /** Of a pattern, a batch or conditions only these are meant; those named one by one always are. */
  isMeant: Condition;
  /** What to say when it leaves nothing. */
  none: string;
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
  scope?: Scope,
): Promise<Selection> {
  const { all, filter, kind, sessions, status } = options;
  const isFiltered = all || filter.length > 0 || kind !== undefined || status !== undefined;
  if (isFiltered === sessions.length > 0)
    throw usageError(
      isFiltered
        ? 'SESSION cannot be used together with --all, --filter, --kind or --status.'
        : 'SESSION is missing.',
      `Give the sessions, or select them with --filter, --kind and --status, as in: 'skaha ${command} --kind headless'`,
    );
  const { isMeant = () => true, none = 'No session matches.' } = scope ?? {};
  const selection = isFiltered
    ? selectionOf((await filteredSessions(io, deps, options)).filter(isMeant))
    : await selectSessions(io, deps, sessions, isMeant);
  const isEmpty = selection.ids.length + selection.missing.length === 0;
  if (isEmpty && (isFiltered || scope !== undefined)) note(io, none);
  return selection;
}

/** Codes of errors that every other session would meet as well. */
const concernsEverything =
  /^(authentication|client|command|config|server|transport)\.|^(internal|request\.aborted|wait\.timeout)$/;

/**
 * Calls the library for the sessions of a selection, and keeps what was done apart from what was not.
 *
 * @param call - gets at least one id
 * @throws {SkahaError} what is not about single sessions: credentials, cancellation
 */
export async function attempt<Done>(
  selection: Selection,
  call: (ids: readonly string[]) => Promise<readonly Done[]>,
): Promise<Outcome<Done>> {
  const { ids, missing } = selection;
  const [first] = ids;
  if (first === undefined) return { done: [], failed: missing };
  try {
    return { done: await call(ids), failed: missing };
  } catch (error) {
    if (error instanceof PartialError) {
      const failed = error.failed.map((item) => ({
        ...item,
        error: withGuess(item.error, selection),
      }));
      return { done: error.done, failed: [...missing, ...failed] };
    }
    const reason = withGuess(error, selection);
    // The only one that was found failed like those that were not.
    const isOneOfMany = ids.length === 1 && missing.length > 0;
    if (!isOneOfMany || !isSkahaError(reason) || concernsEverything.test(reason.code)) throw reason;
    return { done: [], failed: [...missing, { index: 0, item: first, error: reason }] };
  }
}

/**
 * Follows all sessions of a selection at the same time, and keeps those that were followed to their
 * end apart from those that were not.
 *
 * @throws the reason of `io.signal` when that aborts
 */
export async function followEach(
  { signal }: Pick<Io, 'signal'>,
  { ids, missing }: Selection,
  follow: (id: string) => Promise<void>,
): Promise<Outcome<string>> {
  const ends = await Promise.allSettled(ids.map(follow));
  signal.throwIfAborted();
  const failed = ends.flatMap((end, index) =>
    end.status === 'fulfilled'
      ? []
      : [{ index, item: ids[index] ?? '', error: toSkahaError(end.reason) }],
  );
  const done = ids.filter((_, index) => ends[index]?.status === 'fulfilled');
  return { done, failed: [...missing, ...failed] };
}

/**
 * What became of each session for programs, in the order in which they were named.
 *
 * @param action - what was done, for example `delete`
 */
export function itemDocuments(
  action: string,
  { ids, known, missing }: Selection,
  { done, failed }: Outcome<{ id: string; name: string }>,
) {
  const names = new Map(done.map(({ id, name }) => [id, name]));
  const errors = new Map(failed.map(({ item, error }) => [item, error]));
  const words = new Set([...ids, ...missing.map(({ item }) => item)]);
  return [...words].map((id) => {
    const name = names.get(id) ?? known.get(id)?.name ?? null;
    return itemDocument(action, { id, name }, errors.get(id));
  });
}
