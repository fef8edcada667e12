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
  PartialError,
  type SessionInfo,
  type SkahaClient,
  SkahaError,
} from 'skaha';
import type { Deps } from '../../deps.js';
import { type Outcome, reworded } from '../../output/outcome.js';
import { toSkahaError } from '../../output/report.js';
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

const looksLikeId = /^[a-z0-9]{8}$/;

async function expand(io: Io, words: readonly string[]): Promise<string[]> {
  if (!words.includes('-')) return [...words];
  const piped = (await io.readAll()).split(/\s+/).filter((word) => word !== '');
  if (piped.length === 0) note(io, 'No sessions were given on standard input.');
  return words.flatMap((word) => (word === '-' ? piped : [word]));
}

function ambiguous(name: string, matches: readonly SessionInfo[]): never {
  const list = matches.map((session) => `${session.id} (${session.status})`).join(', ');
  throw usageError(
    `${matches.length} sessions are called '${name}'.`,
    `Use one of the ids: ${list}.`,
  );
}

/** The next step for a word that means no session: what was probably meant. */
function hintFor(word: string, sessions: Iterable<SessionInfo>): string {
  const known = [...sessions];
  const words = [...known.map(({ name }) => name), ...known.map(({ id }) => id)];
  return didYouMean(word, words, "See your sessions with 'skaha ps --all'.");
}

const notFound = (word: string, sessions: readonly SessionInfo[]): SkahaError =>
  new SkahaError('session.not_found', `There is no session '${word}'.`, {
    id: word,
    hint: hintFor(word, sessions),
  });

const noneFits = (word: string): SkahaError =>
  new SkahaError('session.not_found', `No session has a name that matches '${word}'.`, {
    id: word,
    hint: "See your sessions with 'skaha ps --all'; * stands for any text, ? for one character.",
  });

const allGone = (job: string): SkahaError =>
  new SkahaError(
    'session.not_found',
    `The platform no longer lists any session of the batch '${job}'.`,
    { id: job, hint: `See what became of them with 'skaha jobs show ${job}'.` },
  );

/** An id that the server does not know may be a mistyped one of those that it lists. */
export function withGuess(error: unknown, { known }: Pick<Selection, 'known'>): unknown {
  if (!isSkahaError(error, 'session.not_found') || error.id === undefined || known.has(error.id))
    return error;
  return reworded(error, { hint: hintFor(error.id, known.values()) });
}

const guessed = (failed: readonly FailedItem[], selection: Selection): FailedItem[] =>
  failed.map((item) => {
    const error = withGuess(item.error, selection);
    return error instanceof SkahaError ? { ...item, error } : item;
  });

/** Which members of a pattern or a batch are meant; those named one by one always are. */
export type Keeps = (session: SessionInfo) => boolean;

const idsOf = (sessions: readonly SessionInfo[], keeps: Keeps): string[] =>
  sessions
    .filter(keeps)
    .sort(byStart)
    .map(({ id }) => id);

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
  keeps: Keeps,
): Promise<readonly string[] | SkahaError> {
  if (word === 'latest') {
    const last = [...sessions].sort(byStart).at(-1);
    return last === undefined ? notFound(word, sessions) : [last.id];
  }
  if (sessions.some((session) => session.id === word)) return [word];
  if (/[*?]/.test(word)) {
    const pattern = glob(word.toLowerCase());
    const fitting = sessions.filter(({ name }) => pattern.test(name));
    return fitting.length === 0 ? noneFits(word) : idsOf(fitting, keeps);
  }
  const named = sessions.filter((session) => session.name === word.toLowerCase());
  const [only] = named;
  if (only !== undefined && named.length === 1) return [only.id];
  const batch = await batchIds(deps, word);
  if (batch !== undefined) {
    const ours = sessions.filter(({ id }) => batch.has(id));
    return ours.length === 0 ? allGone(word) : idsOf(ours, keeps);
  }
  if (named.length > 1) ambiguous(word, named);
  // Finished sessions leave the list before the server forgets them: let it decide.
  return looksLikeId.test(word) ? [word] : notFound(word, sessions);
}

/**
 * Finds the sessions that are meant by ids, unique names, patterns of names, names of batches,
 * `latest`, or `-` for words on standard input.
 *
 * @param keeps - which sessions of a pattern or a batch are meant
 * @throws {SkahaError} command.usage when a name fits several sessions
 */
export async function selectSessions(
  io: Io,
  deps: Deps,
  words: readonly string[],
  keeps: Keeps = () => true,
): Promise<Selection> {
  const asked = await expand(io, words);
  if (asked.length === 0) return { ids: [], known: new Map(), missing: [] };
  const client = await deps.client();
  const sessions = await ownSessions(client, io);
  const ids = new Set<string>();
  const missing: FailedItem[] = [];
  for (const [index, word] of asked.entries()) {
    const found = await match(deps, word, sessions, keeps);
    if (found instanceof SkahaError) missing.push({ index, item: word, error: found });
    else for (const id of found) ids.add(id);
  }
  return {
    ids: [...ids],
    known: new Map(sessions.map((session) => [session.id, session])),
    missing,
  };
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
    if (error instanceof PartialError)
      return { done: error.done, failed: [...missing, ...guessed(error.failed, selection)] };
    const isAboutItem = isSkahaError(error) && !concernsEverything.test(error.code);
    if (ids.length > 1 || missing.length === 0 || !isAboutItem) throw withGuess(error, selection);
    return {
      done: [],
      failed: [...missing, ...guessed([{ index: 0, item: first, error }], selection)],
    };
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
    `Give the sessions, or select them with --filter, --kind and --status, as in: 'skaha ${command} --kind headless'`,
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
  const sessions = await ownSessions(client, io);
  const fields = filters.map(({ field }) => field);
  checkFields(
    fields,
    sessions.map((session) => sessionDocument(session)),
    sessionFields,
  );
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
  if (selection.ids.length === 0) note(io, 'No session matches.');
  return selection;
}
