import { glob } from '@skaha/base/glob.js';
import { type Io, note } from '@skaha/terminal/io.js';
import { didYouMean } from '@skaha/terminal/nearest.js';
import { checkFields } from '@skaha/terminal/output/field.js';
import { meets } from '@skaha/terminal/output/filter.js';
import { usageError } from '@skaha/terminal/usage.js';
import { sameStatus } from '@skaha/wire/status.js';
import {
  type FailedItem,
  isSkahaError,
  type SessionInfo,
  type SkahaClient,
  SkahaError,
} from 'skaha';
import type { Deps } from '../../deps.js';
import { reworded } from '../../output/outcome.js';
import { readFilter } from '../../parse/filter.js';
import { sessionFields } from '../options.js';
import { byStart, sessionDocument } from './view.js';

/** The sessions that the words of a command line mean. */
export interface Selection {
  /** In the order of the words, each once. */
  ids: readonly string[];
  /** What the server's list says about them; a session another list would show is not in it. */
  known: ReadonlyMap<string, SessionInfo>;
  /** Words that mean no session. */
  missing: readonly FailedItem[];
}

/** The user's sessions without desktop apps, which carry the id of their desktop: deleting that would end it. */
export const ownSessions = async (
  client: SkahaClient,
  { signal }: { signal: AbortSignal },
): Promise<SessionInfo[]> =>
  (await client.sessions.fetch({ signal })).filter(({ kind }) => kind !== 'desktop-app');

const byId = (sessions: readonly SessionInfo[]): ReadonlyMap<string, SessionInfo> =>
  new Map(sessions.map((session) => [session.id, session]));

const looksLikeId = /^[a-z0-9]{8}$/;

async function expand(io: Io, words: readonly string[]): Promise<string[]> {
  if (!words.includes('-')) return [...words];
  const piped = (await io.readAll()).split(/\s+/).filter((word) => word !== '');
  if (piped.length === 0) note(io, 'No sessions were given on standard input.');
  return words.flatMap((word) => (word === '-' ? piped : [word]));
}

/** The next step for a word that means no session: what was probably meant. */
function hintFor(word: string, sessions: Iterable<SessionInfo>): string {
  const known = [...sessions];
  const words = [...known.map(({ name }) => name), ...known.map(({ id }) => id)];
  return didYouMean(word, words, "See your sessions with 'skaha ps --all'.");
}

const noSession = (word: string, message: string, hint: string): SkahaError =>
  new SkahaError('session.not_found', message, { id: word, hint });

const notFound = (word: string, sessions: readonly SessionInfo[]): SkahaError =>
  noSession(word, `There is no session '${word}'.`, hintFor(word, sessions));

/** An id that the server does not know may be a mistyped one of those that it lists. */
export function withGuess<Failure>(
  error: Failure,
  { known }: Pick<Selection, 'known'>,
): Failure | SkahaError {
  if (!isSkahaError(error, 'session.not_found') || error.id === undefined || known.has(error.id))
    return error;
  return reworded(error, { hint: hintFor(error.id, known.values()) });
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

/** What a word means; an error where it means nothing. */
async function match(
  deps: Deps,
  word: string,
  sessions: readonly SessionInfo[],
  isMeant: Condition,
): Promise<readonly string[] | SkahaError> {
  if (word === 'latest') {
    const last = [...sessions].sort(byStart).at(-1);
    return last === undefined ? notFound(word, sessions) : [last.id];
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
    return noSession(word, `No session has a name that matches '${word}'.`, hint);
  }
  const named = sessions.filter((session) => session.name === name);
  const [only] = named;
  if (only !== undefined && named.length === 1) return [only.id];
  const batch = await batchIds(deps, word);
  if (batch !== undefined) {
    const group = sessions.filter(({ id }) => batch.has(id));
    if (group.length > 0) return members(group);
    const message = `The platform no longer lists any session of the batch '${word}'.`;
    return noSession(word, message, `See what became of them with 'skaha jobs show ${word}'.`);
  }
  if (named.length > 1) {
    const list = named.map(({ id, status }) => `${id} (${status})`).join(', ');
    throw usageError(
      `${named.length} sessions are called '${word}'.`,
      `Use one of the ids: ${list}.`,
    );
  }
  // Finished sessions leave the list before the server forgets them: let it decide.
  return looksLikeId.test(word) ? [word] : notFound(word, sessions);
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
  const asked = await expand(io, words);
  if (asked.length === 0) return { ids: [], known: new Map(), missing: [] };
  const client = await deps.client();
  const sessions = await ownSessions(client, io);
  const ids = new Set<string>();
  const missing: FailedItem[] = [];
  for (const [index, word] of asked.entries()) {
    const found = await match(deps, word, sessions, isMeant);
    if (found instanceof SkahaError) missing.push({ index, item: word, error: found });
    else for (const id of found) ids.add(id);
  }
  return { ids: [...ids], known: byId(sessions), missing };
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
export interface FilterOptions {
  all: boolean;
  filter: readonly string[];
  kind?: string | undefined;
  status?: string | undefined;
}

/** No conditions: for sessions that are named. */
export const noFilter: FilterOptions = { all: false, filter: [] };

/** The sessions of a list as a selection, oldest first. */
export function selectionOf(sessions: readonly SessionInfo[]): Selection {
  const sorted = [...sessions].sort(byStart);
  return { ids: sorted.map(({ id }) => id), known: byId(sorted), missing: [] };
}

/**
 * Finds the sessions that meet the conditions.
 *
 * @throws {SkahaError} command.usage for a filter on something that no session has: a mistyped
 *   name must not choose everything
 */
async function selectFiltered(
  io: Io,
  deps: Deps,
  { filter, kind, status }: FilterOptions,
  isMeant: Condition,
): Promise<Selection> {
  const filters = filter.map((text) => readFilter(text, sessionFields));
  const sessions = await ownSessions(await deps.client(), io);
  const documents = sessions.map((session) => sessionDocument(session));
  checkFields(
    filters.map(({ field }) => field),
    documents,
    sessionFields,
  );
  const fits = (session: SessionInfo, index: number) =>
    filters.every((one) => meets(documents[index], one)) &&
    (kind === undefined || session.kind.toLowerCase() === kind.toLowerCase()) &&
    (status === undefined || sameStatus(session.status, status)) &&
    isMeant(session);
  return selectionOf(sessions.filter(fits));
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
    ? await selectFiltered(io, deps, options, isMeant)
    : await selectSessions(io, deps, sessions, isMeant);
  const isEmpty = selection.ids.length + selection.missing.length === 0;
  if (isEmpty && (isFiltered || scope !== undefined)) note(io, none);
  return selection;
}
